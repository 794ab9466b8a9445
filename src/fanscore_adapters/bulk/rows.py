"""From the lines of an export to the rows of a join: the few members that a score depends on.

Nearly every item is as our own code writes it, and is read here without detour. Whatever is not
goes the way that the adapters of the tables go, and so counts for the same: where an item is
malformed, its table has no usable answer about that fan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeVar

from fanscore_adapters.bulk.event_facts import ESCAPED, EventFacts
from fanscore_adapters.bulk.spill import SEPARATOR, SpillWriter
from fanscore_adapters.dynamodb.export_lines import check_shape, key_text, read_each, typed_item
from fanscore_adapters.dynamodb.export_manifest import DataFile
from fanscore_adapters.dynamodb.export_members import Members, members_reader
from fanscore_adapters.dynamodb.values import read_item
from fanscore_adapters.items import keys
from fanscore_adapters.items.escapes import escaped, unescaped
from fanscore_adapters.items.tables import LOOKUPS
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput, SourceFailed, Unavailable
from fanscore_core.findings import MAX_STORED_SCORE, StoredScore
from fanscore_core.ids import GlobalUserId, is_id, is_plain
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.fan_identity import BotOrNot, FanIdentity, Identity
from fanscore_core.signals import Missing

AnswerT = TypeVar("AnswerT")

FAN, MEMBER = "fan:", "member:"
"""How partition keys begin."""

_KEPT_NUMBERS = 16 * 1024

_IDENTITY_SK = keys.identity(GlobalUserId("x")).sk
_ACCOUNT_SK = "score#account"

_is_plain_number = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{0,8}[1-9])?", re.ASCII).fullmatch


class Kind:
    """What a row says of a fan."""

    IDENTITY_SCORE: Final = "I"
    ACCOUNT_SCORE: Final = "A"
    MALFORMED_IDENTITY: Final = "X"
    MALFORMED_ACCOUNT: Final = "Y"
    VERDICT: Final = "V"
    MALFORMED_VERDICT: Final = "W"


@lru_cache(_KEPT_NUMBERS)
def number(text: str) -> Decimal:
    """Read a number; many fans have the same."""
    return Decimal(text)


def fan_of(key: str) -> GlobalUserId:
    """Return the fan of a partition key without its beginning.

    Raises:
        InvalidInput: it is none that a fan's id makes.
    """
    fan = unescaped(key) if "%" in key else key  # all that is escaped begins with it
    if not is_id(fan) or escaped(fan) != key:
        raise InvalidInput("Item.PK", "expected fan: and the id of a fan")
    return GlobalUserId(fan)


def spill_demand(file: DataFile, facts: EventFacts, rows: SpillWriter) -> None:
    """Sort the registrations for an event by fan: rows of a fan and a sale.

    Tombstones do not count.

    Raises:
        InvalidInput: the file is damaged, or an item malformed; names file, line and path.
    """
    fan = GlobalUserId("x")
    prefixes = tuple(keys.demand_of_event(fan, each).sk for each in facts.event_ids)
    may_be = _filter(prefixes, '"{}')

    members = members_reader()

    def read(line: bytes) -> None:
        if not may_be(line):
            check_shape(line)
            return
        item = members(line)
        sk = key_text("SK", item.sk)
        if not sk.startswith(prefixes) or item.ttl is not None:
            return
        pk = key_text("PK", item.pk)
        if not pk.startswith(FAN):
            return
        key = pk.removeprefix(FAN)
        fan_of(key)
        _, _, sale = sk.partition("-")  # the first one ends the event's id
        if not is_plain(sale):
            raise InvalidInput("Item.SK", "expected the id of a sale")
        rows.add(key, f"{key}{SEPARATOR}{sale}")

    read_each(file, read)


def spill_identities(
    file: DataFile, facts: EventFacts, fans: SpillWriter, accounts: SpillWriter
) -> None:
    """Sort what the identity table knows by fan, and the fans of accounts by account.

    Args:
        file: of the table's export.
        facts: say whose verdicts count.
        fans: rows of a fan, a ``Kind`` and a number.
        accounts: rows of an account and a fan that has no score of its own.

    Raises:
        InvalidInput: as ``spill_demand``.
    """
    cursor = facts.cursor
    verdict_sk = (
        None if isinstance(cursor, Missing) else keys.bot_verdict(GlobalUserId("x"), cursor).sk
    )
    may_be = _filter([_IDENTITY_SK, *([verdict_sk] if verdict_sk else [])], '"{}"')

    members = members_reader()

    def read(line: bytes) -> None:
        if not may_be(line):
            check_shape(line)
            return
        item = members(line)
        sk = key_text("SK", item.sk)
        if sk not in {_IDENTITY_SK, verdict_sk}:
            return
        pk = key_text("PK", item.pk)
        key = pk.removeprefix(FAN)
        if key is pk or (b"\\" in line and not is_plain(key)):
            return  # no fan's
        if sk == _IDENTITY_SK:
            _add_identity(item, line, key, fans, accounts)
        else:
            fans.add(key, _verdict_row(item, line, key))

    read_each(file, read)


def spill_accounts(file: DataFile, rows: SpillWriter) -> None:
    """Sort the scores of accounts: rows of an account, a ``Kind`` and a number.

    Raises:
        InvalidInput: as ``spill_demand``.
    """
    may_be = _filter([_ACCOUNT_SK], '"{}"')

    members = members_reader()

    def read(line: bytes) -> None:
        if not may_be(line):
            check_shape(line)
            return
        item = members(line)
        pk = key_text("PK", item.pk)
        key = pk.removeprefix(MEMBER)
        if key_text("SK", item.sk) != _ACCOUNT_SK or key is pk:
            return
        if b"\\" in line and not is_plain(key):
            return
        rows.add(key, _account_row(item, line, key))

    read_each(file, read)


def _filter(texts: Sequence[str], standing: str) -> Callable[[bytes], bool]:
    """Make what says whether a line may hold one of some texts.

    Reading a line takes longer than looking for a text in it. A text that JSON may escape may
    stand there otherwise.

    Args:
        texts: one or two.
        standing: how a text stands in a line.
    """
    escape = b"\\" if any(set(text) & {'"', "\\", "/"} for text in texts) else ESCAPED
    first, *others = (standing.format(text).encode() for text in texts)
    second = others[0] if others else first

    def may_be(line: bytes) -> bool:
        return first in line or second in line or (b"\\" in line and escape in line)

    return may_be


def _add_identity(
    item: Members, line: bytes, key: str, fans: SpillWriter, accounts: SpillWriter
) -> None:
    account = _text(item.member_id)
    has_account = item.member_id is not None
    raw = "" if item.score is None and item.raw_score is None else _raw_score(item)
    if raw is None or (has_account and not is_id(account)):
        identity = _answer(FanIdentity, line, Identity)
        if identity is None:
            fans.add(key, f"{key}{SEPARATOR}{Kind.MALFORMED_IDENTITY}{SEPARATOR}")
            return
        account = identity.member_id
        raw = f"{identity.score.raw_score:f}" if identity.score else ""
    if raw:
        fans.add(key, f"{key}{SEPARATOR}{Kind.IDENTITY_SCORE}{SEPARATOR}{raw}")
    elif account is not None:
        account_key = escaped(account)
        accounts.add(account_key, f"{account_key}{SEPARATOR}{key}")


def _verdict_row(item: Members, line: bytes, key: str) -> str:
    text = _plain_number(item.bot_score, 1)
    if text is None:
        verdict = _answer(BotOrNot, line, Decimal)
        if verdict is None:
            return f"{key}{SEPARATOR}{Kind.MALFORMED_VERDICT}{SEPARATOR}"
        text = f"{verdict:f}"
    return f"{key}{SEPARATOR}{Kind.VERDICT}{SEPARATOR}{text}"


def _account_row(item: Members, line: bytes, key: str) -> str:
    raw = _raw_score(item)
    if raw is None:
        score = _answer(AccountScore, line, StoredScore)
        if score is None:
            return f"{key}{SEPARATOR}{Kind.MALFORMED_ACCOUNT}{SEPARATOR}"
        raw = f"{score.raw_score:f}"
    return f"{key}{SEPARATOR}{Kind.ACCOUNT_SCORE}{SEPARATOR}{raw}"


def _raw_score(item: Members) -> str | None:
    """Return the raw score of an item; ``None`` where the item must be looked into."""
    score = _plain_number(item.score, MAX_STORED_SCORE)
    if score is None or item.raw_score is None:
        return score
    return _plain_number(item.raw_score, MAX_STORED_SCORE)


def _plain_number(typed: object, most: int) -> str | None:
    if type(typed) is not dict or len(typed) != 1:
        return None
    text = typed.get("N")
    if type(text) is not str or not _is_plain_number(text) or number(text) > most:
        return None
    return text


def _text(typed: object) -> str | None:
    if type(typed) is not dict or len(typed) != 1:
        return None
    text = typed.get("S")
    return text if type(text) is str else None


def _answer(question: type[Question[object]], line: bytes, kind: type[AnswerT]) -> AnswerT | None:
    """Read an item as the adapters of the tables do; ``None`` where it is malformed."""
    answer = LOOKUPS[question].answer(read_item(typed_item(line)), lambda read: read)
    if isinstance(answer, SourceFailed):
        raise answer
    if isinstance(answer, Unavailable):
        return None
    assert isinstance(answer, kind)  # noqa: S101  # the row's own type
    return answer

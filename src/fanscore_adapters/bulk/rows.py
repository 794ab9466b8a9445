"""From the lines of an export to the rows of a join: the few members that a score depends on.

Nearly every item is as our own code writes it, and is read here without detour. Whatever is not
goes the way that the adapters of the tables go, and so counts for the same: where an item is
malformed, its table has no usable answer about that fan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Final, TypeVar

from fanscore_adapters.bulk.event_facts import ESCAPED, EventFacts
from fanscore_adapters.bulk.spill import SEPARATOR, SpillWriter
from fanscore_adapters.dynamodb.export_lines import check_shape, read_each, typed_item
from fanscore_adapters.dynamodb.export_manifest import DataFile
from fanscore_adapters.dynamodb.export_members import (
    Member,
    Members,
    ReadMembers,
    members_reader,
)
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

_KEPT_NUMBERS, _KEPT_SALES = 16 * 1024, 1024

_IDENTITY_SK = keys.identity(GlobalUserId("x")).sk
_ACCOUNT_SK = "score#account"

# Of fans with ids of visible ASCII that no key escapes, which nearly all are.
_is_common_key = re.compile(r"[!\"$&-~]{1,128}").fullmatch

_is_plain_number = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{0,30}[1-9])?", re.ASCII).fullmatch

_is_sale = lru_cache(_KEPT_SALES)(is_plain)


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
    items = _items_with(prefixes, '"{}', members_reader())

    def read(lines: Iterator[bytes]) -> None:
        for _, item in items(lines):
            pk, sk = item.pk.text, item.sk.text
            if not sk.startswith(prefixes) or item.ttl is not None or not pk.startswith(FAN):
                continue
            key = pk.removeprefix(FAN)
            if not _is_common_key(key):
                fan_of(key)
            _, _, sale = sk.partition("-")  # the first one ends the event's id
            if not _is_sale(sale):
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
    members = members_reader("member_id", "score", "raw_score", "bot_score")
    items = _items_with([_IDENTITY_SK, *([verdict_sk] if verdict_sk else [])], '"{}"', members)

    def read(lines: Iterator[bytes]) -> None:
        for line, item in items(lines):
            pk, sk = item.pk.text, item.sk.text
            key = pk.removeprefix(FAN)
            if key is pk or (b"\\" in line and not is_plain(key)):
                continue  # no fan's
            if sk == verdict_sk:
                fans.add(key, _verdict_row(item, line, key))
            elif sk == _IDENTITY_SK:
                _add_identity(item, line, key, fans, accounts)

    read_each(file, read)


def spill_accounts(file: DataFile, rows: SpillWriter) -> None:
    """Sort the scores of accounts: rows of an account, a ``Kind`` and a number.

    Raises:
        InvalidInput: as ``spill_demand``.
    """
    items = _items_with([_ACCOUNT_SK], '"{}"', members_reader("score", "raw_score"))

    def read(lines: Iterator[bytes]) -> None:
        for line, item in items(lines):
            pk = item.pk.text
            key = pk.removeprefix(MEMBER)
            if key is pk or (b"\\" in line and not is_plain(key)):
                continue  # no account's
            if item.sk.text == _ACCOUNT_SK:
                rows.add(key, _account_row(item, line, key))

    read_each(file, read)


def _items_with(
    texts: Sequence[str], standing: str, members: ReadMembers
) -> Callable[[Iterator[bytes]], Iterator[tuple[bytes, Members]]]:
    """Make what reads those of some lines that may hold one of some texts.

    Reading a line takes longer than looking for a text in it. A text that JSON may escape may
    stand there otherwise.

    Args:
        texts: one or two.
        standing: how a text stands in a line.
        members: reads a line.
    """
    escape = b"\\" if any(set(text) & {'"', "\\", "/"} for text in texts) else ESCAPED
    first, *others = (standing.format(text).encode() for text in texts)
    second = others[0] if others else first

    def items(lines: Iterator[bytes]) -> Iterator[tuple[bytes, Members]]:
        for line in lines:
            if first in line or second in line or (b"\\" in line and escape in line):
                yield line, members(line)
            else:
                check_shape(line)

    return items


def _add_identity(
    item: Members, line: bytes, key: str, fans: SpillWriter, accounts: SpillWriter
) -> None:
    account = item.member_id.text if item.member_id else None
    raw = "" if item.score is None and item.raw_score is None else _raw_score(item)
    if raw is None or (item.member_id is not None and not is_id(account)):
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
    text = _written(item.bot_score, _is_likelihood)
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
    score = _written(item.score, _is_score)
    if score is None or item.raw_score is None:
        return score
    return _written(item.raw_score, _is_score)


def _written(member: Member | None, is_usual: Callable[[str], bool]) -> str | None:
    """Return a number as it is written; ``None`` where the item must be looked into."""
    text = member.text if member else None
    return text if text is not None and is_usual(text) else None


def _is_usual(most: int, text: str) -> bool:
    """Whether a number is written as we write numbers from 0 to a greatest one."""
    return _is_plain_number(text) is not None and Decimal(text) <= most


# Many fans have the same numbers.
_is_score = lru_cache(_KEPT_NUMBERS)(partial(_is_usual, MAX_STORED_SCORE))
_is_likelihood = lru_cache(_KEPT_NUMBERS)(partial(_is_usual, 1))


def _answer(question: type[Question[object]], line: bytes, kind: type[AnswerT]) -> AnswerT | None:
    """Read an item as the adapters of the tables do; ``None`` where it is malformed."""
    answer = LOOKUPS[question].answer(read_item(typed_item(line)), lambda read: read)
    if isinstance(answer, SourceFailed):
        raise answer
    if isinstance(answer, Unavailable):
        return None
    assert isinstance(answer, kind)  # noqa: S101  # the row's own type
    return answer

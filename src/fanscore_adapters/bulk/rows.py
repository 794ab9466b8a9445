"""From the lines of an export to the rows of a join: the few members that a score depends on.

Nearly every item is as our own code writes it, and is read here without detour. Whatever is not
goes the way that the adapters of the tables go, and so counts for the same: where an item is
malformed, its table has no usable answer about that fan.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from fanscore_adapters.bulk.event_facts import EventFacts
from fanscore_adapters.bulk.spill import SEPARATOR, SpillWriter
from fanscore_adapters.dynamodb.export_lines import TypedItem, key_text, read_each, typed_item
from fanscore_adapters.dynamodb.export_manifest import DataFile
from fanscore_adapters.dynamodb.values import read_item
from fanscore_adapters.items import keys
from fanscore_adapters.items.escapes import escaped, unescaped
from fanscore_adapters.items.tables import LOOKUPS
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput, SourceFailed, Unavailable
from fanscore_core.findings import StoredScore
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


class Kind(str, enum.Enum):
    """What a row says of a fan."""

    IDENTITY_SCORE = "I"
    ACCOUNT_SCORE = "A"
    MALFORMED_IDENTITY = "X"
    MALFORMED_ACCOUNT = "Y"
    VERDICT = "V"
    MALFORMED_VERDICT = "W"


@lru_cache(_KEPT_NUMBERS)
def number(text: str) -> Decimal:
    """Read a number; many fans have the same."""
    return Decimal(text)


def fan_of(key: str) -> GlobalUserId:
    """Return the fan of a partition key without its beginning.

    Raises:
        InvalidInput: it is none that a fan's id makes.
    """
    fan = unescaped(key)
    if not is_id(fan) or escaped(fan) != key:
        raise InvalidInput("Item.PK", "expected fan: and the id of a fan")
    return GlobalUserId(fan)


def spill_demand(file: DataFile, facts: EventFacts, rows: SpillWriter) -> None:
    """Sort the registrations for an event by fan: rows of a fan and a sale. Tombstones are none.

    Raises:
        InvalidInput: the file is damaged, or an item malformed; names file, line and path.
    """
    fan = GlobalUserId("x")
    prefixes = tuple(keys.demand_of_event(fan, each).sk for each in facts.event_ids)
    may_be = _filter(prefixes, '"{}')

    def read(line: str) -> None:
        if not may_be(line):
            _check_shape(line)
            return
        item = typed_item(line)
        sk = key_text(item, "SK")
        if not sk.startswith(prefixes) or "ttl" in item:
            return
        pk = key_text(item, "PK")
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
    file: DataFile, facts: EventFacts, fans: SpillWriter, members: SpillWriter
) -> None:
    """Sort what the identity table knows by fan, and the fans of accounts by account.

    Args:
        file: of the table's export.
        facts: say whose verdicts count.
        fans: rows of a fan, a ``Kind`` and a number.
        members: rows of an account and a fan that has no score of its own.

    Raises:
        InvalidInput: as ``spill_demand``.
    """
    cursor = facts.cursor
    verdict_sk = (
        None if isinstance(cursor, Missing) else keys.bot_verdict(GlobalUserId("x"), cursor).sk
    )
    may_be = _filter([_IDENTITY_SK, *([verdict_sk] if verdict_sk else [])], '"{}"')

    def read(line: str) -> None:
        if not may_be(line):
            _check_shape(line)
            return
        item = typed_item(line)
        sk = key_text(item, "SK")
        if sk not in {_IDENTITY_SK, verdict_sk}:
            return
        pk = key_text(item, "PK")
        key = pk.removeprefix(FAN)
        if key is pk or ("\\" in line and not is_plain(key)):
            return  # no fan's
        if sk == _IDENTITY_SK:
            _add_identity(item, key, fans, members)
        else:
            fans.add(key, _verdict_row(item, key))

    read_each(file, read)


def spill_accounts(file: DataFile, accounts: SpillWriter) -> None:
    """Sort the scores of accounts: rows of an account, a ``Kind`` and a number.

    Raises:
        InvalidInput: as ``spill_demand``.
    """
    may_be = _filter([_ACCOUNT_SK], '"{}"')

    def read(line: str) -> None:
        if not may_be(line):
            _check_shape(line)
            return
        item = typed_item(line)
        pk = key_text(item, "PK")
        key = pk.removeprefix(MEMBER)
        if key_text(item, "SK") != _ACCOUNT_SK or key is pk:
            return
        if "\\" in line and not is_plain(key):
            return
        accounts.add(key, _account_row(item, key))

    read_each(file, read)


def _filter(texts: Sequence[str], standing: str) -> Callable[[str], bool]:
    """Make what says whether a line may hold one of some texts.

    Reading a line takes longer than looking for a text in it. A text that JSON may escape may
    stand there otherwise.

    Args:
        texts: one or two.
        standing: how a text stands in a line.
    """
    escape = "\\" if any(set(text) & {'"', "\\", "/"} for text in texts) else "\\u"
    first, *others = (standing.format(text) for text in texts)
    if not others:
        return lambda line: first in line or escape in line
    (second,) = others
    return lambda line: first in line or second in line or escape in line


def _check_shape(line: str) -> None:
    """Refuse a line that can be no item, of those that are not read otherwise."""
    if line[:1] != "{" or line.rstrip()[-1:] != "}":
        raise InvalidInput("$", 'expected {"Item": {…}}')


def _add_identity(item: TypedItem, key: str, fans: SpillWriter, members: SpillWriter) -> None:
    member = item.get("memberId")
    account = _text(member)
    raw = _raw_score(item) if "score" in item else ""
    is_ours = (member is None or is_id(account)) and ("score" in item or "rawScore" not in item)
    if not is_ours or raw is None:
        identity = _answer(FanIdentity, item, Identity)
        if identity is None:
            fans.add(key, SEPARATOR.join((key, Kind.MALFORMED_IDENTITY.value, "")))
            return
        account = identity.member_id
        raw = f"{identity.score.raw_score:f}" if identity.score else ""
    if raw:
        fans.add(key, SEPARATOR.join((key, Kind.IDENTITY_SCORE.value, raw)))
    elif account is not None:
        account_key = escaped(account)
        members.add(account_key, f"{account_key}{SEPARATOR}{key}")


def _verdict_row(item: TypedItem, key: str) -> str:
    text = _plain_number(item.get("botScore"), 1)
    if text is None:
        verdict = _answer(BotOrNot, item, Decimal)
        if verdict is None:
            return SEPARATOR.join((key, Kind.MALFORMED_VERDICT.value, ""))
        text = f"{verdict:f}"
    return SEPARATOR.join((key, Kind.VERDICT.value, text))


def _account_row(item: TypedItem, key: str) -> str:
    raw = _raw_score(item)
    if raw is None:
        score = _answer(AccountScore, item, StoredScore)
        if score is None:
            return SEPARATOR.join((key, Kind.MALFORMED_ACCOUNT.value, ""))
        raw = f"{score.raw_score:f}"
    return SEPARATOR.join((key, Kind.ACCOUNT_SCORE.value, raw))


def _raw_score(item: TypedItem) -> str | None:
    """Return the raw score of an item that has a score; ``None`` where it must be looked into."""
    score = _plain_number(item.get("score"), 100)
    if score is None or "rawScore" not in item:
        return score
    return _plain_number(item["rawScore"], 100)


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


def _answer(
    question: type[Question[object]], item: TypedItem, kind: type[AnswerT]
) -> AnswerT | None:
    """Read an item as the adapters of the tables do; ``None`` where it is malformed."""
    answer = LOOKUPS[question].answer(read_item(item), lambda read: read)
    if isinstance(answer, SourceFailed):
        raise answer
    if isinstance(answer, Unavailable):
        return None
    assert isinstance(answer, kind)  # noqa: S101  # the row's own type
    return answer

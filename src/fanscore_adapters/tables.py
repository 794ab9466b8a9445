"""The four tables: which items answer a question, and how they are read (contract section 4).

Both stores, embedded and DynamoDB, work from these: they differ only in how items are fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Generic, TypeAlias, TypeVar, cast

import attrs

from fanscore_adapters import keys
from fanscore_adapters.keys import Key
from fanscore_adapters.structure import StrictConverter, camel
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.identity import Identity
from fanscore_core.ids import BotRunId, EventId, MemberId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity
from fanscore_core.query import Question
from fanscore_core.scoring import StoredScore

QueryT = TypeVar("QueryT")
FoundT = TypeVar("FoundT")
StoredT = TypeVar("StoredT")

FAN_IDENTITY = "fan_identity_table"
ACCOUNT_FANSCORE = "account_fanscore_table"
VERIFICATION = "verification_table"
DEMAND = "demand_table"
TABLES = (FAN_IDENTITY, ACCOUNT_FANSCORE, VERIFICATION, DEMAND)

Item: TypeAlias = Mapping[str, object]
"""A stored item: an object whose fractions are ``Decimal``, with its keys ``PK`` and ``SK``."""


@attrs.frozen
class Read(Generic[QueryT, FoundT]):
    """How a question is answered from a table.

    Attributes:
        table: where the items lie.
        key: finds them.
        make: makes the answer of what was found; raises ``InvalidInput`` if that is malformed.
    """

    table: str
    key: Callable[[QueryT], Key]
    make: Callable[[FoundT], object]

    def answer(self, stored: StoredT, parse: Callable[[StoredT], FoundT]) -> object:
        """Make the answer; ``Unavailable`` where an item is malformed, never a wrong score.

        Args:
            stored: as the store gives it.
            parse: makes items of that; raises ``InvalidInput`` where it cannot.
        """
        try:
            return self.make(parse(stored))
        except InvalidInput as error:
            return Unavailable(self.table, f"malformed item: {error}")


Lookup: TypeAlias = Read[QueryT, Item | None]
"""A question that one item answers, or its absence."""

PrefixRead: TypeAlias = Read[QueryT, Sequence[Item]]
"""A question that the items of one partition answer whose sort key begins with a prefix."""


_converter = StrictConverter(camel, forbid_extra_keys=False)


@attrs.frozen
class _IdentityItem:
    member_id: MemberId | None = None
    score: Decimal | None = None
    raw_score: Decimal | None = None


@attrs.frozen
class _ScoreItem:
    score: Decimal
    raw_score: Decimal | None = None


@attrs.frozen
class _CursorItem:
    cursor: BotRunId


@attrs.frozen
class _VerdictItem:
    bot_score: Decimal


@attrs.frozen
class _MappingItem:
    disco_event_id: EventId


def _identity(item: Item | None) -> Identity | None:
    if item is None:
        return None
    stored = _converter.structure(item, _IdentityItem, "identity")
    score = None if stored.score is None else _stored_score(stored.score, stored.raw_score)
    return Identity(stored.member_id, score)


def _account_score(item: Item | None) -> StoredScore | None:
    if item is None:
        return None
    stored = _converter.structure(item, _ScoreItem, "score")
    return _stored_score(stored.score, stored.raw_score)


def _stored_score(score: Decimal, raw_score: Decimal | None) -> StoredScore:
    return StoredScore(score) if raw_score is None else StoredScore(score, raw_score)


def _bot_cursor(item: Item | None) -> BotRunId | None:
    return _converter.structure(item, _CursorItem, "cursor").cursor if item else None


def _bot_verdict(item: Item | None) -> Decimal | None:
    if item is None:
        return None
    verdict = _converter.structure(item, _VerdictItem, "verdict").bot_score
    if not 0 <= verdict <= 1:
        raise InvalidInput("verdict.botScore", "expected a probability")
    return verdict


def _event_mapping(item: Item | None) -> EventId | None:
    return _converter.structure(item, _MappingItem, "mapping").disco_event_id if item else None


def _count_live(items: Sequence[Item]) -> int:
    """Count demand records; what has a time to live is a tombstone (contract section 6)."""
    return sum("ttl" not in item for item in items)


LOOKUPS: Mapping[type[Question[object]], Lookup[object]] = cast(
    "Mapping[type[Question[object]], Lookup[object]]",
    {
        FanIdentity: Lookup[FanIdentity](
            FAN_IDENTITY, lambda asked: keys.identity(asked.global_user_id), _identity
        ),
        AccountScore: Lookup[AccountScore](
            ACCOUNT_FANSCORE, lambda asked: keys.account_score(asked.member_id), _account_score
        ),
        DiscoEventId: Lookup[DiscoEventId](
            DEMAND, lambda asked: keys.event_mapping(asked.event_id), _event_mapping
        ),
        BotOrNotCursor: Lookup[BotOrNotCursor](
            FAN_IDENTITY, lambda _: keys.BOT_CURSOR, _bot_cursor
        ),
        BotOrNot: Lookup[BotOrNot](
            FAN_IDENTITY,
            lambda asked: keys.bot_verdict(asked.global_user_id, asked.cursor),
            _bot_verdict,
        ),
    },
)
"""The questions that one item answers."""

PREFIX_READS: Mapping[type[Question[object]], PrefixRead[object]] = cast(
    "Mapping[type[Question[object]], PrefixRead[object]]",
    {
        EventDemandCount: PrefixRead[EventDemandCount](
            DEMAND,
            lambda asked: keys.demand_of_event(asked.global_user_id, asked.disco_event_id),
            _count_live,
        ),
    },
)
"""The questions that a range of items answers."""

SYSTEMS: Mapping[type[Question[object]], str] = {
    **{asked: read.table for asked, read in LOOKUPS.items()},
    **{asked: read.table for asked, read in PREFIX_READS.items()},
}
"""The table behind each question."""

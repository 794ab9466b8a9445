"""The four tables: which items answer a question, and how they are read.

See docs/reference/tables-and-keys.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast

import attrs

from fanscore_adapters.documents.converter import StrictConverter, camel
from fanscore_adapters.items import consumers as consumer_items
from fanscore_adapters.items import demand as demand_items
from fanscore_adapters.items import keys
from fanscore_adapters.items import verification as verification_items
from fanscore_adapters.items.operations import Item, Lookup, PrefixRead, Write
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import BotRunId, EventId, MemberId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.demand import DiscoEventId
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
from fanscore_core.scoring import StoredScore
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY

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
    if item is None:
        return None
    return _converter.structure(item, _CursorItem, "cursor").cursor


def _bot_verdict(item: Item | None) -> Decimal | None:
    if item is None:
        return None
    verdict = _converter.structure(item, _VerdictItem, "verdict").bot_score
    if not 0 <= verdict <= 1:
        raise InvalidInput("verdict.botScore", "expected a probability")
    return verdict


def _event_mapping(item: Item | None) -> EventId | None:
    if item is None:
        return None
    return _converter.structure(item, _MappingItem, "mapping").disco_event_id


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
        **consumer_items.LOOKUPS,
        **demand_items.LOOKUPS,
        **verification_items.LOOKUPS,
    },
)
"""The questions that one item answers."""

PREFIX_READS: Mapping[type[Question[object]], PrefixRead[object]] = demand_items.PREFIX_READS
"""The questions that a range of items answers."""

WRITES: Mapping[type[Question[object]], Write[object]] = {
    **consumer_items.WRITES,
    **demand_items.WRITES,
    **verification_items.WRITES,
}
"""The effects that write items."""

SYSTEMS: Mapping[type[Question[object]], str] = {
    **{asked: read.table for asked, read in LOOKUPS.items()},
    **{asked: read.table for asked, read in PREFIX_READS.items()},
    **{asked: write.table for asked, write in WRITES.items()},
}
"""The table behind each question and effect."""

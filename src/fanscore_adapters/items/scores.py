"""The items that a score is made of (docs/reference/tables-and-keys.md)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from fanscore_adapters.documents.converter import read_as
from fanscore_adapters.items import keys
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item, Lookup, PrefixRead, if_stored
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import StoredScore
from fanscore_core.ids import BotRunId, EventId, MemberId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY


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


_read_identity_item = read_as(_IdentityItem, "identity")
_read_score_item = read_as(_ScoreItem, "score")
_read_cursor_item = read_as(_CursorItem, "cursor")
_read_verdict_item = read_as(_VerdictItem, "verdict")
_read_mapping_item = read_as(_MappingItem, "mapping")


def _identity(item: Item) -> Identity:
    stored = _read_identity_item(item)
    score = None if stored.score is None else _stored_score(stored.score, stored.raw_score)
    return Identity(stored.member_id, score)


def _account_score(item: Item) -> StoredScore:
    stored = _read_score_item(item)
    return _stored_score(stored.score, stored.raw_score)


def _stored_score(score: Decimal, raw_score: Decimal | None) -> StoredScore:
    return StoredScore(score) if raw_score is None else StoredScore(score, raw_score)


def _bot_cursor(item: Item) -> BotRunId:
    return _read_cursor_item(item).cursor


def _bot_verdict(item: Item) -> Decimal:
    verdict = _read_verdict_item(item).bot_score
    if not 0 <= verdict <= 1:
        raise InvalidInput("verdict.botScore", "expected a probability")
    return verdict


def _event_mapping(item: Item) -> EventId:
    return _read_mapping_item(item).disco_event_id


def _count_live_sales(items: Sequence[Item]) -> int:
    """Count the sales that have a record; what has a time to live is a tombstone.

    In a key, the first ``-`` ends the event's id.
    """
    return len({_sort_key(item).partition("-")[2] for item in items if "ttl" not in item})


def _sort_key(item: Item) -> str:
    key = item.get("SK")
    if not isinstance(key, str):
        raise InvalidInput("record.SK", "expected text")
    return key


def _other_event(asked: EventDemandCount) -> Sequence[Key]:
    other = asked.other_event_id
    return () if other is None else (keys.demand_of_event(asked.global_user_id, other),)


ROWS: Sequence[Lookup | PrefixRead] = (
    Lookup(
        FanIdentity,
        FAN_IDENTITY,
        lambda asked: keys.identity(asked.global_user_id),
        if_stored(_identity),
    ),
    Lookup(
        AccountScore,
        ACCOUNT_FANSCORE,
        lambda asked: keys.account_score(asked.member_id),
        if_stored(_account_score),
    ),
    Lookup(
        DiscoEventId,
        DEMAND,
        lambda asked: keys.event_mapping(asked.event_id),
        if_stored(_event_mapping),
    ),
    Lookup(BotOrNotCursor, FAN_IDENTITY, lambda _: keys.BOT_CURSOR, if_stored(_bot_cursor)),
    Lookup(
        BotOrNot,
        FAN_IDENTITY,
        lambda asked: keys.bot_verdict(asked.global_user_id, asked.cursor),
        if_stored(_bot_verdict),
    ),
    PrefixRead(
        EventDemandCount,
        DEMAND,
        lambda asked: keys.demand_of_event(asked.global_user_id, asked.disco_event_id),
        _count_live_sales,
        also=_other_event,
    ),
)

"""The four tables: which items answer a question, and how they are read.

See docs/reference/tables-and-keys.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from fanscore_adapters.adapter import by_question
from fanscore_adapters.documents.converter import StrictConverter, camel
from fanscore_adapters.items import consumers as consumer_items
from fanscore_adapters.items import demand as demand_items
from fanscore_adapters.items import entries as entry_items
from fanscore_adapters.items import keys
from fanscore_adapters.items import receipts as receipt_items
from fanscore_adapters.items import verification as verification_items
from fanscore_adapters.items.operations import (
    Item,
    Lookup,
    Operations,
    PrefixRead,
    Table,
    Write,
    if_stored,
)
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import StoredScore
from fanscore_core.ids import BotRunId, EventId, MemberId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.demand import DiscoEventId
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity, Identity
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, VERIFICATION

_converter = StrictConverter(camel, forbid_extra_keys=False, numbers_as_ids=True)


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


def _identity(item: Item) -> Identity:
    stored = _converter.structure(item, _IdentityItem, "identity")
    score = None if stored.score is None else _stored_score(stored.score, stored.raw_score)
    return Identity(stored.member_id, score)


def _account_score(item: Item) -> StoredScore:
    stored = _converter.structure(item, _ScoreItem, "score")
    return _stored_score(stored.score, stored.raw_score)


def _stored_score(score: Decimal, raw_score: Decimal | None) -> StoredScore:
    return StoredScore(score) if raw_score is None else StoredScore(score, raw_score)


def _bot_cursor(item: Item) -> BotRunId:
    return _converter.structure(item, _CursorItem, "cursor").cursor


def _bot_verdict(item: Item) -> Decimal:
    verdict = _converter.structure(item, _VerdictItem, "verdict").bot_score
    if not 0 <= verdict <= 1:
        raise InvalidInput("verdict.botScore", "expected a probability")
    return verdict


def _event_mapping(item: Item) -> EventId:
    return _converter.structure(item, _MappingItem, "mapping").disco_event_id


LOOKUPS = by_question(
    (
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
        *consumer_items.LOOKUPS,
        *demand_items.LOOKUPS,
        *entry_items.LOOKUPS,
        *verification_items.LOOKUPS,
    )
)
"""The questions that one item answers."""

PREFIX_READS = by_question(
    (*demand_items.PREFIX_READS, *entry_items.PREFIX_READS, *receipt_items.PREFIX_READS)
)
"""The questions that a range of items answers."""

WRITES = by_question(
    (
        *consumer_items.WRITES,
        *demand_items.WRITES,
        *entry_items.WRITES,
        *receipt_items.WRITES,
        *verification_items.WRITES,
    )
)
"""The effects that write items."""

ROWS: Sequence[Lookup | PrefixRead | Write] = (
    *LOOKUPS.values(),
    *PREFIX_READS.values(),
    *WRITES.values(),
)

OPERATIONS = Operations(ROWS)
"""The questions and effects that the four tables answer."""

TABLES = (
    Table(FAN_IDENTITY, lambda fan: keys.identity(fan).pk),
    Table(ACCOUNT_FANSCORE, None, lambda account: keys.account_score(account).pk),
    Table(VERIFICATION, lambda fan: keys.identity(fan).pk),
    Table(DEMAND, lambda fan: keys.identity(fan).pk),
)
"""The four tables."""

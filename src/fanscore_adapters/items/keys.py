"""Table keys (docs/reference/tables-and-keys.md).

Ids stand raw in keys, but for ``#`` and ``%``, which are escaped. Only in
``demand#{eventId}-{saleId}`` the ``-`` separates, so that there a ``-`` of the event id is escaped,
too. Two different id tuples therefore never make one key, and a prefix read for one event never
finds another's records.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from fanscore_adapters.items.escapes import escaped, escaped_before_dash
from fanscore_core.ids import BotRunId, CampaignId, EventId, GlobalUserId, MemberId, SessionId


class Key(NamedTuple):
    """Partition key and sort key of an item, or a partition key and a prefix of sort keys."""

    pk: str
    sk: str


BOT_CURSOR = Key("botornot", "cursor")

LEAF_DIGITS = 8
"""How many digits of a leaf tell receipts of one microsecond apart."""


def identity(fan: GlobalUserId) -> Key:
    """Key of a fan's identity record."""
    return Key(f"fan:{escaped(fan)}", "identity")


def bot_verdict(fan: GlobalUserId, cursor: BotRunId) -> Key:
    """Key of a bot model run's verdict on a fan."""
    return Key(f"fan:{escaped(fan)}", f"botornot#{escaped(cursor)}")


def account_score(member: MemberId) -> Key:
    """Key of an account's score."""
    return Key(f"member:{escaped(member)}", "score#account")


def event_mapping(event: EventId) -> Key:
    """Key of the mapping from an event id to a discovery id."""
    return Key(f"event:{escaped(event)}", "disco")


def demand_record(fan: GlobalUserId, event: EventId, sale: str) -> Key:
    """Key of a fan's demand record for a sale of an event."""
    return Key(f"fan:{escaped(fan)}", f"{demand_of_event(fan, event).sk}{escaped(sale)}")


def demand_of_event(fan: GlobalUserId, event: EventId) -> Key:
    """Prefix of the keys of all of a fan's demand records for an event."""
    return Key(f"fan:{escaped(fan)}", f"demand#{escaped_before_dash(event)}-")


def demand_of_fan(fan: GlobalUserId, event: EventId | None) -> Key:
    """Prefix of the keys of a fan's demand records, for one event or for all."""
    return Key(f"fan:{escaped(fan)}", "demand#") if event is None else demand_of_event(fan, event)


def entry(fan: GlobalUserId, campaign: CampaignId) -> Key:
    """Key of a fan's entry of a campaign."""
    return Key(f"fan:{escaped(fan)}", f"entry#{escaped(campaign)}")


def entries_of_fan(fan: GlobalUserId) -> Key:
    """Prefix of the keys of a fan's entries."""
    return Key(f"fan:{escaped(fan)}", "entry#")


def receipt(fan: GlobalUserId, event: EventId | None, decided_at: str, leaf: str) -> Key:
    """Key of a receipt, with the first 8 digits of its leaf; ``receipt##…`` without an event."""
    prefix = receipts_of_event(fan, event)
    return Key(prefix.pk, f"{prefix.sk}{decided_at}#{leaf[:LEAF_DIGITS]}")


def receipts_of_event(fan: GlobalUserId, event: EventId | None) -> Key:
    """Prefix of the keys of a fan's receipts for an event, or of those without one."""
    return Key(f"fan:{escaped(fan)}", f"receipt#{'' if event is None else escaped(event)}#")


def receipts_of_fan(fan: GlobalUserId) -> Key:
    """Prefix of the keys of all of a fan's receipts."""
    return Key(f"fan:{escaped(fan)}", "receipt#")


def liveness_session(fan: GlobalUserId, session: SessionId) -> Key:
    """Key of a fan's liveness session."""
    return Key(f"fan:{escaped(fan)}", f"liveness#{escaped(session)}")


def last_liveness_session(fan: GlobalUserId) -> Key:
    """Key of the pointer to the session that was started last for a fan."""
    return Key(f"fan:{escaped(fan)}", "liveness")


def consumer_mark(event: str, consumer: str) -> Key:
    """Key of the mark of a consumer on a user event."""
    return Key(f"event:{escaped(event)}", f"consumer#{escaped(consumer)}")


def erased_mark(fan: GlobalUserId) -> Key:
    """Key of the mark of an erased fan: a digest, since the fan's id must not outlive the fan."""
    return Key(f"erased:{sha256(fan.encode()).hexdigest()}", "erased")

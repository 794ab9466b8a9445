"""Questions and effects on ``demand_table``: receipts of decisions (docs/reference/receipts.md)."""

from __future__ import annotations

from datetime import datetime

import attrs

from fanscore_core.engine.question import Effect, Query, exactly
from fanscore_core.ids import EventId, GlobalUserId, valid_id, valid_optional_id
from fanscore_core.receipt import Receipt


@attrs.frozen
class NewestReceipt(Query[Receipt | None]):
    """A fan's newest receipt for an event, as the event was asked for, or of those without one.

    ``None`` if there is none; strongly consistent.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    event_id: EventId | None = attrs.field(validator=valid_optional_id)


@attrs.frozen
class FanReceipts(Query[tuple[Receipt, ...]]):
    """All of a fan's receipts, or those for one event; event by event, the oldest first.

    Strongly consistent.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    event_id: EventId | None = attrs.field(default=None, validator=valid_optional_id)


@attrs.frozen
class PutReceipt(Effect[bool]):
    """Store a receipt with its fan. The answer is ``False`` if another has its place.

    Attributes:
        receipt: what to store.
        expires_at: when it ends by itself, with offset.
    """

    receipt: Receipt = attrs.field(validator=exactly(Receipt))
    expires_at: datetime = attrs.field(validator=exactly(datetime))

"""Questions to ``demand_table``: which events fans ask for."""

from __future__ import annotations

import attrs

from fanscore_core.ids import EventId, GlobalUserId, valid_id
from fanscore_core.query import Query


@attrs.frozen
class DiscoEventId(Query[EventId | None]):
    """The internal discovery id of an event; ``None`` where no mapping is kept."""

    event_id: EventId = attrs.field(validator=valid_id)


@attrs.frozen
class EventDemandCount(Query[int]):
    """The number of a fan's demand records for an event, deleted ones not counted.

    The event is given by its discovery id.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    disco_event_id: EventId = attrs.field(validator=valid_id)

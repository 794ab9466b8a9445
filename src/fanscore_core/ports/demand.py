"""Questions to ``demand_table``: how much a fan asks for an event, and under which id."""

from __future__ import annotations

import attrs

from fanscore_core.engine.question import Query
from fanscore_core.ids import EventId, GlobalUserId, valid_id, valid_optional_id


@attrs.frozen
class DiscoEventId(Query[EventId | None]):
    """The internal discovery id of an event; ``None`` where no mapping is kept."""

    event_id: EventId = attrs.field(validator=valid_id)


@attrs.frozen
class EventDemandCount(Query[int]):
    """The number of sales of an event that a fan has a demand record for, deleted ones not counted.

    The event is given by its discovery id, and, where records may also have been saved under
    another id of it, by that one too: a sale counts once.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    disco_event_id: EventId = attrs.field(validator=valid_id)
    other_event_id: EventId | None = attrs.field(default=None, validator=valid_optional_id)

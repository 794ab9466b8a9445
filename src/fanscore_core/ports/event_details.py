"""Questions to ``event_details``: shows and their sales."""

from __future__ import annotations

import attrs

from fanscore_core.event_details import EventDetails
from fanscore_core.ids import EventId, valid_id
from fanscore_core.query import Query


@attrs.frozen
class EventById(Query[EventDetails]):
    """An event. Its absence is the error ``NotFound``."""

    event_id: EventId = attrs.field(validator=valid_id)

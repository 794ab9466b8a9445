"""What an event is, and where and when."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fanscore_appsync.fields import API_KEY, LOGIN_OR_SERVICE, Cache, Field
from fanscore_core.ids import EventId
from fanscore_core.pipelines.events import EventDetailsArgs, event_details


@attrs.frozen
class EventArguments:
    """``Demand.eventDetails``, and the source of ``DemandRecord.event``."""

    event_id: EventId


ROWS: Mapping[str, Field] = {
    "Demand.eventDetails": Field(
        API_KEY,
        EventArguments,
        event_details,
        lambda asked, _: EventDetailsArgs(asked.event_id),
        cache=Cache(300, ("arguments.eventId",)),
    ),
    "DemandRecord.event": Field(
        LOGIN_OR_SERVICE,
        EventArguments,
        event_details,
        lambda asked, _: EventDetailsArgs(asked.event_id),
        from_source=True,
        batch_size=100,
        cache=Cache(300, ("source.eventId",)),
    ),
}

"""The fields ``eventDetails`` and ``DemandRecord.event``: what is known of an event."""

from __future__ import annotations

import attrs

from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, NoStash, step
from fanscore_core.ids import EventId
from fanscore_core.ports.event_details import EventById, EventDetails


@attrs.frozen
class EventDetailsArgs:
    """Which event."""

    event_id: EventId


@step("getEventDetails")
async def get_event_details(ctx: Context[EventDetailsArgs, NoStash]) -> EventDetails:
    """Read an event."""
    return await EventById(ctx.args.event_id)


event_details = pipeline("eventDetails", NoStash, (get_event_details,))

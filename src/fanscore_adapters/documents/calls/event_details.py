"""What an event is, and where and when."""

from __future__ import annotations

from collections.abc import Sequence

from fanscore_adapters.documents.converter import read_as
from fanscore_adapters.documents.proxies import NOT_FOUND, ProxyCall
from fanscore_core.errors import NotFound
from fanscore_core.ports.event_details import EventById, EventDetails
from fanscore_core.systems import EVENT_DETAILS

ROWS: Sequence[ProxyCall] = (
    ProxyCall(
        EventById,
        EVENT_DETAILS,
        "eventDetails",
        lambda asked: {"eventId": asked.event_id},
        read_as(EventDetails),
        {NOT_FOUND: NotFound("event")},
    ),
)

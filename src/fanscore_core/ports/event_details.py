"""Questions to ``event_details``: shows and their sales."""

from __future__ import annotations

from datetime import datetime

import attrs

from fanscore_core.engine.question import Query
from fanscore_core.ids import EventId, SaleId, valid_id


@attrs.frozen
class Venue:
    """Where an event takes place."""

    id: str
    name: str
    city: str | None = None
    country_code: str | None = None
    timezone: str | None = None


@attrs.frozen
class Sale:
    """A period in which tickets of an event are sold. Times have an offset."""

    id: SaleId
    name: str
    start_date_time: datetime | None = None
    end_date_time: datetime | None = None


@attrs.frozen
class EventDetails:
    """An event, as the API gives it. Times have an offset."""

    id: EventId
    name: str
    sales: tuple[Sale, ...]
    start_date_time: datetime | None = None
    venue: Venue | None = None


@attrs.frozen
class EventById(Query[EventDetails]):
    """An event. Its absence is the error ``NotFound``."""

    event_id: EventId = attrs.field(validator=valid_id)

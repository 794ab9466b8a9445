"""Deliveries of what was published, for each event and consumer, whatever their state."""

from __future__ import annotations

import enum
import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import inf

import attrs

from fanscore_adapters.embedded.event_archive import (
    CHOSEN,
    EventChoice,
    PublishedEvent,
    published,
)

_NEWEST = f"""
SELECT id, event, published_at FROM user_events
WHERE {CHOSEN} AND (published_at, id) < (:before_at, :before_id)
ORDER BY published_at DESC, id DESC LIMIT :some
"""  # noqa: S608  # of constants

_OF_EVENTS = """
SELECT event_id, consumer, state, attempts, next_attempt_at AS at, reason FROM deliveries
WHERE event_id IN (SELECT value FROM json_each(:ids))
UNION ALL SELECT event_id, consumer, 'DEAD', attempts, died_at, reason FROM dead_letters
WHERE event_id IN (SELECT value FROM json_each(:ids))
ORDER BY event_id, consumer
"""


class DeliveryState(enum.Enum):
    """How a delivery stands."""

    DONE = "DONE"
    PENDING = "PENDING"
    DEAD = "DEAD"


@attrs.frozen
class Undelivered:
    """A delivery that has not succeeded. Holds no personal data.

    Attributes:
        event_id: what is delivered.
        consumer: to whom.
        state: whether it will be attempted again by itself.
        attempts: how often it has been.
        at: when it is due again, or when it was given up.
        reason: why the last attempt failed, if one did.
    """

    event_id: str
    consumer: str
    state: DeliveryState
    attempts: int
    at: datetime
    reason: str | None


@attrs.frozen
class Delivery:
    """What became of one event for one consumer. Holds no personal data.

    Attributes:
        consumer: to whom.
        state: how it stands.
        attempts: how often it has been tried.
        at: when it is due again, or when it was given up; ``None`` of what is done.
        reason: why the last attempt failed, if one did.
    """

    consumer: str
    state: DeliveryState
    attempts: int
    at: datetime | None
    reason: str | None


@attrs.frozen
class DeliveredEvent:
    """An event, and what became of it.

    Attributes:
        event: the event.
        deliveries: one for each consumer that was to get it, by name.
    """

    event: PublishedEvent
    deliveries: Sequence[Delivery]


@attrs.frozen
class Place:
    """A place in the list of events, newest first.

    Attributes:
        at: when the last event before it was published, in epoch seconds.
        event_id: the id of that event.
    """

    at: float = inf
    event_id: str = ""


@attrs.frozen
class EventsPage:
    """Some events, newest first, and the place after them; ``None`` after the oldest."""

    events: Sequence[DeliveredEvent]
    rest: Place | None


def newest(
    connection: sqlite3.Connection, choice: EventChoice, place: Place, limit: int
) -> EventsPage:
    """Read what was published, newest first, with what became of it.

    Args:
        connection: to the tables of the bus.
        choice: of the events.
        place: after which to read on.
        limit: how many events at most.

    Raises:
        sqlite3.Error: the database cannot be read.
    """
    before = {"before_at": place.at, "before_id": place.event_id, "some": limit + 1}
    rows = connection.execute(_NEWEST, {**choice.values, **before}).fetchall()
    shown = rows[:limit]
    deliveries = _deliveries(connection, [event_id for event_id, _, _ in shown])
    events = [DeliveredEvent(published(*row), deliveries.get(row[0], ())) for row in shown]
    rest = Place(shown[-1][2], shown[-1][0]) if len(rows) > limit else None
    return EventsPage(events, rest)


def _deliveries(
    connection: sqlite3.Connection, events: Sequence[str]
) -> Mapping[str, Sequence[Delivery]]:
    found: dict[str, list[Delivery]] = {}
    rows = connection.execute(_OF_EVENTS, {"ids": json.dumps(events)}).fetchall()
    for event_id, consumer, name, attempts, epoch_s, reason in rows:
        state = DeliveryState(name)
        at = None if state is DeliveryState.DONE else datetime.fromtimestamp(epoch_s, UTC)
        found.setdefault(event_id, []).append(Delivery(consumer, state, attempts, at, reason))
    return found

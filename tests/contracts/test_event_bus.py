from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs
import pytest

from fanscore_adapters.documents.user_event import detail_document, read_event
from fanscore_core.errors import Unavailable
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.user_events import SOURCE, AnyUserEvent, detail_type
from tests.contracts.asking import asked, said
from tests.contracts.event_bus import BUSES, Bus
from tests.contracts.user_events import BARE, DEFAULTED, FULL, WITHDRAWAL

BUS = "upsert_user"
PUBLISHED = (None, BUS)
MANY = [attrs.evolve(FULL, id=f"event-{number:02}") for number in range(25)]
"""More than one call of EventBridge takes."""


@pytest.fixture(params=BUSES.values(), ids=list(BUSES))
def bus(request: pytest.FixtureRequest) -> Iterator[Bus]:
    """Open each bus in turn."""
    with request.param(request)() as opened:
        yield opened


def publish(bus: Bus, *events: AnyUserEvent) -> list[tuple[object, str]]:
    """Publish events together."""
    return said(bus.adapter, *map(PublishUserEvent, events))


def delivered(bus: Bus) -> Mapping[str, AnyUserEvent]:
    """Take the events that were delivered since, by their ids, on which a consumer acts once."""
    return {event.id: event for event in map(read_event, bus.delivered())}


def test_an_adapter_names_the_bus(bus: Bus) -> None:
    """Publishing is the adapter's, under the document's name."""
    assert bus.adapter.systems[PublishUserEvent] == BUS


@pytest.mark.parametrize(
    "event", [BARE, FULL, DEFAULTED, WITHDRAWAL], ids=["bare", "full", "defaulted", "withdrawal"]
)
def test_an_event_that_is_published_is_delivered(bus: Bus, event: AnyUserEvent) -> None:
    """The consumer gets an event whole, in the envelope by which it is known."""
    assert publish(bus, event) == [PUBLISHED]
    [document] = bus.delivered()
    assert {name: document[name] for name in ("source", "detail-type", "detail")} == {
        "source": SOURCE,
        "detail-type": detail_type(event),
        "detail": detail_document(event),
    }
    assert read_event(document) == event


def test_an_event_that_is_published_again(bus: Bus) -> None:
    """An event may be published again, at once or later: it is still the same event."""
    assert publish(bus, FULL, FULL) == [PUBLISHED] * 2
    assert delivered(bus) == {FULL.id: FULL}
    assert publish(bus, FULL) == [PUBLISHED]
    assert delivered(bus) in ({}, {FULL.id: FULL})


def test_many_events_at_once(bus: Bus) -> None:
    """Of events that are published together each gets its answer, and none is left behind."""
    assert publish(bus, *MANY) == [PUBLISHED] * len(MANY)
    assert delivered(bus) == {event.id: event for event in MANY}


def test_each_event_goes_in_one_call(bus: Bus) -> None:
    """However an adapter splits what is asked together, each event is published once, in order."""
    groups = bus.adapter.split([asked(PublishUserEvent(event)) for event in MANY])
    assert [index for group in groups for index in group] == list(range(len(MANY)))


def test_a_bus_that_fails(bus: Bus) -> None:
    """Each event that a bus does not take is unavailable, and none of what it says is told."""
    bus.fail()
    answers = publish(bus, BARE, FULL)
    assert [(str(answer).partition("(")[0], source) for answer, source in answers] == [
        (Unavailable.__name__, BUS)
    ] * 2
    assert all(f"system={BUS!r}" in str(answer) for answer, _ in answers)
    assert "canary" not in str(answers)


def test_no_events_are_published_too(bus: Bus) -> None:
    """A bus that is asked nothing answers nothing, and delivers nothing."""
    assert publish(bus) == []
    assert delivered(bus) == {}

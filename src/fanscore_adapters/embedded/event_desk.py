"""What an operator on this machine does about events: look at them, retry, replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

import attrs

from fanscore_adapters.embedded.deliveries import (
    DeliveryState,
    EventsPage,
    Place,
    Undelivered,
)
from fanscore_adapters.embedded.event_archive import EventChoice
from fanscore_adapters.embedded.event_bus import EventBus
from fanscore_adapters.embedded.event_store import EVENTS, EventStore
from fanscore_adapters.sqlite.connection import as_unavailable
from fanscore_core.consumer_mark import ALSO_SEND, SENDING, Consumer
from fanscore_core.errors import InvalidInput

MOST_SHOWN = 50
"""How many events a page has."""


@attrs.frozen
class Redelivered:
    """How delivering again ended.

    Attributes:
        count: of the deliveries that were made due.
        consumers: to whom.
        undelivered: those of the event to them that have not succeeded by now.
    """

    count: int
    consumers: AbstractSet[str]
    undelivered: Sequence[Undelivered]


@attrs.frozen
class EventDesk:
    """The events of the local bus, as an operator sees and handles them.

    Attributes:
        events: where they are kept.
        bus: delivers them.
        clock: the time, with offset.
        mint: makes an id that nobody else has.
    """

    events: EventStore
    bus: EventBus
    clock: Callable[[], datetime]
    mint: Callable[[], str]

    def newest(self, choice: EventChoice, place: Place) -> EventsPage:
        """Return what was published, newest first, with what became of it.

        Raises:
            Unavailable: the events cannot be read.
        """
        with as_unavailable(EVENTS):
            return self.events.newest(choice, place, MOST_SHOWN)

    def dead_letters(self) -> Sequence[Undelivered]:
        """Return the deliveries that were given up, oldest first.

        Raises:
            Unavailable: the events cannot be read.
        """
        with as_unavailable(EVENTS):
            undelivered = self.events.undelivered()
        return [each for each in undelivered if each.state is DeliveryState.DEAD]

    def retry(self, event_id: str) -> Redelivered:
        """Send the dead letters of an event again, and deliver what is due.

        Raises:
            Unavailable: the events cannot be read or written.
        """
        consumers = {each.consumer for each in self.dead_letters() if each.event_id == event_id}
        with as_unavailable(EVENTS):
            count = self.bus.retry(event_id)
        return self._delivered(event_id, consumers, count)

    def replay(
        self, event_id: str, consumers: AbstractSet[Consumer], *, also_send: bool
    ) -> Redelivered:
        """Deliver an event once more to some consumers, whether or not they consumed it before.

        Args:
            event_id: of the event.
            consumers: to whom.
            also_send: whether they may send to the outside again.

        Raises:
            InvalidInput: no consumer is named, or one sends to the outside, and may not.
            Unavailable: the events cannot be read or written.
        """
        if not consumers:
            raise InvalidInput("consumers", "expected at least one")
        if consumers & SENDING and not also_send:
            raise InvalidInput("alsoSend", "expected true for what sends to the outside again")
        name = f"{ALSO_SEND if also_send else 'replay'}-{self.mint()}"
        names = {each.value for each in consumers}
        with as_unavailable(EVENTS):
            count = self.bus.replay(EventChoice(event_id=event_id), names, name)
        return self._delivered(event_id, names, count)

    def _delivered(self, event_id: str, consumers: AbstractSet[str], count: int) -> Redelivered:
        with as_unavailable(EVENTS):
            self.bus.deliver_due(self.clock(), consumers)
            undelivered = self.bus.undelivered()
            self.bus.keep_delivering()
        of_these = [
            each for each in undelivered if each.event_id == event_id and each.consumer in consumers
        ]
        return Redelivered(count, consumers, of_these)

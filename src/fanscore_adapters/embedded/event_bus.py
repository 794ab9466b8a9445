"""The event bus within the process, on the embedded database.

It delivers as EventBridge does: to each consumer on its own, at least once, in any order, again
where a consumer fails, and to the dead letters where it keeps failing. Consumers are called with
the event that they would get from EventBridge, JSON text in between.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Event, Thread
from time import perf_counter
from typing import Self, TypeAlias, cast

import attrs

from fanscore_adapters.adapter import declared_outage, together
from fanscore_adapters.documents.user_event import ENDPOINTS, detail_text, event_document
from fanscore_adapters.embedded.event_store import Claimed, EventStore, Undelivered
from fanscore_adapters.sqlite.connection import unavailable
from fanscore_core.consumer_mark import LEASE
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import FanscoreError, PipelineError, Unavailable
from fanscore_core.ports.consumers import Post
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.systems import UPSERT_USER

MAX_ATTEMPTS = 5
FIRST_DELAY_S = 1.0
GROWTH = 4
"""Failed deliveries wait 1, 4, 16 and 64 s: in all more than the lease of a consumer's mark."""

DELIVERY_LEASE = 2 * LEASE
"""When it ends, so has the lease of the mark that the consumer claimed within it."""

POLL_S = 0.5
"""How often to look for what other processes published, and for what is due again."""

Clock: TypeAlias = "Callable[[], datetime]"
Consume: TypeAlias = "Callable[[object], object]"
"""Consumes an event; raises what went wrong."""


def delay(attempt: int) -> timedelta:
    """Give how long to wait after an attempt, counted from 1, that failed."""
    return timedelta(seconds=FIRST_DELAY_S * GROWTH ** (attempt - 1))


class EventBus:
    """The adapter that takes events, and the threads that deliver them.

    One thread for each consumer, so that none waits for another; until they are started, only
    ``deliver_due`` delivers. Close it, or use it in a ``with`` statement.
    """

    def __init__(
        self,
        events: EventStore,
        consumers: Mapping[str, Consume],
        clock: Clock,
        report: Callable[[Exception], object],
    ) -> None:
        """Make a bus that does not deliver by itself yet.

        Args:
            events: where events are kept; closed with the bus.
            consumers: by name; each may be called by several threads and processes at a time.
            clock: the time, with offset.
            report: told what stops a thread from delivering for now.
        """
        self._events = events
        self._consumers = consumers
        self._clock = clock
        self._report = report
        self._stopping = Event()
        self._wakes = {name: Event() for name in consumers}
        self._threads: list[Thread] = []
        self._in_background = False

    def __enter__(self) -> Self:
        """Give the bus."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the bus."""
        self.close()

    def close(self) -> None:
        """Stop delivering, and close the tables of the bus."""
        self.stop()
        self._events.close()

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The bus, by its name in the user's document."""
        return {PublishUserEvent: UPSERT_USER}

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Publish each; it is kept when this returns, and delivered later."""
        answers = [self._publish(cast("PublishUserEvent", ask.question)) for ask in asks]
        if self._in_background and not self._threads:
            self.start()
        self._wake()
        return answers

    def deliver_due(self, now: datetime) -> int:
        """Attempt every delivery that is due; give the number of attempts."""
        count = 0
        for consumer in self._consumers:
            while self._deliver_next(consumer, lambda: now):
                count += 1
        return count

    def undelivered(self) -> tuple[Undelivered, ...]:
        """Give what has not been delivered."""
        return self._events.undelivered()

    def retry(self, event_id: str | None = None) -> int:
        """Send dead letters again, those of one event or all; give their number."""
        count = self._events.retry(event_id, self._clock())
        self._wake()
        return count

    def deliver_in_background(self) -> None:
        """Start as soon as there is something to deliver: now, if something was left."""
        self._in_background = True
        if self.undelivered():
            self.start()

    def start(self) -> None:
        """Deliver in the background from now on, beginning with what was left."""
        self._events.forget_old(self._clock())
        self._stopping.clear()
        self._threads = [
            Thread(target=self._run, args=(name,), name=f"fanscore-{name}", daemon=True)
            for name in self._consumers
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the deliveries that have begun come to their end, and begin no more."""
        self._stopping.set()
        self._wake()
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _publish(self, effect: PublishUserEvent) -> Answered:
        event, now = effect.event, self._clock()
        started_at = perf_counter()
        document = json.dumps(event_document(event, now))
        try:
            self._events.publish(event.id, document, self._consumers, now)
            answer = None
        except sqlite3.Error as error:
            answer = unavailable(UPSERT_USER, error)
        return Answered(answer, UPSERT_USER, perf_counter() - started_at)

    def _wake(self) -> None:
        for wake in self._wakes.values():
            wake.set()

    def _run(self, consumer: str) -> None:
        wake = self._wakes[consumer]
        while True:
            wake.clear()  # before looking, so that nothing is missed
            if self._stopping.is_set():
                return
            if not self._deliver_or_report(consumer):
                wake.wait(POLL_S)

    def _deliver_or_report(self, consumer: str) -> bool:
        try:
            return self._deliver_next(consumer, self._clock)
        except sqlite3.Error as error:
            self._report(error)
            return False

    def _deliver_next(self, consumer: str, clock: Clock) -> bool:
        """Attempt the delivery to a consumer that is due first; whether there was one."""
        now = clock()
        claimed = self._events.claim(consumer, now, now + DELIVERY_LEASE)
        if claimed is None:
            return False
        failure = self._attempt(claimed)
        if failure is None:
            self._events.succeed(claimed)
        elif claimed.attempt < MAX_ATTEMPTS:
            self._events.put_off(claimed, failure, clock() + delay(claimed.attempt))
        else:
            self._events.bury(claimed, failure, clock())
        return True

    def _attempt(self, claimed: Claimed) -> str | None:
        """Call the consumer; give why it failed, if it did."""
        if claimed.attempt > MAX_ATTEMPTS:
            return "no attempt came to an end"
        try:
            self._consumers[claimed.consumer](json.loads(claimed.event))
        except Exception as error:  # noqa: BLE001  # whatever it is, the event is delivered again
            return _reason(error)
        return None


@attrs.frozen
class Recorder:
    """The adapter that stands in for endpoints: it keeps what is posted, to be looked at.

    Attributes:
        events: where it is kept.
        recorded: the systems that it stands in for, such as ``notification_endpoint``.
        clock: the time, with offset.
        outages: the systems that give no answer.
    """

    events: EventStore
    recorded: frozenset[str]
    clock: Clock
    outages: frozenset[str] = frozenset()

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The endpoint behind each effect."""
        return {effect: system for effect, system in ENDPOINTS.items() if system in self.recorded}

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Keep each post."""
        return [self._perform(cast("Post", ask.question)) for ask in asks]

    def _perform(self, post: Post) -> Answered:
        system = ENDPOINTS[type(post)]
        if system in self.outages:
            return Answered(declared_outage(system), system)
        started_at = perf_counter()
        try:
            self.events.record_post(
                post.idempotency_key, system, detail_text(post.event), self.clock()
            )
            answer = None
        except sqlite3.Error as error:
            answer = unavailable(system, error)
        return Answered(answer, system, perf_counter() - started_at)


def _reason(error: Exception) -> str:
    """Say why a delivery failed: other texts than our own may quote what a fan typed."""
    name = type(error).__name__
    match error:
        case Unavailable():
            return f"{name}: {error}: {error.reason}"
        case FanscoreError() | PipelineError():
            return f"{name}: {error}"
        case _:
            return name

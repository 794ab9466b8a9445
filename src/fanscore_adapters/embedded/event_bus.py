"""The event bus within the process, on the embedded database.

It delivers as EventBridge does: to each consumer on its own, at least once, in any order, again
where a consumer fails, and to the dead letters where it keeps failing. Consumers are called with
the event that they would get from EventBridge, JSON text in between.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from threading import Event, Lock, Thread, main_thread
from time import monotonic, perf_counter
from typing import Self, TypeAlias, cast

import attrs

from fanscore_adapters.adapter import declared_outage, together
from fanscore_adapters.documents.user_event import (
    ENDPOINTS,
    detail_text,
    event_document,
    with_replay,
)
from fanscore_adapters.embedded.deliveries import Undelivered
from fanscore_adapters.embedded.event_archive import EventChoice
from fanscore_adapters.embedded.event_store import Claimed, EventStore
from fanscore_adapters.sqlite.connection import unavailable
from fanscore_core.consumer_mark import LEASE
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import FanscoreError, InvalidInput, PipelineError, Unavailable
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
    """Return how long to wait after an attempt, counted from 1, that failed."""
    return timedelta(seconds=FIRST_DELAY_S * GROWTH ** (attempt - 1))


class EventBus:
    """The adapter that takes events, and the threads that deliver them.

    One thread for each consumer, so that none waits for another; until they are started, only
    ``deliver_due`` delivers. They begin nothing once the program is ending: what is left waits for
    the next process. Close it, or use it in a ``with`` statement.
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
            report: gets what stops a thread from delivering for now.
        """
        self._events = events
        self._consumers = consumers
        self._clock = clock
        self._report = report
        self._stopping = Event()
        self._wakes = {name: Event() for name in consumers}
        self._threads: dict[str, Thread] = {}
        self._starting = Lock()
        self._in_background = False
        self._has_published = False
        self._progress = Event()

    def __enter__(self) -> Self:
        """Return the bus."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the bus."""
        self.close()

    def close(self, linger_s: float = 0.0) -> None:
        """Stop delivering, and close the tables of the bus.

        Args:
            linger_s: how long to go on with what is due, if something was published here.
        """
        try:
            if self._has_published:
                self._linger(linger_s)
        finally:
            self.stop()
            self._events.close()

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The bus, by its name on the architecture page."""
        return {PublishUserEvent: UPSERT_USER}

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Publish each; it is kept when this returns, and delivered later."""
        answers = [self._publish(cast("PublishUserEvent", ask.question)) for ask in asks]
        self._has_published = True
        try:
            if self._in_background:
                self.start()
            self._wake()
        except Exception as error:  # noqa: BLE001  # what is kept is kept: a later start delivers it
            self._report(error)
        return answers

    def deliver_due(self, now: datetime, consumers: AbstractSet[str] | None = None) -> int:
        """Attempt every delivery that is due, to some consumers or all; return how many."""
        count = 0
        for consumer in self._consumers:
            if consumers is not None and consumer not in consumers:
                continue
            while self._deliver_next(consumer, lambda: now):
                count += 1
        return count

    def undelivered(self, replay: str | None = None) -> tuple[Undelivered, ...]:
        """Return what has not been delivered, of a replay or of all."""
        return self._events.undelivered(replay)

    def retry(self, event_id: str | None = None) -> int:
        """Send dead letters again, those of one event or all; return how many."""
        count = self._events.retry(event_id, self._clock())
        self._wake()
        return count

    def replay(self, choice: EventChoice, consumers: AbstractSet[str], name: str) -> int:
        """Deliver what was published once more to some consumers; return how many deliveries.

        They are deliveries as any other: kept when this returns, attempted again where they fail,
        and dead letters in the end. What is still to be delivered is not counted.

        Args:
            choice: of the events.
            consumers: by name.
            name: of the replay, never the same for two; consumers get it as ``replay-name``.

        Raises:
            InvalidInput: a consumer is not one of the bus.
            sqlite3.Error: the database cannot be written.
        """
        if not consumers <= self._consumers.keys():
            raise InvalidInput("consumer", f"expected some of {', '.join(sorted(self._consumers))}")
        count = self._events.replay(choice, sorted(consumers), name, self._clock())
        self._wake()
        return count

    def deliver_in_background(self) -> None:
        """Start as soon as there is something to deliver: now, if something was left."""
        self._in_background = True
        self.keep_delivering()

    def keep_delivering(self) -> None:
        """Start if it is to deliver in the background, and there is something to deliver."""
        if self._in_background and self.undelivered():
            self.start()

    def start(self) -> None:
        """Deliver in the background from now on, beginning with what was left."""
        with self._starting:
            self._stopping.clear()
            for name in self._consumers.keys() - self._threads.keys():
                # No daemon: what has begun must come to its end before the program does.
                thread = Thread(target=self._run, args=(name,), name=f"fanscore-{name}")
                thread.start()
                self._threads[name] = thread

    def stop(self) -> None:
        """Let the deliveries that have begun come to their end, and begin no more."""
        with self._starting:
            self._in_background = False
            self._stopping.set()
            self._wake()
            for thread in self._threads.values():
                thread.join()
            self._threads.clear()

    def _linger(self, linger_s: float) -> None:
        """Wait until nothing is due any more that can be delivered within some seconds."""
        expires_at = monotonic() + linger_s
        while self._threads and (left_s := expires_at - monotonic()) > 0:
            self._progress.clear()  # before looking, so that nothing is missed
            if not self._events.is_due_by(self._clock() + timedelta(seconds=left_s)):
                return
            self._progress.wait(min(left_s, POLL_S))

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

    def _may_begin(self) -> bool:
        """Whether a delivery that begins can come to its end: not while the program is ending."""
        return not self._stopping.is_set() and main_thread().is_alive()

    def _run(self, consumer: str) -> None:
        wake = self._wakes[consumer]
        while True:
            wake.clear()  # before looking, so that nothing is missed
            if not self._may_begin():
                return
            if not self._deliver_or_report(consumer):
                wake.wait(POLL_S)

    def _deliver_or_report(self, consumer: str) -> bool:
        try:
            return self._deliver_next(consumer, self._clock, self._may_begin)
        except Exception as error:  # noqa: BLE001  # a thread that ended would deliver nothing more
            self._report(error)
            return False
        finally:
            self._progress.set()

    def _deliver_next(
        self, consumer: str, clock: Clock, may_begin: Callable[[], bool] = lambda: True
    ) -> bool:
        """Attempt the delivery to a consumer that is due first; whether there was one."""
        now = clock()
        claimed = self._events.claim(consumer, now, now + DELIVERY_LEASE)
        if claimed is None:
            return False
        if not may_begin():
            self._events.release(claimed, clock())
            return False
        if claimed.event is None:
            gone = EventGone(claimed.event_id, consumer)
            self._report(gone)
            self._events.bury(claimed, str(gone), clock())
            return True
        failure = self._attempt(claimed, claimed.event)
        if failure is None:
            self._events.succeed(claimed)
        elif not main_thread().is_alive():  # it may have failed because the program is ending
            self._events.release(claimed, clock())
        elif claimed.attempt < MAX_ATTEMPTS:
            self._events.put_off(claimed, failure, clock() + delay(claimed.attempt))
        else:
            self._events.bury(claimed, failure, clock())
        return True

    def _attempt(self, claimed: Claimed, event: str) -> str | None:
        """Call the consumer; give why it failed, if it did."""
        if claimed.attempt > MAX_ATTEMPTS:
            return "no attempt came to an end"
        try:
            document = json.loads(event)
            if claimed.replay is not None:
                document = with_replay(document, claimed.replay)
            self._consumers[claimed.consumer](document)
        except Exception as error:  # noqa: BLE001  # whatever it is, the event is delivered again
            return _reason(error)
        return None


@attrs.frozen
class EventGone(Exception):
    """A delivery has no event: somebody else deleted it."""

    event_id: str
    consumer: str

    def __str__(self) -> str:
        return "its event is gone"


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

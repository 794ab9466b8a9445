"""What ends by itself, deleted when its time is over: as DynamoDB does with a time to live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Event, Thread
from typing import Self

from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.sqlite.tables import SqliteTables

SWEEP_S = 3600.0
"""How often to look for what is over."""


class Sweeper:
    """Deletes items with a ``ttl``, events and dead letters when their time is over.

    It looks once it is started, and then every ``SWEEP_S``. Close it, or use it in a ``with``
    statement.
    """

    def __init__(
        self,
        tables: SqliteTables,
        events: EventStore,
        clock: Callable[[], datetime],
        report: Callable[[Exception], object],
    ) -> None:
        """Make a sweeper that does nothing by itself yet.

        Args:
            tables: where items have a ``ttl``: marks and tombstones.
            events: where events, dead letters and recorded posts are kept.
            clock: the time, with offset.
            report: gets the error where something could not be deleted for now.
        """
        self._tables = tables
        self._events = events
        self._clock = clock
        self._report = report
        self._stopping = Event()
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> None:
        """Sweep in the background from now on."""
        # A daemon, since it waits long; SQLite leaves what it is cut off in as it was.
        self._thread = Thread(target=self._run, name="fanscore-sweeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let what has begun come to its end, and begin no more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def sweep(self) -> None:
        """Delete all that is over, a few items at a time; report where that fails."""
        try:
            now = self._clock()
            self._events.forget_old(now)
            self._events.correct_times(now)
            while self._tables.sweep(now) and not self._stopping.is_set():
                pass
        except Exception as error:  # noqa: BLE001  # a thread that ended would delete nothing more
            self._report(error)

    def _run(self) -> None:
        while True:
            self.sweep()
            if self._stopping.wait(SWEEP_S):
                return

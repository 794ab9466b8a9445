"""User events through the local bus, each to its four consumers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time, sleep

from benchmarks.fans import fan_ids
from benchmarks.findings import Finding, Number
from fanscore_adapters.embedded.event_bus import EventBus
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.items import keys
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.embedded import connect_bus
from fanscore_core.consumer_mark import Consumer
from fanscore_core.engine.question import Ask
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.scalars import Email
from fanscore_core.user_events import UserEvent

REPETITIONS = 3
LOOK_AGAIN_S = 0.02


def delivering(events: int = 500) -> list[Finding]:
    """Time the delivery of what was published: one after the other, and by the bus's threads."""
    runs = [(_deliver(events, _due), _deliver(events, _waiting)) for _ in range(REPETITIONS)]
    (due_s, due_cpu_s), (threads_s, _) = map(min, zip(*runs, strict=True))
    return [
        Number("deliveries one after the other", events / due_s, "events per second"),
        Number("deliveries by the threads of the bus", events / threads_s, "events per second"),
        Number("one event to its four consumers: CPU", due_cpu_s / events * 1e6, "µs"),
    ]


def _deliver(count: int, deliver: Callable[[EventBus], None]) -> tuple[float, float]:
    """Publish events and deliver them; give how long the latter took, and its CPU time."""
    with _published(count) as (database, bus):
        assert len(bus.undelivered()) == count * len(Consumer)
        started_at, cpu_at = perf_counter(), process_time()
        deliver(bus)
        took_s, cpu_s = perf_counter() - started_at, process_time() - cpu_at
        assert bus.undelivered() == ()
        _check(database, count)
    return took_s, cpu_s


def _due(bus: EventBus) -> None:
    bus.deliver_due(datetime.now(UTC))


def _waiting(bus: EventBus) -> None:
    bus.start()
    while bus.undelivered():
        sleep(LOOK_AGAIN_S)


@contextmanager
def _published(count: int) -> Iterator[tuple[Path, EventBus]]:
    """Give a database with that many events, and the bus that has published them."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "events.db"
        with connect_bus(Settings(database=str(database))) as bus:
            answers = bus.fetch([Ask(_entry(fan, now)) for fan in fan_ids(count)])
            assert [each.answer for each in answers] == [None] * count
            yield database, bus


def _entry(fan: GlobalUserId, now: datetime) -> PublishUserEvent:
    return PublishUserEvent(
        UserEvent(
            f"event-{fan}",
            now,
            fan,
            MemberId(f"member-{fan}"),
            CampaignId("camp1"),
            Email("fan@example.com"),
        )
    )


def _check(database: Path, count: int) -> None:
    """Check that every consumer has done its work, once for each event."""
    fans = list(fan_ids(count))
    with SqliteTables(str(database)) as tables, EventStore(str(database)) as events:
        assert all(tables.look_up("fan_identity_table", [keys.identity(fan) for fan in fans]))
        assert len(events.posts()) == 2 * count

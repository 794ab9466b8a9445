from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event

import pytest

from fanscore_adapters.embedded import sweeper as module
from fanscore_adapters.embedded.event_store import KEPT, EventStore
from fanscore_adapters.embedded.sweeper import Sweeper
from fanscore_adapters.items.consumers import mark_item
from fanscore_adapters.items.demand import record_item
from fanscore_adapters.sqlite.tables import SWEPT_AT_ONCE, SqliteTables
from fanscore_core.consumer_mark import Consumer, Mark
from fanscore_core.systems import TABLES
from tests.demand_samples import deleted, saved, stored
from tests.unit.fanscore_adapters.databases import item, raw

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
PATIENCE_S = 600.0


def never(error: Exception) -> None:
    """Let nothing be reported."""
    raise error


def left(tables: SqliteTables, path: str) -> list[tuple[str, str]]:
    """Give the keys of all items."""
    del tables
    with raw(path) as other:
        return [
            key
            for table in TABLES
            for key in other.execute(f"SELECT PK, SK FROM {table} ORDER BY 1, 2")  # noqa: S608  # ours
        ]


def swept(path: str, now: datetime, *items: Mapping[str, object]) -> list[tuple[str, str]]:
    """Give the keys that are left of some items in each table, at a time."""
    with SqliteTables(path) as tables, EventStore(path) as events:
        for table in TABLES:
            tables.load(table, items)
        Sweeper(tables, events, lambda: now, never).sweep()
        return left(tables, path)


def test_what_is_over_is_deleted_in_every_table(path: str) -> None:
    """An item goes when its time to live is over, not before; another stays."""
    items = [
        item("a", "over", ttl=NOW_S),
        item("a", "over, in part", ttl=Decimal(f"{NOW_S - 1}.5")),
        item("a", "not yet", ttl=NOW_S + 1),
        item("a", "without"),
        item("a", "of another kind", ttl="1"),
        item("a", "deeper", attributes={"ttl": 1}),
        item("a", "none", ttl=None),
    ]
    assert swept(path, NOW, *items) == [
        ("a", sk) for sk in ("deeper", "none", "not yet", "of another kind", "without")
    ] * len(TABLES)


def test_marks_and_tombstones_end_after_30_days(path: str) -> None:
    """The marks of consumers and the tombstones of records go; what is live stays."""
    mark = mark_item(Mark("e-1", Consumer.SYNC, "me", NOW))
    tombstone, live = record_item(stored(deleted(0))), record_item(stored(saved(0)))
    last = datetime.fromtimestamp(max(int(str(each["ttl"])) for each in (mark, tombstone)), UTC)
    keys = sorted((str(each["PK"]), str(each["SK"])) for each in (mark, live))
    assert swept(path, last - timedelta(seconds=1), mark, live) == keys * len(TABLES)
    assert swept(path, last, tombstone, mark) == []


def test_text_that_is_no_item_is_left_alone(path: str) -> None:
    """A stored text that is no JSON stops nothing."""
    SqliteTables(path).close()
    with raw(path) as other:
        other.execute("INSERT INTO demand_table VALUES ('a', 'b', '{\"ttl\": 1')")
    assert swept(path, NOW) == [("a", "b")]


def test_many_go_in_several_turns(path: str) -> None:
    """More than one transaction deletes are all deleted, so that writers get their turn."""
    items = [item("a", str(number), ttl=1) for number in range(2 * SWEPT_AT_ONCE + 1)]
    assert swept(path, NOW, *items) == []


def test_an_item_that_lives_again_stays(path: str) -> None:
    """What was written anew after the sweeper saw it is not deleted."""
    with SqliteTables(path) as tables:
        tables.load("demand_table", [item("a", "b", ttl=1)])
        with raw(path) as other:
            other.execute('UPDATE demand_table SET item = \'{"PK":"a","SK":"b"}\'')
        assert tables.sweep(NOW) == 0
        assert left(tables, path) == [("a", "b")]


def test_events_and_dead_letters_end_too(path: str) -> None:
    """Events, their dead letters, and those whose event is gone, go after 30 days."""
    with SqliteTables(path) as tables, EventStore(path) as events:
        for event_id in ("e-1", "e-2"):
            events.publish(event_id, json.dumps({"detail": {}}), ["sync"], NOW)
            claimed = events.claim("sync", NOW, NOW)
            assert claimed is not None
            events.bury(claimed, "why", NOW)
        with raw(path) as other:
            other.execute("DELETE FROM user_events WHERE id = 'e-2'")
        for at, count in ((NOW + KEPT, 2), (NOW + KEPT + timedelta(seconds=1), 0)):
            Sweeper(tables, events, iter([at]).__next__, never).sweep()
            assert len(events.undelivered()) == count
        assert events.audit_trail() == ()


def test_it_sweeps_at_start_and_while_it_runs(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks when it is started, again and again while it runs, and ends when it is told to."""
    monkeypatch.setattr(module, "SWEEP_S", 0.0)
    looked, count = Event(), 0

    def clock() -> datetime:
        nonlocal count
        count += 1
        if count > 2:
            looked.set()
        return NOW

    with SqliteTables(path) as tables, EventStore(path) as events:
        tables.load("demand_table", [item("a", "b", ttl=1)])
        with Sweeper(tables, events, clock, never):
            assert looked.wait(PATIENCE_S)
        assert left(tables, path) == []


def test_what_it_cannot_delete_is_reported(path: str) -> None:
    """A database that fails is reported, and stops no sweeper."""
    reports = list[Exception]()
    with SqliteTables(path) as tables, EventStore(path) as events:
        with closing(sqlite3.connect(path)) as other:
            other.execute("DROP TABLE demand_table")
        Sweeper(tables, events, lambda: NOW, reports.append).sweep()
    assert [type(error) for error in reports] == [sqlite3.OperationalError]


def test_whatever_it_meets_is_reported(path: str) -> None:
    """A clock that fails is reported, too, and stops no sweeper."""
    reports = list[Exception]()

    def clock() -> datetime:
        raise OverflowError

    with SqliteTables(path) as tables, EventStore(path) as events:
        Sweeper(tables, events, clock, reports.append).sweep()
    assert [type(error) for error in reports] == [OverflowError]

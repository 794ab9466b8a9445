"""Every statement fails once, on a real database: nothing half done may remain."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

from fanscore_adapters.embedded.event_archive import EventChoice
from fanscore_adapters.embedded.event_store import Claimed, EventStore
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import PageRange, Put
from fanscore_adapters.sqlite.connection import IN_MEMORY, Access, transaction
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import GlobalUserId
from tests.unit.fanscore_adapters.databases import item, raw

DEMAND = "demand_table"
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=31)
FAN = GlobalUserId("user123")
EVENT = '{"detail": {"globalUserId": "user123"}}'
MOST = 40
"""More statements than anything here takes."""


@attrs.define
class Plan:
    """Which statements fail, counted from 0.

    Attributes:
        first: that fails.
        last: that fails.
        count: of statements so far.
        failures: how many of them failed.
    """

    first: int = MOST
    last: int = MOST
    count: int = 0
    failures: int = 0

    def check(self) -> None:
        """Fail, if it is time."""
        number, self.count = self.count, self.count + 1
        if self.first <= number <= self.last:
            self.failures += 1
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error

    def fail(self, first: int, last: int) -> None:
        """Begin to count."""
        self.first, self.last, self.count, self.failures = first, last, 0, 0

    def end(self) -> None:
        """Let all succeed from now on."""
        self.first = self.last = MOST * MOST

    def connect(self, path: str, access: Access = Access.WRITE) -> sqlite3.Connection:
        """Make a connection that fails by this plan."""
        name = path if path == IN_MEMORY else f"{Path(path).as_uri()}?mode={access.value}"
        plan = self

        class Failing(sqlite3.Connection):
            def execute(self, sql: str, parameters: object = (), /) -> sqlite3.Cursor:
                plan.check()
                return super().execute(sql, parameters)  # type: ignore[arg-type]  # as given

            def executemany(self, sql: str, parameters: Iterable[object], /) -> sqlite3.Cursor:
                plan.check()
                return super().executemany(sql, parameters)  # type: ignore[arg-type]  # as given

        return sqlite3.connect(
            name,
            timeout=0.01,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
            factory=Failing,
        )


def plan_of_success() -> Plan:
    """Make a plan by which all succeeds."""
    plan = Plan()
    plan.end()
    return plan


each_place = pytest.mark.parametrize("place", ["memory", "file"])
how_long = pytest.mark.parametrize("lasting", [0, MOST], ids=["one", "all from there on"])


def run_with_failures(plan: Plan, lasting: int, work: Callable[[], object]) -> Iterable[bool]:
    """Do something again and again, each time with the next statement failing; whether it did."""
    for first in range(MOST):
        plan.fail(first, first + lasting)
        try:
            work()
        except (sqlite3.Error, Unavailable, InvalidInput):
            plan.end()
            yield True
        else:
            succeeded = plan.count <= first  # so that no statement failed
            plan.end()
            yield False
            if succeeded:
                return
    raise AssertionError(plan)


WORK: Mapping[str, Callable[[SqliteTables], object]] = {
    "put": lambda tables: tables.put(DEMAND, item("a", "b", version=2)),
    "put_all": lambda tables: tables.put_all(
        DEMAND, [Put(item("a", "b", version=2), {"version": 1}), Put(item("a", "c"), None)]
    ),
    "load": lambda tables: tables.load(DEMAND, [item("a", "b", version=2), item("a", "c")]),
    "delete": lambda tables: tables.delete(DEMAND, Key("a", "b")),
    "sweep": lambda tables: tables.sweep(LATER),
    "scrub": lambda tables: tables.scrub(),
    "look_up": lambda tables: tables.look_up(DEMAND, [Key("a", "b")]),
    "begins_with": lambda tables: tables.begins_with(DEMAND, [Key("a", "b")]),
    "page": lambda tables: tables.page(DEMAND, Key("a", "b"), PageRange(1, None)),
    "partition": lambda tables: tables.partition(DEMAND, "a"),
}


@how_long
@each_place
@pytest.mark.parametrize("name", list(WORK))
def test_tables_survive_a_statement_that_fails(
    path: str, place: str, name: str, lasting: int
) -> None:
    """Whichever statement fails, nothing is half written, the store works, and no lock is left."""
    plan, start = plan_of_success(), [item("a", "b", version=1, ttl=int(NOW.timestamp()))]
    with SqliteTables(IN_MEMORY if place == "memory" else path, connect=plan.connect) as tables:
        tables.load(DEMAND, start)
        before = tables.begins_with(DEMAND, [Key("a", "")])
        for failed in run_with_failures(plan, lasting, lambda: WORK[name](tables)):
            if place == "file":
                with raw(path) as other:  # nobody else is held up
                    other.execute("BEGIN IMMEDIATE")
                    other.execute("ROLLBACK")
            if failed and name != "scrub":
                assert tables.begins_with(DEMAND, [Key("a", "")]) == before
            tables.put(DEMAND, item("x", "y"))
            tables.delete(DEMAND, Key("x", "y"))
            tables.delete(DEMAND, Key("a", "c"))
            tables.load(DEMAND, start)


CLAIMED = Claimed("e-1", "sync", 1, EVENT)
POST = '{"globalUserId": "user123"}'


EVENT_WORK: Mapping[str, Callable[[EventStore], object]] = {
    "publish": lambda events: events.publish("e-2", EVENT, ["profile", "sync"], NOW),
    "claim": lambda events: events.claim("profile", NOW, LATER),
    "release": lambda events: events.release(CLAIMED, NOW),
    "succeed": lambda events: events.succeed(CLAIMED),
    "put_off": lambda events: events.put_off(CLAIMED, "why", LATER),
    "bury": lambda events: events.bury(CLAIMED, "why", NOW),
    "retry": lambda events: events.retry(None, NOW),
    "replay": lambda events: events.replay(
        EventChoice(), ["other", "profile", "sync"], "again", NOW
    ),
    "published": lambda events: list(events.published(EventChoice())),
    "record_post": lambda events: events.record_post("key", "sync", POST, NOW),
    "forget_old": lambda events: events.forget_old(LATER),
    "correct_times": lambda events: events.correct_times(NOW - timedelta(days=1)),
    "erase": lambda events: events.erase(FAN),
    "undelivered": lambda events: events.undelivered(),
    "audit_trail": lambda events: events.audit_trail(),
    "posts": lambda events: events.posts(),
    "count_of": lambda events: events.count_of(FAN),
    "is_due_by": lambda events: events.is_due_by(NOW),
}


def begin(events: EventStore) -> None:
    """Make a delivery that is due, one that is claimed, and a dead letter."""
    events.erase(FAN)
    events.publish("e-0", EVENT, ["sync"], NOW)
    dead = events.claim("sync", NOW, LATER)
    assert dead is not None
    events.bury(dead, "why", NOW)
    events.publish("e-1", EVENT, ["profile", "sync"], NOW)
    assert events.claim("sync", NOW, LATER) is not None


def content(events: EventStore) -> object:
    """Give all that is kept."""
    return events.undelivered(), events.audit_trail(), events.posts(), events.count_of(FAN)


@how_long
@each_place
@pytest.mark.parametrize("name", list(EVENT_WORK))
def test_events_survive_a_statement_that_fails(
    path: str, place: str, name: str, lasting: int
) -> None:
    """Whichever statement fails, no event is half kept, the bus works, and no lock is left."""
    plan = plan_of_success()
    with EventStore(IN_MEMORY if place == "memory" else path, connect=plan.connect) as events:
        begin(events)
        before = content(events)
        for failed in run_with_failures(plan, lasting, lambda: EVENT_WORK[name](events)):
            if place == "file":
                with raw(path) as other:
                    other.execute("BEGIN IMMEDIATE")
                    other.execute("ROLLBACK")
            if failed:
                assert content(events) == before
            begin(events)
            assert content(events) == before


@how_long
@pytest.mark.parametrize("tables", [SqliteTables, EventStore])
def test_opening_survives_a_statement_that_fails(
    path: str, tmp_path: Path, tables: type[SqliteTables | EventStore], lasting: int
) -> None:
    """Whichever statement fails, opening is refused, nothing stays open, and it works later.

    A statement is tried again only where others hold the database, which these failures do not say.
    """
    plan = plan_of_success()

    def open_and_close() -> None:
        tables(path, connect=plan.connect).close()

    for _ in run_with_failures(plan, lasting, open_and_close):
        assert plan.failures <= 2  # the statement, and to roll back
        assert {found.name for found in tmp_path.iterdir()} <= {"fans.db"}
        with suppress(FileNotFoundError):
            Path(path).unlink()
    tables(path).close()


@pytest.mark.parametrize("statement", ["COMMIT", "UPDATE"])
def test_a_transaction_that_fails_is_left(path: str, statement: str) -> None:
    """Whether the work fails or COMMIT, the connection is in no transaction after it."""
    plan = plan_of_success()
    with closing(plan.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x)")
        first = {"UPDATE": 1, "COMMIT": 2}[statement]
        plan.fail(first, first)
        with pytest.raises(sqlite3.OperationalError), transaction(connection):
            connection.execute("UPDATE t SET x = 1")
        assert not connection.in_transaction


@pytest.mark.parametrize("tables", [SqliteTables, EventStore])
def test_without_a_write_ahead_log_opening_is_refused(
    path: str, tables: type[SqliteTables | EventStore]
) -> None:
    """Where SQLite answers with another journal mode, that is refused by one line."""

    def without_shared_memory(path: str, access: Access = Access.WRITE) -> sqlite3.Connection:
        uri = f"{Path(path).as_uri()}?mode={access.value}&vfs=unix-none"
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)

    with pytest.raises(InvalidInput) as refused:
        tables(path, connect=without_shared_memory)
    problem = "cannot be used: needs a write-ahead log, got mode delete"
    assert str(refused.value) == f"database {path}: {problem}"

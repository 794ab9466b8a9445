from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from sqlite3 import connect
from threading import Barrier, Event, Lock, Thread
from threading import enumerate as enumerate_threads
from typing import cast

import attrs
import pytest

from fanscore_adapters.documents.user_event import detail_document, event_document
from fanscore_adapters.embedded.deliveries import DeliveryState, Undelivered
from fanscore_adapters.embedded.event_archive import EventChoice
from fanscore_adapters.embedded.event_bus import (
    DELIVERY_LEASE,
    MAX_ATTEMPTS,
    EventBus,
    EventGone,
    Recorder,
    delay,
)
from fanscore_adapters.embedded.event_store import KEPT, Claimed, EventStore
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.consumer_mark import LEASE
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import InvalidInput, SourceFailed, Unavailable
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.ports.consumers import Post, PostNotification, PostSync
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.scalars import Email
from fanscore_core.user_events import UserEvent
from tests.aws.waiting import wait_for

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
PATIENCE_S = 600.0
PENDING, DEAD = DeliveryState.PENDING, DeliveryState.DEAD

FIRST = UserEvent(
    "e-1",
    NOW,
    GlobalUserId("user123"),
    MemberId("m-1"),
    CampaignId("c-1"),
    Email("canary@example.com"),
)
SECOND = attrs.evolve(FIRST, id="e-2")
EVENTS = (FIRST, SECOND)


def ask(question: object) -> Ask:
    """Make an ask for an effect."""
    return Ask(cast("Question[object]", question))


def publish(bus: EventBus, *events: UserEvent) -> list[object]:
    """Publish events, and give the answers, errors as their ``repr``."""
    answers = bus.fetch([ask(PublishUserEvent(event)) for event in events])
    assert {answered.source for answered in answers} == {"upsert_user"}
    return [answered.answer and repr(answered.answer) for answered in answers]


def never(error: Exception) -> None:
    """Be told of nothing."""
    raise AssertionError from error


@attrs.define
class Called:
    """A consumer that notes what it is called with.

    Attributes:
        failures: what it raises, one after the other; then it succeeds.
        events: what it was called with.
        enough: set once it has been called so often.
        count: how often that is.
    """

    failures: list[Exception] = attrs.field(factory=list)
    events: list[object] = attrs.field(factory=list)
    enough: Event = attrs.field(factory=Event)
    count: int = 1

    def __call__(self, event: object) -> None:
        """Consume an event."""
        self.events.append(event)
        if len(self.events) >= self.count:
            self.enough.set()
        if self.failures:
            raise self.failures.pop(0)


@attrs.define
class Clock:
    """A clock that stands until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def pass_by(self, time: timedelta) -> datetime:
        """Let time pass, and tell the time then."""
        self.now += time
        return self.now


Open = Callable[..., EventBus]


@pytest.fixture
def clock() -> Clock:
    """Set a clock."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Name a database."""
    return str(tmp_path / "fanscore.db")


@pytest.fixture
def open_bus(path: str, clock: Clock) -> Iterator[Open]:
    """Open buses on one database file, and close them in the end."""
    opened: list[EventBus] = []

    def open_one(**consumers: Callable[[object], object]) -> EventBus:
        opened.append(EventBus(EventStore(path), consumers, clock, never))
        return opened[-1]

    yield open_one
    for bus in opened:
        bus.close()


def test_delays_grow() -> None:
    """Failed deliveries wait longer each time, in all longer than a mark is leased."""
    delays = [delay(attempt).total_seconds() for attempt in range(1, MAX_ATTEMPTS)]
    assert delays == [1.0, 4.0, 16.0, 64.0]
    assert sum(delays) > LEASE.total_seconds()
    assert DELIVERY_LEASE > LEASE


def test_the_bus_answers_for_the_event_bus(open_bus: Open) -> None:
    """The bus takes user events, under its name in the user's document."""
    assert open_bus().systems == {PublishUserEvent: "upsert_user"}


def test_publishing_returns_before_anything_is_delivered(open_bus: Open) -> None:
    """A published event is kept, and pending for each consumer; none has been called."""
    profile, sync = Called(), Called()
    bus = open_bus(profile=profile, sync=sync)
    assert publish(bus, FIRST) == [None]
    assert bus.undelivered() == (
        Undelivered("e-1", "profile", PENDING, 0, NOW, None),
        Undelivered("e-1", "sync", PENDING, 0, NOW, None),
    )
    assert (profile.events, sync.events) == ([], [])


def test_each_consumer_gets_each_event_as_from_eventbridge(open_bus: Open) -> None:
    """Every consumer is called with the EventBridge event, once it has been through JSON."""
    profile, sync = Called(), Called()
    bus = open_bus(profile=profile, sync=sync)
    publish(bus, FIRST, SECOND)
    assert bus.deliver_due(NOW) == 4
    documents = [json.loads(json.dumps(event_document(event, NOW))) for event in (FIRST, SECOND)]
    assert profile.events == sync.events == documents
    assert bus.undelivered() == ()
    assert bus.deliver_due(NOW) == 0


def test_publishing_again_changes_nothing(open_bus: Open, path: str, clock: Clock) -> None:
    """An event is kept and delivered once by its id, before and after it is delivered."""
    profile = Called()
    bus = open_bus(profile=profile)
    publish(bus, FIRST, FIRST)
    clock.pass_by(timedelta(minutes=1))
    publish(bus, attrs.evolve(FIRST, occurred_at=clock.now))
    assert bus.deliver_due(clock.now) == 1
    publish(bus, FIRST)
    assert bus.deliver_due(clock.now) == 0
    with EventStore(path) as events:
        assert [json.loads(each) for each in events.audit_trail()] == profile.events
    assert profile.events == [event_document(FIRST, NOW)]


def test_a_consumer_that_fails_twice_succeeds_on_the_third(open_bus: Open) -> None:
    """A failed delivery waits its delay and is made again, to this consumer only."""
    profile, sync = Called([Unavailable("x", "why"), ValueError("canary")]), Called()
    bus = open_bus(profile=profile, sync=sync)
    publish(bus, FIRST)
    assert bus.deliver_due(NOW) == 2
    again = NOW + delay(1)
    why = "Unavailable: x is unavailable: why"
    assert bus.undelivered() == (Undelivered("e-1", "profile", PENDING, 1, again, why),)
    assert bus.deliver_due(again - timedelta(microseconds=1)) == 0
    assert bus.deliver_due(again) == 1
    third = again + delay(2)
    assert bus.undelivered() == (Undelivered("e-1", "profile", PENDING, 2, third, "ValueError"),)
    assert bus.deliver_due(third) == 1
    assert bus.undelivered() == ()
    assert (len(profile.events), len(sync.events)) == (3, 1)


def fail_for_good(bus: EventBus, now: datetime = NOW) -> datetime:
    """Attempt what fails as often as it is attempted; give the time of the last attempt."""
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert bus.deliver_due(now) == 1
        now += delay(attempt) if attempt < MAX_ATTEMPTS else timedelta()
    return now


def test_one_that_always_fails_ends_in_the_dead_letters(open_bus: Open, path: str) -> None:
    """After the last attempt a delivery is a dead letter with its reason, and not due again."""
    sync = Called([Unavailable("sync_endpoint", "answered with status 500")] * MAX_ATTEMPTS)
    bus = open_bus(sync=sync)
    publish(bus, FIRST)
    died_at = fail_for_good(bus)
    why = "Unavailable: sync_endpoint is unavailable: answered with status 500"
    assert bus.undelivered() == (Undelivered("e-1", "sync", DEAD, MAX_ATTEMPTS, died_at, why),)
    assert bus.deliver_due(NOW + timedelta(days=1)) == 0
    with connect(path) as connection:
        rows = connection.execute("SELECT event_id, consumer, reason FROM dead_letters").fetchall()
    connection.close()
    assert rows == [("e-1", "sync", why)]


def test_dead_letters_can_be_sent_again(open_bus: Open, clock: Clock) -> None:
    """A dead letter that is sent again is due at once, with all its attempts before it."""
    sync = Called([Unavailable("x")] * (MAX_ATTEMPTS + 1))
    bus = open_bus(sync=sync)
    publish(bus, FIRST)
    clock.now = fail_for_good(bus)
    assert bus.retry() == 1
    why = "Unavailable: x is unavailable: no answer"
    assert bus.undelivered() == (Undelivered("e-1", "sync", PENDING, 0, clock.now, why),)
    assert bus.deliver_due(clock.now) == 1
    assert bus.deliver_due(clock.now + delay(1)) == 1
    assert bus.undelivered() == ()
    assert bus.retry() == 0


def test_the_dead_letters_of_one_event_can_be_sent_again(open_bus: Open, clock: Clock) -> None:
    """Only the event that is named is sent again."""
    failures: list[Exception] = [ValueError()] * (2 * MAX_ATTEMPTS)
    bus = open_bus(sync=Called(failures))
    publish(bus, FIRST)
    clock.now = fail_for_good(bus)
    publish(bus, SECOND)
    clock.now = fail_for_good(bus, clock.now)
    assert bus.retry("e-3") == 0
    assert bus.retry("e-2") == 1
    states = {each.event_id: each.state for each in bus.undelivered()}
    assert states == {"e-1": DEAD, "e-2": PENDING}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InvalidInput("event.detail.id", "required"), "InvalidInput: event.detail.id: required"),
        (SourceFailed("Sqlite", "raised"), "SourceFailed: source Sqlite: raised"),
        (KeyError("canary@example.com"), "KeyError"),
    ],
)
def test_reasons_are_ours(open_bus: Open, error: Exception, reason: str) -> None:
    """A reason is the error's type, and its text where that is ours: no personal data."""
    bus = open_bus(sync=Called([error]))
    publish(bus, FIRST)
    bus.deliver_due(NOW)
    assert [each.reason for each in bus.undelivered()] == [reason]


def test_a_replay_is_delivered_as_from_eventbridge(open_bus: Open) -> None:
    """The consumers that are named, and no others, get the event with the name of the replay."""
    profile, sync = Called(), Called()
    bus = open_bus(profile=profile, sync=sync)
    publish(bus, FIRST, SECOND)
    bus.deliver_due(NOW)
    assert bus.replay(EventChoice(), {"profile"}, "replay-1") == 2
    assert bus.deliver_due(NOW, {"profile"}) == 2
    assert (profile.events, len(sync.events)) == (
        [
            *(event_document(event, NOW) for event in (FIRST, SECOND)),
            *({**event_document(event, NOW), "replay-name": "replay-1"} for event in EVENTS),
        ],
        2,
    )
    assert bus.undelivered() == ()


def test_a_replay_that_fails_ends_in_the_dead_letters(open_bus: Open, clock: Clock) -> None:
    """It is attempted as often as any delivery; sent again, it is still that replay."""
    bus = open_bus(profile=Called(), sync=(sync := Called()))
    publish(bus, FIRST)
    bus.deliver_due(NOW)
    sync.failures = [ValueError()] * MAX_ATTEMPTS
    assert bus.replay(EventChoice(), {"sync"}, "replay-1") == 1
    for attempt in range(1, MAX_ATTEMPTS + 1):
        bus.deliver_due(clock.now)
        clock.pass_by(delay(attempt))
    states = [(each.state, each.attempts) for each in bus.undelivered("replay-1")]
    assert states == [(DEAD, MAX_ATTEMPTS)]
    assert bus.retry("e-1") == 1
    bus.deliver_due(clock.now)
    names = [cast("dict[str, object]", event).get("replay-name") for event in sync.events]
    assert names == [None, *["replay-1"] * (MAX_ATTEMPTS + 1)]
    assert bus.undelivered() == ()


def test_a_replay_outlives_its_process(open_bus: Open) -> None:
    """What was replayed and not delivered before the process ended, the next one delivers."""
    first = open_bus(profile=Called())
    publish(first, FIRST)
    first.deliver_due(NOW)
    first.replay(EventChoice(), {"profile"}, "replay-1")
    first.close()
    profile = Called()
    assert open_bus(profile=profile).deliver_due(NOW) == 1
    assert profile.events == [{**event_document(FIRST, NOW), "replay-name": "replay-1"}]


def test_a_replay_names_consumers_of_the_bus(open_bus: Open) -> None:
    """A name that is no consumer's is refused, and nothing is replayed."""
    bus = open_bus(profile=Called(), sync=Called())
    publish(bus, FIRST)
    bus.deliver_due(NOW)
    with pytest.raises(InvalidInput) as refused:
        bus.replay(EventChoice(), {"profile", "nope"}, "replay-1")
    assert str(refused.value) == "consumer: expected some of profile, sync"
    assert bus.undelivered() == ()


def test_a_restart_loses_nothing(open_bus: Open, path: str) -> None:
    """What was published, put off or given up before a restart is delivered after it."""
    dead = Called([ValueError()] * MAX_ATTEMPTS)
    before = open_bus(dead=dead, late=Called([ValueError()]))
    publish(before, FIRST)
    before.deliver_due(NOW)
    last = NOW
    for attempt in range(1, MAX_ATTEMPTS):
        last += delay(attempt)
        before.deliver_due(last)
    publish(before, SECOND)
    left = before.undelivered()
    before.close()
    dead_again, late = Called(count=2), Called()
    after = open_bus(dead=dead_again, late=late)
    assert after.undelivered() == left
    after.retry()
    after.deliver_due(last)
    assert after.undelivered() == ()
    ids = [cast("dict[str, object]", event)["id"] for event in dead_again.events]
    assert sorted(map(str, ids)) == ["e-1", "e-2"]
    assert len(late.events) == 1
    with EventStore(path) as events:
        assert len(events.audit_trail()) == 2


def test_a_delivery_that_a_killed_process_held_is_made_again(path: str, open_bus: Open) -> None:
    """A claim without an end is nobody's once its lease is over, and not before."""
    profile = Called()
    bus = open_bus(profile=profile)
    publish(bus, FIRST)
    with EventStore(path) as killed:
        assert killed.claim("profile", NOW, NOW + DELIVERY_LEASE) is not None
    assert bus.deliver_due(NOW + DELIVERY_LEASE - timedelta(microseconds=1)) == 0
    assert bus.deliver_due(NOW + DELIVERY_LEASE) == 1
    assert bus.undelivered() == ()


def test_a_delivery_that_kills_its_process_is_given_up(path: str, open_bus: Open) -> None:
    """An event that no attempt survives becomes a dead letter without another attempt."""
    profile = Called()
    bus = open_bus(profile=profile)
    publish(bus, FIRST)
    with EventStore(path) as killed:
        for _ in range(MAX_ATTEMPTS):
            assert killed.claim("profile", NOW, NOW) is not None
    bus.deliver_due(NOW)
    assert [(each.state, each.reason) for each in bus.undelivered()] == [
        (DEAD, "no attempt came to an end")
    ]
    assert profile.events == []


@pytest.mark.parametrize("end", ["succeed", "put_off", "bury"])
def test_a_former_holder_cannot_end_a_delivery(path: str, open_bus: Open, end: str) -> None:
    """Whoever's lease is over, and whose delivery another holds, has no say in it any more."""
    bus = open_bus(profile=Called())
    publish(bus, FIRST)
    with EventStore(path) as events:
        former = events.claim("profile", NOW, NOW)
        current = events.claim("profile", NOW, NOW + DELIVERY_LEASE)
        assert former is not None
        assert current is not None
        ends: dict[str, Callable[[], None]] = {
            "succeed": lambda: events.succeed(former),
            "put_off": lambda: events.put_off(former, "late", NOW),
            "bury": lambda: events.bury(former, "late", NOW),
        }
        ends[end]()
        held = Undelivered("e-1", "profile", PENDING, 2, NOW + DELIVERY_LEASE, None)
        assert events.undelivered() == (held,)
        events.succeed(current)
        assert events.undelivered() == ()


def test_events_are_kept_for_30_days(open_bus: Open, path: str, clock: Clock) -> None:
    """What is older is forgotten, but nothing that is still to be delivered."""
    bus = open_bus(profile=Called(), sync=Called([ValueError()] * (MAX_ATTEMPTS + 1)))
    publish(bus, FIRST)
    with EventStore(path) as events:
        events.record_post("key-1", "sync_endpoint", "{}", NOW)
        bus.deliver_due(NOW)
        clock.now = NOW + KEPT + timedelta(seconds=1)
        events.forget_old(clock.now)
        assert len(events.audit_trail()) == 1
        for attempt in range(1, MAX_ATTEMPTS):
            bus.deliver_due(clock.pass_by(delay(attempt)))
        assert [each.state for each in bus.undelivered()] == [DEAD]
        publish(bus, SECOND)
        bus.deliver_due(clock.now)
        events.forget_old(clock.now)
        assert [json.loads(event)["id"] for event in events.audit_trail()] == ["e-2"]
        assert [each.event_id for each in bus.undelivered()] == ["e-2"]
        assert events.posts() == ()


def test_the_bus_delivers_in_the_background(open_bus: Open) -> None:
    """Once started, the bus delivers what was left and what is published; then it stops."""
    profile, sync = Called(count=2), Called(count=2)
    bus = open_bus(profile=profile, sync=sync)
    publish(bus, FIRST)
    bus.start()
    publish(bus, SECOND)
    assert profile.enough.wait(PATIENCE_S)
    assert sync.enough.wait(PATIENCE_S)
    bus.stop()
    assert bus.undelivered() == ()
    publish(bus, attrs.evolve(FIRST, id="e-3"))
    assert len(bus.undelivered()) == 2
    assert (len(profile.events), len(sync.events)) == (2, 2)


def test_no_consumer_waits_for_another(open_bus: Open) -> None:
    """A consumer that hangs holds up its own deliveries only."""
    may_go_on, sync = Event(), Called(count=2)
    bus = open_bus(profile=lambda _: may_go_on.wait(PATIENCE_S), sync=sync)
    bus.start()
    publish(bus, FIRST, SECOND)
    assert sync.enough.wait(PATIENCE_S)
    # What was delivered last is noted only after it was taken.
    wait_for(lambda: {each.consumer for each in bus.undelivered()} == {"profile"})
    may_go_on.set()
    bus.stop()


def test_what_is_due_again_is_delivered_in_the_background(path: str) -> None:
    """A bus that runs makes failed deliveries again as soon as they are due."""
    minutes = iter(range(1_000_000))
    sync = Called([ValueError(), ValueError()], count=3)

    def hurrying() -> datetime:
        return NOW + timedelta(minutes=2 * next(minutes))

    with EventBus(EventStore(path), {"sync": sync}, hurrying, never) as bus:
        bus.start()
        publish(bus, FIRST)
        assert sync.enough.wait(PATIENCE_S)
        bus.stop()
        assert bus.undelivered() == ()
    assert len(sync.events) == 3


def test_threads_deliver_each_event_once(open_bus: Open) -> None:
    """Several buses on one database share the deliveries among them."""
    count, lock, seen = 40, Lock(), list[object]()

    def note(event: object) -> None:
        with lock:
            seen.append(cast("dict[str, object]", event)["id"])

    buses = [open_bus(profile=note) for _ in range(4)]
    publish(buses[0], *(attrs.evolve(FIRST, id=f"e-{number}") for number in range(count)))
    barrier = Barrier(len(buses))

    def deliver(bus: EventBus) -> int:
        barrier.wait()
        return bus.deliver_due(NOW)

    with ThreadPoolExecutor(len(buses)) as executor:
        assert sum(executor.map(deliver, buses)) == count
    assert sorted(map(str, seen)) == sorted(f"e-{number}" for number in range(count))


def _deliver_to_file(path: str, number: int, count: int) -> int:
    """Publish and deliver, in a process of its own; note each delivery in a file."""
    lines = Path(f"{path}.{number}")

    def note(event: object) -> None:
        with lines.open("a") as file:
            file.write(f"{cast('dict[str, object]', event)['id']}\n")

    with EventBus(EventStore(path), {"profile": note}, Clock(), never) as bus:
        publish(bus, *(attrs.evolve(FIRST, id=f"e-{each}") for each in range(count)))
        return bus.deliver_due(NOW)


def test_processes_deliver_each_event_once(path: str) -> None:
    """Several processes that publish the same events and deliver, deliver each once in all."""
    count, processes = 30, 3
    with get_context("spawn").Pool(processes) as pool:
        given = [(path, number, count) for number in range(processes)]
        delivered = pool.starmap(_deliver_to_file, given)
    assert sum(delivered) == count
    files = [Path(f"{path}.{number}") for number in range(processes)]
    lines = [line for file in files if file.exists() for line in file.read_text().split()]
    assert sorted(lines) == sorted(f"e-{number}" for number in range(count))


def test_the_bus_lives_beside_the_four_tables(path: str, open_bus: Open) -> None:
    """One file holds the four tables and those of the bus, whichever was there first."""
    with SqliteTables(path) as tables:
        tables.put("demand_table", {"PK": "a", "SK": "b"})
        bus = open_bus(profile=Called())
        publish(bus, FIRST)
    with SqliteTables(path) as tables:
        assert tables.begins_with("demand_table", []) == []
    assert len(bus.undelivered()) == 1


def test_a_bus_in_memory_delivers_too() -> None:
    """Without a file, events live as long as the bus."""
    profile = Called()
    with EventBus(EventStore(":memory:"), {"profile": profile}, Clock(), never) as bus:
        publish(bus, FIRST)
        assert bus.deliver_due(NOW) == 1
    assert profile.events == [event_document(FIRST, NOW)]


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """A file that is no database is refused, and named."""
    file = tmp_path / "notes.txt"
    file.write_text("These are not the events you are looking for. " * 100)
    with pytest.raises(InvalidInput) as refused:
        EventStore(str(file))
    assert str(refused.value) == f"database {file}: cannot be used: file is not a database"


def break_database(path: str) -> None:
    """Take the tables of the bus away."""
    connection = connect(path)
    for table in ("user_events", "deliveries", "posts"):
        connection.execute(f"DROP TABLE {table}")
    connection.close()


def test_a_database_that_fails_makes_the_bus_unavailable(path: str, open_bus: Open) -> None:
    """An event that cannot be kept is not accepted."""
    bus = open_bus(profile=Called())
    break_database(path)
    assert publish(bus, FIRST) == [repr(Unavailable("upsert_user", "SQLite: OperationalError"))]


def test_a_database_that_fails_stops_no_thread(path: str) -> None:
    """A thread that cannot get at the events reports that, and goes on."""
    told, reports = Event(), list[str]()

    def report(error: Exception) -> None:
        reports.append(type(error).__name__)
        if len(reports) > 1:
            told.set()

    with EventBus(EventStore(path), {"profile": Called()}, Clock(), report) as bus:
        bus.start()
        break_database(path)
        assert told.wait(PATIENCE_S)
    assert set(reports) == {"OperationalError"}


def plant(path: str, event_id: str, consumer: str = "profile") -> None:
    """Put a delivery into the tables that has no event."""
    with closing(connect(path, isolation_level=None)) as other:
        insert = "INSERT INTO deliveries VALUES (?, ?, 'PENDING', 0, 0, NULL)"
        other.execute(insert, (event_id, consumer))


def test_a_delivery_without_its_event_is_set_aside(path: str) -> None:
    """A row that somebody planted is reported, becomes a dead letter, and holds up no other."""
    reports, profile = list[Exception](), Called()
    with EventBus(EventStore(path), {"profile": profile}, Clock(), reports.append) as bus:
        plant(path, "planted")
        publish(bus, FIRST)
        bus.start()
        assert profile.enough.wait(PATIENCE_S)
        bus.stop()
        dead = Undelivered("planted", "profile", DEAD, 1, NOW, "its event is gone")
        assert bus.undelivered() == (dead,)
    assert list(map(repr, reports)) == [repr(EventGone("planted", "profile"))]


def test_a_thread_that_meets_the_unexpected_goes_on(path: str) -> None:
    """Whatever a thread meets is reported, and it delivers as soon as it can again."""
    moments, reports, profile = iter([NOW, None, NOW]), list[str](), Called()

    def clock() -> datetime:
        moment = next(moments, NOW)
        if moment is None:
            raise OverflowError
        return moment

    with EventBus(
        EventStore(path),
        {"profile": profile},
        clock,
        lambda error: reports.append(type(error).__name__),
    ) as bus:
        publish(bus, FIRST)
        bus.start()
        assert profile.enough.wait(PATIENCE_S)
    assert reports == ["OverflowError"]


def test_what_is_kept_was_published_whatever_fails_after_it(path: str) -> None:
    """Where delivering cannot begin, that is reported, and publishing succeeds."""
    reports = list[str]()

    def report(error: Exception) -> None:
        reports.append(type(error).__name__)

    class Unstartable(EventBus):
        def start(self) -> None:
            raise RuntimeError

    with Unstartable(EventStore(path), {"profile": Called()}, Clock(), report) as bus:
        bus.deliver_in_background()
        assert publish(bus, FIRST) == [None]
        assert len(bus.undelivered()) == 1
    assert reports == ["RuntimeError"]


def test_many_who_publish_at_once_start_each_thread_once(open_bus: Open) -> None:
    """Threads are started by whoever publishes first, and none is lost."""
    profile = Called(count=8)
    bus = open_bus(profile=profile)
    bus.deliver_in_background()
    barrier = Barrier(8)

    def enter(number: int) -> None:
        barrier.wait()
        publish(bus, attrs.evolve(FIRST, id=f"e-{number}"))

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(enter, range(8)))
    assert profile.enough.wait(PATIENCE_S)
    assert [each.name for each in enumerate_threads()].count("fanscore-profile") == 1
    bus.close()
    assert [each.name for each in enumerate_threads()].count("fanscore-profile") == 0


def test_an_attempt_that_never_began_is_no_attempt(path: str, open_bus: Open) -> None:
    """A claim that is given back is due at once, and counts for nothing."""
    bus = open_bus(profile=Called())
    publish(bus, FIRST)
    with EventStore(path) as events:
        claimed = events.claim("profile", NOW, NOW + DELIVERY_LEASE)
        assert claimed is not None
        events.release(claimed, NOW)
        assert events.undelivered() == (Undelivered("e-1", "profile", PENDING, 0, NOW, None),)
        again = events.claim("profile", NOW, NOW + DELIVERY_LEASE)
        events.release(claimed, NOW)  # the claim is over
        assert again == claimed
    assert [each.attempts for each in bus.undelivered()] == [0]


def test_what_is_claimed_while_the_bus_stops_is_given_back(path: str) -> None:
    """A delivery whose claim comes too late to begin is no attempt, and due at once."""
    stopping, has_claimed, profile, stoppers = Event(), Event(), Called(), list[Thread]()

    class Signalling(EventBus):
        def _wake(self) -> None:
            super()._wake()
            stopping.set()

    class Late(EventStore):
        def claim(self, consumer: str, now: datetime, lease_until: datetime) -> Claimed | None:
            claimed = super().claim(consumer, now, lease_until)
            stopping.clear()
            stoppers.append(Thread(target=bus.stop))
            stoppers[-1].start()
            assert stopping.wait(PATIENCE_S)
            has_claimed.set()
            return claimed

    bus = Signalling(Late(path), {"profile": profile}, Clock(), never)
    publish(bus, FIRST)
    bus.start()
    assert has_claimed.wait(PATIENCE_S)
    bus.close()
    for stopper in stoppers:
        stopper.join()
    assert profile.events == []
    with EventStore(path) as events:
        assert events.undelivered() == (Undelivered("e-1", "profile", PENDING, 0, NOW, None),)


def test_closing_may_wait_for_what_was_published(path: str) -> None:
    """Who publishes and closes at once can have it delivered first, retries included."""
    sync = Called([ValueError()])
    moments = iter(range(1_000_000))

    def hurrying() -> datetime:
        return NOW + timedelta(milliseconds=300 * next(moments))

    bus = EventBus(EventStore(path), {"sync": sync}, hurrying, never)
    bus.deliver_in_background()
    publish(bus, FIRST)
    bus.close(linger_s=PATIENCE_S)
    assert len(sync.events) == 2
    with EventStore(path) as events:
        assert events.undelivered() == ()


def test_closing_waits_for_nothing_that_comes_too_late(path: str) -> None:
    """What is due again later than closing waits is left to the next process."""
    bus = EventBus(EventStore(path), {"sync": Called([ValueError()] * 9)}, Clock(), never)
    bus.deliver_in_background()
    publish(bus, FIRST)
    bus.close(linger_s=0.9)
    with EventStore(path) as events:
        assert [(each.state, each.attempts <= 1) for each in events.undelivered()] == [
            (PENDING, True)
        ]


def test_a_closed_bus_starts_nothing(path: str) -> None:
    """What is published as the bus closes is kept, or refused, and starts no thread."""
    bus = EventBus(EventStore(path), {"profile": Called()}, Clock(), never)
    bus.deliver_in_background()
    bus.stop()
    publish(bus, FIRST)
    assert "fanscore-profile" not in {each.name for each in enumerate_threads()}
    bus.close()


def post(recorder: Recorder, *posts: Post) -> Sequence[Answered]:
    """Post, and give the answers without how long they took."""
    answers = recorder.fetch([ask(each) for each in posts])
    return [attrs.evolve(answered, took_s=0.0) for answered in answers]


BOTH = frozenset({"notification_endpoint", "sync_endpoint"})


def test_the_recorder_keeps_what_is_posted(clock: Clock) -> None:
    """Without endpoints, what would be posted can be looked at: once for each key."""
    with EventStore(":memory:") as events:
        recorder = Recorder(events, BOTH, clock)
        posted = post(recorder, PostNotification(FIRST, "k-1"), PostSync(FIRST, "k-2"))
        assert posted == [
            Answered(None, "notification_endpoint"),
            Answered(None, "sync_endpoint"),
        ]
        post(recorder, PostNotification(FIRST, "k-1"))
        document = json.dumps(detail_document(FIRST))
        assert events.posts() == (
            ("k-1", "notification_endpoint", document),
            ("k-2", "sync_endpoint", document),
        )


def test_the_recorder_stands_in_for_what_it_is_told_to(clock: Clock) -> None:
    """An endpoint that is configured is left to another adapter."""
    with EventStore(":memory:") as events:
        one = Recorder(events, frozenset({"sync_endpoint"}), clock)
        assert one.systems == {PostSync: "sync_endpoint"}
        assert Recorder(events, BOTH, clock).systems == {
            PostNotification: "notification_endpoint",
            PostSync: "sync_endpoint",
        }


def test_a_stand_in_can_be_out_of_order(path: str, clock: Clock) -> None:
    """A stand-in that is declared out of order, or whose database fails, is unavailable."""
    with EventStore(path) as events:
        recorder = Recorder(events, BOTH, clock, frozenset({"sync_endpoint"}))
        (declared,) = post(recorder, PostSync(FIRST, "k"))
        break_database(path)
        (broken,) = post(recorder, PostNotification(FIRST, "k"))
    assert [repr(each.answer) for each in (declared, broken)] == [
        repr(Unavailable("sync_endpoint", "declared out of order")),
        repr(Unavailable("notification_endpoint", "SQLite: OperationalError")),
    ]

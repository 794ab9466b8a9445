from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import cast

import attrs
import pytest

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.documents.user_event import detail_document, event_document, with_replay
from fanscore_adapters.embedded.event_bus import MAX_ATTEMPTS, EventBus, Recorder, delay
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.items.keys import Key, consumer_mark, identity
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.consumer_app import ConsumerApp, ConsumerFailed
from fanscore_core.canonical import stable_id
from fanscore_core.consumer_mark import LEASE, SENDING, Consumed, Consumer, Mark
from fanscore_core.engine.question import Answered, Ask, Question, Source
from fanscore_core.errors import Conflict, ConflictReason, InvalidInput, Unavailable
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId, RequestId
from fanscore_core.ports.consumers import PutMark
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.scalars import Email
from fanscore_core.user_events import UserEvent

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
TIME_LEFT_S = 29.5
TABLE = "fan_identity_table"
FAN = GlobalUserId("user123")
EVENT = UserEvent(
    "e-1", NOW, FAN, MemberId("member123"), CampaignId("c-1"), Email("canary@example.com")
)
DOCUMENT: Mapping[str, object] = event_document(EVENT, NOW)
BOTH = frozenset({"notification_endpoint", "sync_endpoint"})

PROFILE = {
    "PK": "fan:user123",
    "SK": "identity",
    "memberId": "member123",
    "email": "canary@example.com",
    "profileAt": "2026-11-01T08:00:00Z",
    "stamps": {name: ["2026-11-01T08:00:00Z", "e-1"] for name in ("email", "memberId")},
}


def asked(question: object) -> Ask:
    """Make an ask for an effect."""
    return Ask(cast("Question[object]", question))


@attrs.frozen
class Routed:
    """A source that hands each question to the adapter that answers it."""

    adapters: Sequence[Adapter]

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [self._answer(ask) for ask in asks]

    def _answer(self, ask: Ask) -> Answered:
        (adapter,) = (each for each in self.adapters if type(ask.question) in each.systems)
        (answered,) = adapter.fetch([ask])
        return answered


@attrs.define
class Desk:
    """Consumers on the embedded store, and what they did.

    Attributes:
        tables: the four tables.
        events: of the bus; what is posted is recorded there.
        outages: the endpoints that are out of order.
        now: what the clock tells.
        times_left_s: what the app said was left, each time that it wanted the source.
        reports: the errors that the app reported; the first is found by ``report-0``.
    """

    tables: SqliteTables
    events: EventStore
    outages: frozenset[str] = frozenset()
    now: datetime = NOW
    times_left_s: list[float] = attrs.field(factory=list)
    reports: list[Exception] = attrs.field(factory=list)
    owners: Iterator[int] = attrs.field(factory=count)

    @property
    def app(self) -> ConsumerApp:
        """The consumers."""
        return ConsumerApp(
            self._source, self._report, lambda: self.now, lambda: f"owner-{next(self.owners)}"
        )

    def consume(self, consumer: Consumer, document: object = DOCUMENT) -> Consumed:
        """Deliver an event."""
        return self.app.consume(consumer, document, TIME_LEFT_S)

    def item(self, key: Key) -> object:
        """Give an item, if there is one."""
        (text,) = self.tables.look_up(TABLE, [key])
        return None if text is None else json.loads(text)

    def _source(self, time_left_s: float) -> Source:
        self.times_left_s.append(time_left_s)
        recorder = Recorder(self.events, BOTH, lambda: self.now, self.outages)
        return Routed([Sqlite(self.tables), recorder])

    def _report(self, error: Exception) -> str:
        self.reports.append(error)
        return f"report-{len(self.reports) - 1}"


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Set a desk."""
    with SqliteTables(":memory:") as tables, EventStore(":memory:") as events:
        yield Desk(tables, events)


def test_profile_writes_what_the_event_says(desk: Desk) -> None:
    """The profile consumer writes the fan's identity record."""
    assert desk.consume(Consumer.PROFILE) is Consumed.NOW
    assert desk.item(identity(FAN)) == PROFILE
    assert desk.events.posts() == ()
    assert desk.times_left_s == [TIME_LEFT_S]


@pytest.mark.parametrize(
    ("consumer", "system"),
    [
        (Consumer.NOTIFICATION, "notification_endpoint"),
        (Consumer.SYNC, "sync_endpoint"),
    ],
)
def test_the_others_post_what_the_event_says(desk: Desk, consumer: Consumer, system: str) -> None:
    """Notification and sync post the event's detail, and leave the fan's record alone."""
    assert desk.consume(consumer) is Consumed.NOW
    key = stable_id(consumer.value, FAN, RequestId("e-1"))
    assert desk.events.posts() == ((key, system, json.dumps(detail_document(EVENT))),)
    assert desk.item(identity(FAN)) is None


@pytest.mark.parametrize("consumer", set(Consumer) - {Consumer.ENTRY})
def test_each_consumer_marks_the_event_for_itself(desk: Desk, consumer: Consumer) -> None:
    """The mark names the invocation and its lease, and is finished."""
    desk.consume(consumer)
    assert desk.item(consumer_mark("e-1", consumer.value)) == {
        "PK": "event:e-1",
        "SK": f"consumer#{consumer.value}",
        "status": "FINISHED",
        "owner": "owner-0",
        "leaseUntil": "2026-11-01T08:00:30Z",
        "ttl": 1796112030,
    }
    assert desk.consume(consumer) is Consumed.BEFORE


def test_a_delivery_beside_another_raises(desk: Desk) -> None:
    """While another invocation holds the lease an event is refused; later it is taken over."""
    claim = Mark("e-1", Consumer.SYNC, "another", NOW + LEASE)
    Sqlite(desk.tables).fetch([asked(PutMark(claim, None, 0))])
    with pytest.raises(Conflict) as refused:
        desk.consume(Consumer.SYNC)
    assert refused.value.reason is ConflictReason.LEASED
    assert desk.events.posts() == ()
    desk.now += LEASE
    assert desk.consume(Consumer.SYNC) is Consumed.NOW
    assert len(desk.events.posts()) == 1


def test_an_outage_raises_until_it_is_over(desk: Desk) -> None:
    """A consumer whose endpoint is out of order raises, and succeeds once it is back."""
    desk.outages = BOTH
    for _ in range(2):
        with pytest.raises(Unavailable) as raised:
            desk.consume(Consumer.SYNC)
        assert raised.value.system == "sync_endpoint"
    desk.outages = frozenset()
    assert desk.consume(Consumer.SYNC) is Consumed.NOW
    assert desk.consume(Consumer.SYNC) is Consumed.BEFORE
    assert desk.reports == []


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (None, "event"),
        ({}, "event"),
        ({**DOCUMENT, "source": "aws.s3"}, "event.source"),
        ({**DOCUMENT, "detail": {"schemaVersion": 1}}, "event.detail.id"),
    ],
)
def test_what_is_no_user_event_is_refused(desk: Desk, document: object, where: str) -> None:
    """A malformed event raises where the mistake is, and nothing is asked."""
    with pytest.raises(InvalidInput) as refused:
        desk.consume(Consumer.PROFILE, document)
    assert refused.value.where == where
    assert desk.times_left_s == []


@attrs.frozen
class Broken:
    """A source with a bug that quotes what a fan said."""

    def fetch(self, _asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Raise."""
        raise KeyError(EVENT.email)


def test_a_bug_is_reported_and_not_shown() -> None:
    """What is unforeseen goes to the log by an id, and only the id to whoever delivers."""
    reports: list[Exception] = []

    def report(error: Exception) -> str:
        reports.append(error)
        return "report-0"

    app = ConsumerApp(lambda _: Broken(), report, lambda: NOW, lambda: "me")
    with pytest.raises(ConsumerFailed) as raised:
        app.consume(Consumer.SYNC, DOCUMENT, TIME_LEFT_S)
    assert str(raised.value) == "consumer sync: internal error report-0"
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert [repr(error.__cause__) for error in reports] == ["KeyError('canary@example.com')"]


def on_a_bus(desk: Desk) -> EventBus:
    """Make a bus that delivers to the consumers of a desk."""
    consumers: Mapping[str, Callable[[object], object]] = {
        consumer.value: partial(desk.app.consume, consumer, time_left_s=TIME_LEFT_S)
        for consumer in Consumer
    }
    return EventBus(desk.events, consumers, lambda: desk.now, desk.reports.append)


def test_the_bus_delivers_to_all_three(desk: Desk) -> None:
    """A published event reaches every consumer, as it would through EventBridge."""
    bus = on_a_bus(desk)
    bus.fetch([asked(PublishUserEvent(EVENT))])
    assert bus.deliver_due(NOW) == len(Consumer)
    assert bus.undelivered() == ()
    assert desk.item(identity(FAN)) == PROFILE
    assert len(desk.events.posts()) == 2


def test_a_dead_letter_is_consumed_once_it_is_sent_again(desk: Desk) -> None:
    """What failed too often has its effect after the outage, when it is sent again."""
    desk.outages = frozenset({"sync_endpoint"})
    bus = on_a_bus(desk)
    bus.fetch([asked(PublishUserEvent(EVENT))])
    for attempt in range(1, MAX_ATTEMPTS + 1):
        bus.deliver_due(desk.now)
        desk.now += delay(attempt)
    assert [(each.consumer, each.state.value, each.reason) for each in bus.undelivered()] == [
        ("sync", "DEAD", "Unavailable: sync_endpoint is unavailable: declared out of order")
    ]
    desk.outages = frozenset()
    assert bus.retry("e-1") == 1
    assert bus.deliver_due(desk.now) == 1
    assert bus.undelivered() == ()
    assert sorted(system for _, system, _ in desk.events.posts()) == sorted(BOTH)


def test_a_killed_replay_is_taken_over(desk: Desk) -> None:
    """The mark of a replay that a killed process left holds others off until its lease ends."""
    marked = stable_id("replay-1", FAN, RequestId("e-1"))
    claim = Mark(marked, Consumer.PROFILE, "killed", NOW + LEASE)
    Sqlite(desk.tables).fetch([asked(PutMark(claim, None, 0))])
    with pytest.raises(Conflict):
        desk.consume(Consumer.PROFILE, replayed("replay-1"))
    desk.now += LEASE
    assert desk.consume(Consumer.PROFILE, replayed("replay-1")) is Consumed.NOW
    assert desk.item(identity(FAN)) == PROFILE


def replayed(name: str) -> object:
    """Make what a replay delivers."""
    return with_replay(event_document(EVENT, NOW), name)


def test_a_replay_is_consumed_anew(desk: Desk) -> None:
    """A consumer that is finished with an event consumes each replay of it, once."""
    names = [None, "replay-1", "replay-1", "replay-2", None]
    assert [
        desk.consume(Consumer.PROFILE, DOCUMENT if name is None else replayed(name))
        for name in names
    ] == [Consumed.NOW, Consumed.NOW, Consumed.BEFORE, Consumed.NOW, Consumed.BEFORE]
    assert desk.item(identity(FAN)) == PROFILE


def test_a_replay_mends_a_lost_profile(desk: Desk) -> None:
    """What was lost after an event was consumed comes back by a replay."""
    desk.consume(Consumer.PROFILE)
    desk.tables.delete(TABLE, identity(FAN))
    assert desk.consume(Consumer.PROFILE) is Consumed.BEFORE
    assert desk.item(identity(FAN)) is None
    desk.consume(Consumer.PROFILE, replayed("replay-1"))
    assert desk.item(identity(FAN)) == PROFILE


@pytest.mark.parametrize("consumer", [each for each in Consumer if each in SENDING])
def test_a_replay_sends_only_what_is_meant_to_be_sent(desk: Desk, consumer: Consumer) -> None:
    """Whoever reaches the outside passes a replay over, unless its name begins with also-send."""
    for name in ("replay-1", "not-also-send", "Also-send"):
        assert desk.consume(consumer, replayed(name)) is Consumed.NOT_MEANT
    assert (desk.events.posts(), desk.times_left_s) == ((), [])
    assert desk.consume(consumer, replayed("also-send-1")) is Consumed.NOW
    assert desk.consume(consumer, replayed("also-send-1")) is Consumed.BEFORE
    key = stable_id(consumer.value, FAN, RequestId("e-1"))
    assert [posted for posted, _, _ in desk.events.posts()] == [key]


def test_a_killed_consumer_delays_its_event_and_no_more(desk: Desk) -> None:
    """A mark that a killed process left is waited for, and taken over within the attempts."""
    claim = Mark("e-1", Consumer.PROFILE, "killed", NOW + LEASE)
    Sqlite(desk.tables).fetch([asked(PutMark(claim, None, 0))])
    bus = on_a_bus(desk)
    bus.fetch([asked(PublishUserEvent(EVENT))])
    for attempt in range(1, MAX_ATTEMPTS):
        bus.deliver_due(desk.now)
        desk.now += delay(attempt)
    bus.deliver_due(desk.now)
    assert bus.undelivered() == ()
    assert desk.item(identity(FAN)) == PROFILE

"""The laws of the consumers: once for each event, and one profile whatever the order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.documents.converter import date_time_text
from fanscore_adapters.documents.user_event import ENDPOINTS, event_document
from fanscore_adapters.embedded.event_bus import EventBus, Recorder
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.items.consumers import profile_item, read_profile
from fanscore_adapters.items.keys import identity
from fanscore_adapters.items.operations import Item
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.consumer_app import ConsumerApp
from fanscore_core.canonical import stable_id
from fanscore_core.consumer_mark import Consumed, Consumer, StoredProfile, is_news
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.errors import Unavailable
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId, RequestId
from fanscore_core.ports.consumers import PutMark, PutProfile
from fanscore_core.ports.entries import PutEntry
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.scalars import Email, Locale
from fanscore_core.systems import UPSERT_USER
from fanscore_core.user_events import UserEvent

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
TIME_LEFT_S = 29.5
DELIVERIES = 3
EFFECTS = {PutEntry, PutMark, PutProfile, *ENDPOINTS}
FANS = tuple(map(GlobalUserId, ("fan-1", "fan-2")))
SCORE: Mapping[str, object] = {"score": 75, "updatedAt": "2026-10-01T08:00:00Z", "extra": [1]}


def events() -> st.SearchStrategy[list[UserEvent]]:
    """Make events with ids of their own, some of which occurred at the same time."""

    def event(number: int, drawn: tuple[GlobalUserId, int, tuple[str | None, ...]]) -> UserEvent:
        fan, second, (email, locale, age) = drawn
        return UserEvent(
            f"e-{number}",
            NOW + timedelta(seconds=second),
            fan,
            MemberId(f"member-{number}"),
            CampaignId("c-1"),
            None if email is None else Email(email),
            None,
            None if locale is None else Locale(locale),
            None if age is None else json.dumps({"age": age}),
        )

    values = (("a@example.com", "b@example.com"), ("en-GB", "de-DE"), ("1", "2"))
    said = st.tuples(*(st.sampled_from((*each, None)) for each in values))
    one = st.tuples(st.sampled_from(FANS), st.integers(0, 2), said)
    drawn = st.lists(one, min_size=1, max_size=4)
    return drawn.map(lambda each: [event(number, one) for number, one in enumerate(each)])


@attrs.frozen
class Delivery:
    """One call of one consumer with one event."""

    event: UserEvent
    consumer: Consumer


def deliveries_of(events: Sequence[UserEvent]) -> st.SearchStrategy[list[Delivery]]:
    """Deliver each event to each consumer three times, in any order."""
    once = [Delivery(event, consumer) for event in events for consumer in Consumer]
    return st.permutations(once * DELIVERIES)


@attrs.frozen
class Failing:
    """A source that routes to adapters, and fails effects as it is told to.

    Attributes:
        adapters: answer.
        failures: whether each effect in turn fails; in the end none does.
        applied: the events that were written into profiles, in order.
    """

    adapters: Sequence[Adapter]
    failures: list[bool] = attrs.field(factory=list)
    applied: list[UserEvent] = attrs.field(factory=list)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [self._answer(ask) for ask in asks]

    def _answer(self, ask: Ask) -> Answered:
        question = ask.question
        if type(question) in EFFECTS and self._fails():
            return Answered(Unavailable(UPSERT_USER))
        (adapter,) = (each for each in self.adapters if type(question) in each.systems)
        (answered,) = adapter.fetch([ask])
        if isinstance(question, PutProfile):
            self.applied.append(question.event)
        return answered

    def _fails(self) -> bool:
        return self.failures.pop(0) if self.failures else False


@attrs.frozen
class World:
    """Consumers on an embedded store where each fan has a score."""

    tables: SqliteTables
    events: EventStore
    source: Failing
    app: ConsumerApp

    def profiles(self) -> dict[str, Mapping[str, object]]:
        """Give each fan's record, without its keys."""
        texts = self.tables.look_up("fan_identity_table", [identity(fan) for fan in FANS])
        items = {fan: json.loads(text or "{}") for fan, text in zip(FANS, texts, strict=True)}
        return {
            fan: {name: value for name, value in item.items() if name not in {"PK", "SK"}}
            for fan, item in items.items()
        }

    def posted(self) -> list[str]:
        """Give the idempotency keys of what was posted."""
        return sorted(key for key, _, _ in self.events.posts())


def new_world(failures: Sequence[bool] = ()) -> World:
    """Make a world."""
    tables, events, owners = SqliteTables(":memory:"), EventStore(":memory:"), count()
    for fan in FANS:
        key = identity(fan)
        tables.put("fan_identity_table", {"PK": key.pk, "SK": key.sk, **SCORE})
    # Times of delivery lie so far apart that a lease which a failure left is over.
    moments = (NOW + timedelta(minutes=number) for number in count())
    recorder = Recorder(events, frozenset(ENDPOINTS.values()), lambda: NOW)
    source = Failing([Sqlite(tables), recorder], list(failures))
    app = ConsumerApp(
        lambda _: source, repr, partial(next, moments), lambda: f"owner-{next(owners)}"
    )
    return World(tables, events, source, app)


def close(world: World) -> None:
    """Close a world."""
    world.tables.close()
    world.events.close()


def folded(
    events: Sequence[UserEvent], before: Mapping[str, object] = SCORE
) -> dict[str, Mapping[str, object]]:
    """Say what profiles hold after events: of each field, what the newest says that says it."""
    profiles = {str(fan): dict(before) for fan in FANS}
    for event in sorted(events, key=lambda event: (event.occurred_at, event.id)):
        profile = profiles[event.global_user_id]
        attributes = json.loads(event.attributes or "null")
        values = {
            "memberId": event.member_id,
            "email": event.email,
            "locale": event.locale,
            "attributes": attributes and {"age": json.dumps(attributes["age"])},
        }
        said = {name: each for name, each in values.items() if each is not None}
        at = date_time_text(event.occurred_at)
        stamps = {name: [at, event.id] for name in said}
        known = cast("Mapping[str, object]", profile.get("stamps", {}))
        profile |= {**said, "profileAt": at, "stamps": {**known, **stamps}}
    return dict(profiles)


def keys_of(events: Sequence[UserEvent]) -> list[str]:
    """Give the idempotency keys that events are posted with: one for each event and endpoint."""
    return sorted(
        stable_id(name, event.global_user_id, RequestId(event.id))
        for event in events
        for name in ("notification", "sync")
    )


@given(events(), st.data())
def test_redelivery_and_order_do_not_matter(events: list[UserEvent], data: st.DataObject) -> None:
    """Each event delivered three times and shuffled has the effect of once and in order."""
    world = new_world()
    results = [
        world.app.consume(each.consumer, event_document(each.event, NOW), TIME_LEFT_S)
        for each in data.draw(deliveries_of(events))
    ]
    assert results.count(Consumed.NOW) == len(events) * len(Consumer)
    assert world.profiles() == folded(events)
    assert world.posted() == keys_of(events)
    close(world)


BEFORE: Mapping[str, Mapping[str, object]] = {
    "no record": {},
    "a record of another program": {"memberId": "member-x", "score": 5},
    "a profile without stamps": {
        "memberId": "member-x",
        "email": "x@example.com",
        "attributes": {"age": "3"},
        "profileAt": date_time_text(NOW + timedelta(seconds=1)),
    },
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=list(BEFORE))
@given(events(), st.data())
def test_any_order_and_repetition_gives_one_item(
    before: Mapping[str, object], events: list[UserEvent], data: st.DataObject
) -> None:
    """Whatever lay there before, and without any mark, a profile is one item in the end."""
    mine = [attrs.evolve(event, global_user_id=FANS[0]) for event in events]
    key = identity(FANS[0])
    first = read_profile({"PK": key.pk, "SK": key.sk, **before}) if before else None
    shuffled = data.draw(st.permutations(mine * DELIVERIES))
    assert applied(shuffled, first) == applied(mine, first)


def applied(events: Sequence[UserEvent], before: StoredProfile | None) -> Item | None:
    """Write events over a profile, one after the other; give the item."""
    stored = before
    for event in events:
        if is_news(event, stored):
            stored = read_profile(profile_item(event, stored))
    return None if stored is None else stored.record


@given(events(), st.lists(st.booleans(), max_size=40), st.data())
def test_failures_neither_lose_nor_repeat(
    events: list[UserEvent], failures: list[bool], data: st.DataObject
) -> None:
    """Delivered again after each failure, every event has the effect of once."""
    world = new_world(failures)
    waiting = data.draw(deliveries_of(events))
    for _ in range(len(waiting) + len(failures)):  # at most one failure for each that is told
        if not waiting:
            break
        each = waiting.pop()
        try:
            world.app.consume(each.consumer, event_document(each.event, NOW), TIME_LEFT_S)
        except Unavailable:
            waiting.insert(0, each)
    assert waiting == []
    assert world.profiles() == folded(events)
    assert world.posted() == keys_of(events)
    applied = [(event.id, event.global_user_id) for event in world.source.applied]
    assert len(set(applied)) == len(applied)
    close(world)


@given(events(), st.lists(st.booleans(), max_size=8), st.data())
def test_the_bus_has_the_same_effect(
    events: list[UserEvent], failures: list[bool], data: st.DataObject
) -> None:
    """Events that are published again and again, through the bus, have the effect of once."""
    world = new_world(failures)
    consumers = {
        consumer.value: partial(world.app.consume, consumer, time_left_s=TIME_LEFT_S)
        for consumer in Consumer
    }
    bus = EventBus(world.events, consumers, lambda: NOW, repr)
    for event in data.draw(st.permutations(events * DELIVERIES)):
        bus.fetch([Ask(PublishUserEvent(event))])
    for number in range(1 + len(failures)):
        bus.deliver_due(NOW + timedelta(minutes=5 * number))
        bus.retry()
    assert bus.undelivered() == ()
    assert world.profiles() == folded(events)
    assert world.posted() == keys_of(events)
    close(world)

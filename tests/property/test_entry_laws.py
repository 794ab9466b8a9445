"""The laws of entries: one whatever the order of events, and none that an erased fan had."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial, reduce
from itertools import count

import attrs
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.documents.json_text import json_text, parse_stored_json
from fanscore_adapters.documents.user_event import ENDPOINTS, event_document
from fanscore_adapters.embedded.event_bus import Recorder
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.erasure import Erasure
from fanscore_adapters.items import keys
from fanscore_adapters.items.entries import entry_item, read_entry
from fanscore_adapters.sources import Sources
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.consumer_app import ConsumerApp
from fanscore_appsync.routes.entries import entry
from fanscore_appsync.wiring.embedded import AtOnce
from fanscore_core.canonical import canonical_json
from fanscore_core.consumer_mark import Consumed, Consumer
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.engine.rounds import run
from fanscore_core.entry_record import EntryRecord, StoredEntry, changed_entry, entry_change
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId, RequestId
from fanscore_core.merging import applied_before, merge
from fanscore_core.pipelines.entries import (
    EntryWithdrawArgs,
    UpsertEntryArgs,
    entry_withdraw,
    upsert_entry,
)
from fanscore_core.ports.account_service import AccountInfo, UserInfo
from fanscore_core.ports.campaign_service import Eligibility
from fanscore_core.ports.eligibility_service import FanEligibility
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.user_events import AnyUserEvent, UserEvent, UserWithdrawal
from tests.property.entry_model import first_of_each_id, shown_entry

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAN, CAMPAIGN = GlobalUserId("fan-1"), CampaignId("c-1")
TIME_LEFT_S = 29.5


def _at(second: int) -> datetime:
    return NOW + timedelta(seconds=second)


# Few moments, so that stamps are often of one time.
moments = st.integers(0, 3).map(_at)
attribute_texts = st.sampled_from([{"a": 1}, {"a": "ä", "b": None}, {"b": [1.5]}, {}]).map(
    canonical_json
)
defaults = st.sampled_from([None, (), ("email",), ("email", "locale", "memberId", "new")])
entries = st.builds(
    UserEvent,
    st.just("id"),
    moments,
    st.just(FAN),
    st.just(MemberId("m-1")),
    st.just(CAMPAIGN),
    st.none() | st.sampled_from(["a@example.com", "b@example.com"]).map(Email),
    st.none() | st.sampled_from(["+442071838750", "+12025550123"]).map(PhoneNumber),
    st.none() | st.sampled_from(["en-GB", "fr"]).map(Locale),
    st.none() | attribute_texts,
    defaults,
)
withdrawals = st.builds(UserWithdrawal, st.just("id"), moments, st.just(FAN), st.just(CAMPAIGN))
one: st.SearchStrategy[AnyUserEvent] = entries | withdrawals


def _named(number: int, event: AnyUserEvent) -> AnyUserEvent:
    return attrs.evolve(event, id=f"e-{number}")


several = st.lists(one, min_size=1, max_size=6).map(
    lambda events: [_named(number, event) for number, event in enumerate(events)]
)


def kept(stored: StoredEntry) -> StoredEntry:
    """Store an entry as text, and read it back."""
    item = parse_stored_json(json_text(entry_item(stored)))
    assert isinstance(item, dict)
    return read_entry(item)


def consumed(events: Sequence[AnyUserEvent]) -> StoredEntry:
    """Merge events one after the other, as their consumer does."""
    stored: StoredEntry | None = None
    for event in events:
        change = entry_change(event)
        if not applied_before(stored, change):
            stored = kept(changed_entry(stored, change))
    assert stored is not None
    return stored


def shown(stored: StoredEntry) -> Mapping[str, object] | None:
    """Say what the API shows, but for the version."""
    written = entry(stored) if stored.record.is_live else None
    return written and {name: each for name, each in written.items() if name != "version"}


@given(several, st.data())
def test_any_order_and_repetition_gives_one_entry(
    events: list[AnyUserEvent], data: st.DataObject
) -> None:
    """Whatever the order, and however often each comes, one record lies there in the end."""
    stored = consumed(data.draw(st.permutations(events * 3)))
    assert stored.record == consumed(events).record
    assert shown(stored) == shown_entry(events)
    assert stored.version == len(events)
    assert {name for name, _ in stored.requests} == {event.id for event in events}


def changes(events: Sequence[AnyUserEvent]) -> list[EntryRecord]:
    """Give the change of each event."""
    return [entry_change(event).change for event in events]


@given(several, several)
def test_the_merge_is_commutative(a: list[AnyUserEvent], b: list[AnyUserEvent]) -> None:
    """It does not matter which of two records is merged into which."""
    one, other = reduce(merge, changes(a)), reduce(merge, changes(b))
    assert merge(one, other) == merge(other, one)


@given(several, several, several)
def test_the_merge_is_associative(
    a: list[AnyUserEvent], b: list[AnyUserEvent], c: list[AnyUserEvent]
) -> None:
    """It does not matter which two of three are merged first."""
    first, second, third = (reduce(merge, changes(each)) for each in (a, b, c))
    assert merge(merge(first, second), third) == merge(first, merge(second, third))


@given(several)
def test_the_merge_is_idempotent(events: list[AnyUserEvent]) -> None:
    """Merging again what is there changes nothing."""
    record = reduce(merge, changes(events))
    assert merge(record, record) == record
    assert all(merge(record, change) == record for change in changes(events))


@given(several, st.lists(st.tuples(st.integers(0, 5), moments), max_size=6), st.data())
def test_a_retry_counts_as_the_first_that_was_merged(
    events: list[AnyUserEvent], retries: list[tuple[int, datetime]], data: st.DataObject
) -> None:
    """Of several events with one id the stamp of the first that was merged counts."""
    again = [
        attrs.evolve(events[number % len(events)], occurred_at=moment) for number, moment in retries
    ]
    order = data.draw(st.permutations([*events, *again]))
    assert shown(consumed(order)) == shown_entry(first_of_each_id(order))


# What is published


@attrs.frozen
class Publishing:
    """A source that lets everybody enter, and keeps what is published."""

    events: list[AnyUserEvent] = attrs.field(factory=list)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question)) for ask in asks]

    def _answer(self, question: object) -> object:
        match question:
            case AccountInfo(global_user_id=fan):
                return UserInfo(fan, MemberId("m-1"), Email("account@example.com"))
            case FanEligibility(campaign_id=campaign):
                return Eligibility(campaign, eligible=True, reasons=())
            case PublishUserEvent(event=event):
                self.events.append(event)
                return None
            case _:
                raise NotImplementedError


requests = st.sampled_from(["r-1", "r-2"]).map(RequestId)
campaigns = st.sampled_from(["c-1", "c-2"]).map(CampaignId)
fans = st.sampled_from(["fan-1", "fan-2"]).map(GlobalUserId)
entering = st.builds(
    UpsertEntryArgs,
    fans,
    st.none(),
    campaigns,
    requests,
    moments,
    st.none() | st.sampled_from(["a@example.com", "account@example.com"]).map(Email),
    st.none() | st.just(PhoneNumber("+442071838750")),
    st.none() | st.just(Locale("fr")),
    st.none() | attribute_texts,
)
withdrawing = st.builds(EntryWithdrawArgs, fans, st.none(), campaigns, requests, moments)


def published(args: UpsertEntryArgs | EntryWithdrawArgs) -> AnyUserEvent:
    """Publish an event; the receipt has its id."""
    source = Publishing()
    if isinstance(args, UpsertEntryArgs):
        receipt = run(upsert_entry, args, source).result()
    else:
        receipt = run(entry_withdraw, args, source).result()
    (event,) = source.events
    assert receipt.event_id == event.id
    return event


@given(entering | withdrawing, entering | withdrawing)
def test_one_input_is_one_event(
    a: UpsertEntryArgs | EntryWithdrawArgs, b: UpsertEntryArgs | EntryWithdrawArgs
) -> None:
    """Two calls make one event if, and only if, all but their time is the same."""
    alike = type(a) is type(b) and attrs.evolve(a, now=NOW) == attrs.evolve(b, now=NOW)
    assert (published(a).id == published(b).id) is alike


@given(entering)
def test_what_the_fan_did_not_say_is_named(args: UpsertEntryArgs) -> None:
    """The account's address is defaulted where the fan said none, and nothing else ever is."""
    event = published(args)
    assert isinstance(event, UserEvent)
    assert event == UserEvent(
        event.id,
        args.now,
        args.caller,
        MemberId("m-1"),
        args.campaign_id,
        args.email or Email("account@example.com"),
        args.phone_number,
        args.locale,
        args.attributes,
        ("email",) if args.email is None else (),
    )


# Erasing


@attrs.frozen
class World:
    """Consumers on an embedded store."""

    tables: SqliteTables
    events: EventStore
    app: ConsumerApp

    def replay(self, events: Sequence[AnyUserEvent]) -> set[Consumed]:
        """Deliver events to every consumer; say how deliveries ended."""
        return {
            self.app.consume(consumer, event_document(event, NOW), TIME_LEFT_S)
            for event in events
            for consumer in Consumer
        }

    def items(self) -> Mapping[str, object]:
        """Give what lies in the fan's partitions."""
        found = self.tables.look_up("demand_table", [keys.entry(FAN, CAMPAIGN)])
        found += self.tables.look_up("fan_identity_table", [keys.identity(FAN)])
        return {str(index): text and json.loads(text) for index, text in enumerate(found)}


@contextmanager
def new_world() -> Iterator[World]:
    """Open a world."""
    with SqliteTables(":memory:") as tables, EventStore(":memory:") as events:
        recorder = Recorder(events, frozenset(ENDPOINTS.values()), lambda: NOW)
        clock, owners = (_at(60 * number) for number in count()), count()
        app = ConsumerApp(
            lambda _: Sources((Sqlite(tables), recorder), [AtOnce()], lambda: 0.0, TIME_LEFT_S),
            repr,
            partial(next, clock),
            lambda: f"owner-{next(owners)}",
        )
        yield World(tables, events, app)


@given(several, st.integers(0, 3), st.data())
def test_no_replay_brings_an_erased_fan_back(
    events: list[AnyUserEvent], second: int, data: st.DataObject
) -> None:
    """After erasing, a replay of all events leaves what those alone say that occurred since."""
    since = [event for event in events if event.occurred_at > _at(second)]
    with new_world() as world, new_world() as other:
        world.replay(data.draw(st.permutations(events)))
        Erasure(world.tables, world.events, clock=lambda: _at(second)).erase(FAN)
        before = world.events.posts()
        ended = world.replay([event for event in events if event not in since])
        assert ended in ({Consumed.ERASED}, set())
        assert world.items() == {"0": None, "1": None}
        assert world.events.posts() == before == ()
        # Marks on events stay, for they have no fan; those of late events are finished.
        assert all(
            world.app.consume(Consumer.ENTRY, event_document(event, NOW), TIME_LEFT_S)
            is Consumed.NOW
            for event in since
        )
        other.replay(since)
        assert world.items()["0"] == other.items()["0"]

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.embedded import event_store
from fanscore_adapters.embedded.deliveries import DeliveryState, Undelivered
from fanscore_adapters.embedded.event_archive import EventChoice, PublishedEvent
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.sqlite.connection import Access
from fanscore_core.ids import GlobalUserId
from tests.unit.fanscore_adapters.databases import raw

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
KINDS = ("user.upsert", "user.withdraw")
FANS = tuple(map(GlobalUserId, ("user123", "user1234", "Jürgen|%_'\"")))


def document(event_id: str, fan: str, kind: str = KINDS[0]) -> dict[str, object]:
    """Make an event."""
    return {"id": event_id, "detail-type": kind, "detail": {"globalUserId": fan}}


def publish(events: EventStore, event: PublishedEvent, consumers: Sequence[str] = ()) -> None:
    """Publish an event."""
    events.publish(event.event_id, json.dumps(event.document), consumers, event.at)


def moments() -> st.SearchStrategy[datetime]:
    """Make moments, some of which are the same."""
    return st.integers(0, 5).map(lambda second: NOW + timedelta(seconds=second))


def choices() -> st.SearchStrategy[EventChoice]:
    """Make choices of events."""
    return st.builds(
        EventChoice,
        st.none() | st.sampled_from(FANS),
        st.none() | st.sampled_from(KINDS),
        st.none() | moments(),
        st.none() | moments(),
    )


def archives() -> st.SearchStrategy[list[PublishedEvent]]:
    """Make events that were published, in the order of their ids."""
    one = st.tuples(st.sampled_from(FANS), st.sampled_from(KINDS), moments())
    return st.lists(one, max_size=8).map(
        lambda drawn: [
            PublishedEvent(f"e-{number}", at, document(f"e-{number}", fan, kind))
            for number, (fan, kind, at) in enumerate(drawn)
        ]
    )


def is_in(choice: EventChoice, event: PublishedEvent) -> bool:
    """Whether an event is chosen."""
    return (
        choice.fan in {None, event.fan}
        and choice.kind in {None, event.kind}
        and (choice.since is None or choice.since <= event.at)
        and (choice.until is None or event.at < choice.until)
    )


@given(archive=archives(), choice=choices(), at_once=st.integers(1, 3))
def test_exactly_what_is_chosen_is_read(
    archive: Sequence[PublishedEvent], choice: EventChoice, at_once: int
) -> None:
    """Events are read by fan, type and time, oldest first, however many fit into one read."""
    with EventStore(":memory:") as events, pytest.MonkeyPatch.context() as patched:
        patched.setattr(event_store, "READ_AT_ONCE", at_once)
        for event in archive:
            publish(events, event)
        chosen = [event for event in archive if is_in(choice, event)]
        assert list(events.published(choice)) == sorted(
            chosen, key=lambda event: (event.at, event.event_id)
        )


@given(archive=archives(), choice=choices())
def test_exactly_what_is_chosen_is_replayed(
    archive: Sequence[PublishedEvent], choice: EventChoice
) -> None:
    """A replay makes due again what it chose, for its consumers, and nothing else for nobody."""
    with EventStore(":memory:") as events:
        for event in archive:
            publish(events, event, ["profile", "sync", "notification"])
            for consumer in ("profile", "sync", "notification"):
                claimed = events.claim(consumer, event.at, event.at)
                assert claimed is not None
                events.succeed(claimed)
        later = NOW + timedelta(days=1)
        chosen = [event.event_id for event in archive if is_in(choice, event)]
        assert events.replay(choice, ["profile", "sync"], "replay-1", later) == 2 * len(chosen)
        pending = [
            Undelivered(event_id, consumer, DeliveryState.PENDING, 0, later, None)
            for event_id in chosen
            for consumer in ("profile", "sync")
        ]
        assert events.undelivered() == events.undelivered("replay-1") == tuple(pending)
        assert events.undelivered("replay-2") == ()
        claims = [events.claim("profile", later, later + timedelta(1)) for _ in (*chosen, 0)]
        assert sorted(each.event_id for each in claims if each) == chosen
        assert {each.replay for each in claims if each} <= {"replay-1"}


def test_what_is_no_event_is_listed_by_its_id() -> None:
    """A text that is no JSON, or says nothing of a fan, spoils neither a list nor a choice."""
    texts = ["{", "[1]", '{"detail": [], "detail-type": 7}', '{"detail": {"globalUserId": 7}}']
    texts += ["[" * 100_000, json.dumps(document("e-5", FANS[0]))]
    with EventStore(":memory:") as events:
        for number, text in enumerate(texts):
            events.publish(f"e-{number}", text, [], NOW)
        read = list(events.published(EventChoice()))
        assert [(each.kind, each.fan) for each in read] == [(None, None)] * 5 + [
            ("user.upsert", "user123")
        ]
        for choice in (EventChoice(fan=FANS[0]), EventChoice(kind=KINDS[0])):
            assert [each.event_id for each in events.published(choice)] == ["e-5"]
            assert events.replay(choice, ["sync"], "replay-1", NOW) in {0, 1}


def test_a_consumer_of_later_gets_what_was_before() -> None:
    """A replay delivers to a consumer that there was not yet when the event was published."""
    with EventStore(":memory:") as events:
        publish(events, PublishedEvent("e-1", NOW, document("e-1", FANS[0])), ["sync"])
        assert events.replay(EventChoice(), ["entry"], "replay-1", NOW) == 1
        claimed = events.claim("entry", NOW, NOW)
        assert claimed is not None
        assert (claimed.event_id, claimed.replay) == ("e-1", "replay-1")


def test_what_is_due_anyway_is_not_replayed() -> None:
    """A delivery that is still to be made stays the first one; a dead letter is replayed."""
    with EventStore(":memory:") as events:
        publish(events, PublishedEvent("e-1", NOW, document("e-1", FANS[0])), ["sync", "profile"])
        claimed = events.claim("profile", NOW, NOW)
        assert claimed is not None
        events.bury(claimed, "why", NOW)
        assert events.replay(EventChoice(), ["sync", "profile"], "replay-1", NOW) == 1
        claims = [events.claim(consumer, NOW, NOW) for consumer in ("sync", "profile")]
        assert [claim and claim.replay for claim in claims] == [None, "replay-1"]
        assert {each.state for each in events.undelivered()} == {DeliveryState.PENDING}


def test_a_replay_goes_with_its_event() -> None:
    """What is known of a replay is erased with a fan, and forgotten with an old event."""
    with EventStore(":memory:") as events:
        for number, fan in enumerate(FANS[:2]):
            publish(events, PublishedEvent(f"e-{number}", NOW, document(f"e-{number}", fan)))
        events.replay(EventChoice(), ["profile"], "replay-1", NOW)
        known = {"replays": 1, "deliveries": 1, "user_events": 1}
        assert [events.count_of(fan) for fan in FANS[:2]] == [known, known]
        events.erase(FANS[0])
        assert [events.count_of(fan) for fan in FANS[:2]] == [{}, known]
        assert [each.event_id for each in events.published(EventChoice())] == ["e-1"]
        claimed = events.claim("profile", NOW, NOW)
        assert claimed is not None
        events.succeed(claimed)
        events.forget_old(NOW + timedelta(days=31))
        assert events.count_of(FANS[1]) == {}


def test_a_replay_without_its_event_is_forgotten(tmp_path: Path) -> None:
    """What a program of before left of a replay does not count for a later event of that id."""
    path = str(tmp_path / "fans.db")
    event = PublishedEvent("e-1", NOW, document("e-1", FANS[0]))
    with EventStore(path) as events, raw(path) as other:
        publish(events, event)
        events.replay(EventChoice(), ["sync"], "replay-1", NOW)
        other.execute("DELETE FROM user_events")
        other.execute("DELETE FROM deliveries")
        events.forget_old(NOW)
        publish(events, event, ["sync"])
        claimed = events.claim("sync", NOW, NOW)
        assert claimed is not None
        assert claimed.replay is None


def test_after_erasing_there_is_nothing_to_replay() -> None:
    """Erase, then replay: no event of the fan is left that could bring anything back."""
    with EventStore(":memory:") as events:
        publish(events, PublishedEvent("e-1", NOW, document("e-1", FANS[0])), ["profile"])
        events.replay(EventChoice(), ["sync"], "replay-1", NOW)
        events.erase(FANS[0])
        assert events.replay(EventChoice(), ["profile", "sync"], "replay-2", NOW) == 0
        assert (events.undelivered(), list(events.published(EventChoice()))) == ((), [])


def test_a_file_of_before_is_read(tmp_path: Path) -> None:
    """Of a file that knows no replays yet, all else is read without changing it."""
    path = str(tmp_path / "fans.db")
    with EventStore(path) as events:
        publish(events, PublishedEvent("e-1", NOW, document("e-1", FANS[0])), ["profile"])
    with raw(path) as other:
        other.execute("DROP TABLE replays")
    before = Path(path).read_bytes()
    with EventStore(path, Access.READ) as events:
        assert [each.event_id for each in events.published(EventChoice())] == ["e-1"]
        assert events.count_of(FANS[0]) == {"deliveries": 1, "user_events": 1}
        assert len(events.undelivered()) == 1
    assert Path(path).read_bytes() == before
    with EventStore(path) as events:
        assert events.replay(EventChoice(), ["sync"], "replay-1", NOW) == 1


def test_who_reads_slowly_holds_nobody_up(tmp_path: Path) -> None:
    """While somebody reads what was published, others publish and erase."""
    path = str(tmp_path / "fans.db")
    with EventStore(path) as events, pytest.MonkeyPatch.context() as patched:
        patched.setattr(event_store, "READ_AT_ONCE", 1)
        for number in range(3):
            publish(
                events, PublishedEvent(f"e-{number}", NOW, document(f"e-{number}", FANS[number]))
            )
        with EventStore(path, Access.READ) as reader:
            read = reader.published(EventChoice())
            assert next(read).event_id == "e-0"
            events.erase(FANS[1])
            publish(events, PublishedEvent("e-3", NOW, document("e-3", FANS[0])))
            assert [each.event_id for each in read] == ["e-2", "e-3"]

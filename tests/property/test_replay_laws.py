"""The laws of replays: what was right stays, what was lost comes back, and nobody erased does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from fanscore_adapters.embedded.event_archive import EventChoice
from fanscore_adapters.embedded.event_bus import EventBus
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.erasure import Erasure
from fanscore_adapters.items.keys import Key
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync import Settings
from fanscore_appsync.wiring.embedded import connect_bus
from fanscore_core.consumer_mark import SENDING, Consumer
from fanscore_core.engine.question import Ask
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.scalars import Locale
from fanscore_core.user_events import UserEvent

FANS = tuple(map(GlobalUserId, ("user123", "user1234")))
LOCALES = ("en-GB", "de-DE", None)
KEEPING = sorted({each.value for each in set(Consumer) - SENDING})
LATER = timedelta(hours=1)

few = settings(max_examples=15)  # each opens a database


def events() -> st.SearchStrategy[list[UserEvent]]:
    """Make events of fans who entered in the last few seconds."""
    start = datetime.now(UTC) - LATER

    def event(number: int, drawn: tuple[GlobalUserId, int, str | None]) -> UserEvent:
        fan, second, locale = drawn
        return UserEvent(
            f"e-{number}",
            start + timedelta(seconds=second),
            fan,
            MemberId(f"member-{number}"),
            CampaignId("c-1"),
            locale=None if locale is None else Locale(locale),
        )

    one = st.tuples(st.sampled_from(FANS), st.integers(0, 2), st.sampled_from(LOCALES))
    drawn = st.lists(one, min_size=1, max_size=4)
    return drawn.map(lambda each: [event(number, one) for number, one in enumerate(each)])


@attrs.frozen
class World:
    """A database with its bus, and everything delivered.

    Attributes:
        path: of the database.
        bus: what delivers.
    """

    path: str
    bus: EventBus

    def replay(self, number: int, choice: EventChoice, consumers: Sequence[str] = KEEPING) -> int:
        """Replay, and deliver."""
        count = self.bus.replay(choice, set(consumers), f"replay-{number}")
        self.bus.deliver_due(datetime.now(UTC) + LATER)
        assert self.bus.undelivered() == ()
        return count

    def of_fans(self) -> Mapping[tuple[str, Key], object]:
        """Give every item of a fan, without what counts the writes."""
        with SqliteTables(self.path) as tables:
            places = [
                (table, Key(f"fan:{fan}", held.sk))
                for table in ("fan_identity_table", "demand_table")
                for fan in FANS
                for held in tables.partition(table, f"fan:{fan}")
            ]
            texts = [tables.look_up(table, [key])[0] for table, key in places]
        items = [json.loads(text or "null") for text in texts]
        return {
            place: {name: value for name, value in item.items() if name != "version"}
            for place, item in zip(places, items, strict=True)
        }

    def posts(self) -> object:
        """Give what was posted."""
        with EventStore(self.path) as kept:
            return kept.posts()


@contextmanager
def world(published: Sequence[UserEvent]) -> Iterator[World]:
    """Publish events, and deliver all of them."""
    with TemporaryDirectory() as folder:
        path = str(Path(folder, "fans.db"))
        with connect_bus(Settings(database=path)) as bus:
            bus.fetch([Ask(PublishUserEvent(event)) for event in published])
            bus.deliver_due(datetime.now(UTC) + LATER)
            assert bus.undelivered() == ()
            yield World(path, bus)


@few
@given(published=events(), chosen=st.lists(st.sampled_from([None, *FANS]), max_size=3))
def test_replays_change_nothing_that_was_right(
    published: Sequence[UserEvent], chosen: Sequence[GlobalUserId | None]
) -> None:
    """Whatever is replayed, however often: all is as it was, and nothing is sent."""
    with world(published) as now:
        before = now.of_fans(), now.posts()
        for number, fan in enumerate(chosen):
            of_fan = sum(fan in {None, event.global_user_id} for event in published)
            assert now.replay(number, EventChoice(fan=fan)) == of_fan * len(KEEPING)
            now.replay(number + 10, EventChoice(fan=fan), [each.value for each in SENDING])
        assert (now.of_fans(), now.posts()) == before


@few
@given(published=events())
def test_a_replay_brings_back_what_was_lost(published: Sequence[UserEvent]) -> None:
    """From what is kept of the events, all that they said of a fan is made again."""
    with world(published) as now:
        before = now.of_fans()
        with SqliteTables(now.path) as tables:
            for table, key in before:
                tables.delete(table, key)
        now.replay(0, EventChoice())
        assert now.of_fans() == before


@few
@given(published=events())
def test_erase_then_replay(published: Sequence[UserEvent]) -> None:
    """A fan who was erased is not there to be replayed, and the others are as they were."""
    with world(published) as now:
        others = {place: item for place, item in now.of_fans().items() if _is_of(place, FANS[1])}
        with SqliteTables(now.path) as tables, EventStore(now.path) as kept:
            Erasure(tables, kept).erase(FANS[0])
        assert now.replay(0, EventChoice(fan=FANS[0])) == 0
        now.replay(1, EventChoice())
        assert now.of_fans() == others


@few
@given(published=events())
def test_an_archive_elsewhere_brings_nothing_back(published: Sequence[UserEvent]) -> None:
    """What a copy of the events delivers after erasing, first or replayed, is dropped."""
    everybody = [each.value for each in Consumer]
    with world(published) as now:
        others = {place: item for place, item in now.of_fans().items() if _is_of(place, FANS[1])}
        with SqliteTables(now.path) as tables, EventStore(now.path) as kept:
            archived = list(kept.published(EventChoice()))
            Erasure(tables, kept).erase(FANS[0])
            for event in archived:
                text = json.dumps(event.document)
                kept.publish(event.event_id, text, everybody, event.at)
        sent = now.posts()
        now.bus.deliver_due(datetime.now(UTC) + LATER)
        now.bus.replay(EventChoice(), set(everybody), "also-send-1")
        now.bus.deliver_due(datetime.now(UTC) + LATER)
        assert now.bus.undelivered() == ()
        assert (now.of_fans(), now.posts()) == (others, sent)


def _is_of(place: tuple[str, Key], fan: GlobalUserId) -> bool:
    return place[1].pk == f"fan:{fan}"

"""Pages of a prefix, over each store of the tables: what all pages together have is the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanscore_adapters.items.demand import record_item
from fanscore_adapters.items.keys import Key
from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.question import Ask, Question
from fanscore_core.ids import EventId, GlobalUserId, SaleId
from fanscore_core.pages import Page
from fanscore_core.ports.demand_records import DemandRecords, DemandRecordsPage
from fanscore_core.systems import DEMAND
from tests.contracts.asking import asked, said
from tests.contracts.generated import Item
from tests.contracts.own_answers import OWN_TABLE, Badges, BadgesPage, badge_item
from tests.contracts.stores import Open, Store, open_store, store
from tests.demand_samples import deleted, saved, stored

__all__ = ["open_store", "store"]

FAN, OTHER_FAN = GlobalUserId("user123"), GlobalUserId("user1234")
EVENTS = tuple(map(EventId, ("evt1", "evt1-2", "evt2")))

Name = tuple[EventId, SaleId]

# Sales few enough for a page to end between any two; those of one event stand together.
sales = st.sampled_from(["-", "a", "a-b", "a.b", "b", "~", "~~"]).map(SaleId)
names = st.tuples(st.sampled_from(EVENTS), sales)
limits = st.integers(1, 9)
events = st.none() | st.sampled_from(EVENTS)


def record_of(name: Name, *, is_live: bool = True, fan: GlobalUserId = FAN) -> StoredDemandRecord:
    """Make a record, or its tombstone."""
    change = saved(1, key=(fan, *name)) if is_live else deleted(1, key=(fan, *name))
    return stored(change)


def load(store: Store, *records: StoredDemandRecord) -> None:
    """Write records."""
    store.load({DEMAND: [record_item(each) for each in records]})


@attrs.frozen
class Listing:
    """A list that is read page by page.

    Attributes:
        table: where it lies.
        item: makes the item of a name, and of a fan.
        page: asks for a page of an event's part, or of all.
        list: asks for all of it.
        name: of a member of the answer.
    """

    table: str
    item: Callable[[Name, GlobalUserId], Item]
    page: Callable[[EventId | None, int, str | None], Question[object]]
    list: Callable[[EventId | None], Question[object]]
    name: Callable[[object], Name]

    def load(self, store: Store, *names: Name, fan: GlobalUserId = FAN) -> None:
        """Write members."""
        store.load({self.table: [self.item(name, fan) for name in names]})

    def delete(self, store: Store, name: Name) -> None:
        """Delete a member."""
        item = self.item(name, FAN)
        store.partitions.delete(self.table, Key(str(item["PK"]), str(item["SK"])))

    def page_of(
        self, store: Store, event: EventId | None, limit: int, after: str | None
    ) -> Page[object]:
        """Read a page."""
        [answered] = store.adapter.fetch([asked(self.page(event, limit, after))])
        assert isinstance(answered.answer, Page)
        return answered.answer

    def pages(
        self,
        store: Store,
        event: EventId | None,
        limit: int,
        between: Callable[[], object] = lambda: None,
    ) -> Iterator[Page[object]]:
        """Read page after page; something may happen between two."""
        page = self.page_of(store, event, limit, None)
        yield page
        while page.next is not None:
            between()
            page = self.page_of(store, event, limit, page.next)
            yield page

    def whole(self, store: Store, event: EventId | None) -> Sequence[object]:
        """Read the whole list."""
        [(found, _)] = said(store.adapter, self.list(event))
        assert isinstance(found, tuple)
        return found


def name_of_record(found: object) -> Name:
    """Return what a record is of."""
    assert isinstance(found, StoredDemandRecord)
    return found.record.event_id, found.record.sale_id


def name_of_badge(found: object) -> Name:
    """Return what a badge is of."""
    shelf, _, name = str(found).partition("/")
    return EventId(shelf), SaleId(name)


OURS = Listing(
    DEMAND,
    lambda name, fan: record_item(record_of(name, fan=fan)),
    lambda event, limit, after: DemandRecordsPage(FAN, event, limit, after),
    lambda event: DemandRecords(FAN, event),
    name_of_record,
)
OWN = Listing(
    OWN_TABLE,
    lambda name, fan: badge_item(fan, *name),
    lambda event, limit, after: BadgesPage(FAN, event, limit, after),
    lambda event: Badges(FAN, event),
    name_of_badge,
)
each_listing = pytest.mark.parametrize("listing", [OURS, OWN], ids=["ours", "one's own"])


@each_listing
@settings(max_examples=25)  # each opens a database
@given(
    live=st.dictionaries(names, st.booleans(), max_size=12),
    others=st.sets(names, max_size=3),
    event=events,
    limit=limits,
)
def test_all_pages_are_the_list(
    open_store: Open,
    listing: Listing,
    live: dict[Name, bool],
    others: set[Name],
    event: EventId | None,
    limit: int,
) -> None:
    """Pages of any size are full but for the last, and have together what one read has."""
    with open_store() as opened:
        listing.load(opened, *live)
        dead = [name for name, is_live in live.items() if not is_live]
        load(opened, *(record_of(name, is_live=False) for name in dead))
        listing.load(opened, *others, fan=OTHER_FAN)
        found = list(listing.pages(opened, event, limit))
        expected = listing.whole(opened, event)
    assert tuple(each for page in found for each in page.items) == expected
    assert {name for name in live if event in {None, name[0]}} == set(map(listing.name, expected))
    assert [len(page.items) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert len(found) == max(1, -(-len(expected) // limit))  # so that none is empty


@each_listing
@settings(max_examples=25)  # each opens a database
@given(data=st.data(), before=st.sets(names, max_size=12), event=events, limit=st.integers(1, 3))
def test_what_changes_between_two_pages(
    open_store: Open,
    listing: Listing,
    data: st.DataObject,
    before: set[Name],
    event: EventId | None,
    limit: int,
) -> None:
    """Whatever comes and goes, nothing is shown twice, and what was always there is shown."""
    ever, always = set(before), set(before)

    def change() -> None:
        for name, is_added in data.draw(st.dictionaries(names, st.booleans(), max_size=4)).items():
            if is_added:
                listing.load(opened, name)
                ever.add(name)
            else:
                listing.delete(opened, name)
                always.discard(name)

    with open_store() as opened:
        listing.load(opened, *sorted(before))
        pages = listing.pages(opened, event, limit, change)
        shown = [listing.name(each) for page in pages for each in page.items]
    assert len(set(shown)) == len(shown)
    assert {each for each in always if event in {None, each[0]}} <= set(shown) <= ever


@each_listing
def test_a_page_after_what_is_gone(store: Store, listing: Listing) -> None:
    """A page goes on where the last one ended, even if its last item was deleted meanwhile."""
    names = [(EVENTS[0], SaleId(f"s{number}")) for number in range(4)]
    listing.load(store, *names)
    first = listing.page_of(store, EVENTS[0], 2, None)
    listing.delete(store, names[1])
    rest = listing.page_of(store, EVENTS[0], 2, first.next)
    assert (first.next, rest.next, list(map(listing.name, rest.items))) == ("s1", None, names[2:])


@each_listing
@pytest.mark.parametrize(
    ("after", "left"),
    [
        ("", ["-", "a", "~"]),
        ("\0", ["-", "a", "~"]),
        ("'; --", ["-", "a", "~"]),
        ("a", ["~"]),
        ("a\0", ["~"]),
        ("a" * 2000, ["~"]),
        ("~é", []),
        ("\U0010ffff" * 500, []),
    ],
)
def test_a_page_may_begin_anywhere(
    store: Store, listing: Listing, after: str, left: list[str]
) -> None:
    """Where nothing lies, whatever comes next in the order of bytes is the page."""
    listing.load(store, *((EVENTS[0], SaleId(sale)) for sale in ("-", "a", "~")))
    listing.load(store, (EVENTS[2], SaleId("a")))
    listing.load(store, (EVENTS[0], SaleId("z")), fan=OTHER_FAN)
    found = listing.page_of(store, EVENTS[0], 5, after)
    assert ([sale for _, sale in map(listing.name, found.items)], found.next) == (left, None)


def test_pages_are_asked_together(store: Store) -> None:
    """Pages that are asked in one round, and what else is, get the answers that each gets alone."""
    load(store, *(record_of((event, SaleId("a"))) for event in EVENTS))
    questions = [Ask(DemandRecordsPage(FAN, event, 1)) for event in (None, *EVENTS)]
    answered = store.adapter.fetch([*questions, asked(DemandRecords(FAN, EVENTS[0]))])
    first, *others = (each.answer for each in answered)
    records = [record_of((event, SaleId("a"))) for event in EVENTS]
    assert isinstance(first, Page)
    assert (len(first.items), first.next is None) == (1, False)
    assert others == [*(Page((each,)) for each in records), (records[0],)]

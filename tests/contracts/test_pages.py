"""Pages of a prefix, over each store of the tables: what all pages together have is the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanscore_adapters.items import keys
from fanscore_adapters.items.demand import record_item
from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.question import Ask
from fanscore_core.ids import EventId, GlobalUserId, SaleId
from fanscore_core.pages import Page
from fanscore_core.ports.demand import DemandRecords, DemandRecordsPage
from fanscore_core.systems import DEMAND
from tests.contracts.asking import asked, said
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


def page_of(
    store: Store, event: EventId | None, limit: int, after: str | None
) -> Page[StoredDemandRecord]:
    """Read a page."""
    [answered] = store.adapter.fetch([asked(DemandRecordsPage(FAN, event, limit, after))])
    assert isinstance(answered.answer, Page)
    return answered.answer


def pages(
    store: Store,
    event: EventId | None,
    limit: int,
    between: Callable[[], object] = lambda: None,
) -> Iterator[Page[StoredDemandRecord]]:
    """Read page after page; something may happen between two."""
    page = page_of(store, event, limit, None)
    yield page
    while page.next is not None:
        between()
        page = page_of(store, event, limit, page.next)
        yield page


def whole(store: Store, event: EventId | None) -> Sequence[StoredDemandRecord]:
    """Read the whole list."""
    [(found, _)] = said(store.adapter, DemandRecords(FAN, event))
    assert isinstance(found, tuple)
    return found


@settings(max_examples=25)  # each opens a database
@given(
    live=st.dictionaries(names, st.booleans(), max_size=12),
    others=st.sets(names, max_size=3),
    event=events,
    limit=limits,
)
def test_all_pages_are_the_list(
    open_store: Open, live: dict[Name, bool], others: set[Name], event: EventId | None, limit: int
) -> None:
    """Pages of any size are full but for the last, and have together what one read has."""
    with open_store() as opened:
        load(opened, *(record_of(name, is_live=each) for name, each in live.items()))
        load(opened, *(record_of(name, fan=OTHER_FAN) for name in sorted(others)))
        found = list(pages(opened, event, limit))
        expected = whole(opened, event)
    assert tuple(each for page in found for each in page.items) == expected
    assert [len(page.items) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert len(found) == max(1, -(-len(expected) // limit))  # so that none is empty


@settings(max_examples=25)  # each opens a database
@given(data=st.data(), before=st.sets(names, max_size=12), event=events, limit=st.integers(1, 3))
def test_what_changes_between_two_pages(
    open_store: Open, data: st.DataObject, before: set[Name], event: EventId | None, limit: int
) -> None:
    """Whatever comes and goes, nothing is shown twice, and what was always there is shown."""
    ever, always = set(before), set(before)

    def change() -> None:
        for name, is_added in data.draw(st.dictionaries(names, st.booleans(), max_size=4)).items():
            if is_added:
                load(opened, record_of(name))
                ever.add(name)
            else:
                opened.partitions.delete(DEMAND, keys.demand_record(FAN, *name))
                always.discard(name)

    with open_store() as opened:
        load(opened, *map(record_of, sorted(before)))
        found = [each.record for page in pages(opened, event, limit, change) for each in page.items]
    shown = [(each.event_id, each.sale_id) for each in found]
    assert len(set(shown)) == len(shown)
    assert {each for each in always if event in {None, each[0]}} <= set(shown) <= ever


def test_a_page_after_what_is_gone(store: Store) -> None:
    """A page goes on where the last one ended, even if its last item was deleted meanwhile."""
    names = [(EVENTS[0], SaleId(f"s{number}")) for number in range(4)]
    load(store, *map(record_of, names))
    first = page_of(store, EVENTS[0], 2, None)
    store.partitions.delete(DEMAND, keys.demand_record(FAN, *names[1]))
    rest = page_of(store, EVENTS[0], 2, first.next)
    assert (first.next, rest) == ("s1", Page((record_of(names[2]), record_of(names[3]))))


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
def test_a_page_may_begin_anywhere(store: Store, after: str, left: list[str]) -> None:
    """Where nothing lies, whatever comes next in the order of bytes is the page."""
    load(store, *(record_of((EVENTS[0], SaleId(sale))) for sale in ("-", "a", "~")))
    load(
        store,
        record_of((EVENTS[2], SaleId("a"))),
        record_of((EVENTS[0], SaleId("z")), fan=OTHER_FAN),
    )
    found = page_of(store, EVENTS[0], 5, after)
    assert ([each.record.sale_id for each in found.items], found.next) == (left, None)


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

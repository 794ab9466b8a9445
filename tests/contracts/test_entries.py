from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations

import attrs

from fanscore_adapters.erasure import Erased, Erasure, Kind
from fanscore_adapters.items.consumers import erased_item
from fanscore_core.entry_record import StoredEntry, changed_entry, entry_change
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.merging import applied_before
from fanscore_core.pages import Page
from fanscore_core.ports.consumers import ErasedMark
from fanscore_core.ports.entries import EntriesPage, FanEntry, PutEntry
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.scalars import Email, Locale
from fanscore_core.systems import FAN_IDENTITY
from fanscore_core.user_events import AnyUserEvent, UserEvent, UserWithdrawal
from tests.contracts.asking import said
from tests.contracts.stores import Open, Store, open_store, store

__all__ = ["Open", "open_store", "store"]

TABLE = "demand_table"
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAN, CAMPAIGN = GlobalUserId("user123"), CampaignId("camp1")
ENTERED = UserEvent(
    "e-1",
    NOW,
    FAN,
    MemberId("m-1"),
    CAMPAIGN,
    Email("account@example.com"),
    locale=Locale("fr"),
    attributes='{"":"\\u00eb","seats":[1.5,null,100000000000000000000]}',
    defaulted=("email",),
)
EVENTS: tuple[AnyUserEvent, ...] = (
    ENTERED,
    UserWithdrawal("w-1", NOW, FAN, CAMPAIGN),
    attrs.evolve(ENTERED, id="e-2", occurred_at=NOW + timedelta(seconds=1), locale=None),
)
WRITTEN = PutOutcome[StoredEntry](written=True)


def stored_entry(store: Store, event: AnyUserEvent) -> StoredEntry | None:
    """Read an entry."""
    ((found, source),) = said(store.adapter, FanEntry(event.global_user_id, event.campaign_id))
    assert source == TABLE
    assert found is None or isinstance(found, StoredEntry)
    return found


def consume(store: Store, event: AnyUserEvent) -> None:
    """Do what the consumer does with an event."""
    stored, change = stored_entry(store, event), entry_change(event)
    if not applied_before(stored, change):
        put = PutEntry(changed_entry(stored, change), stored.version if stored else 0, 0)
        assert said(store.adapter, put) == [(WRITTEN, TABLE)]


def test_any_order_of_events_gives_one_entry(store: Store) -> None:
    """Whatever the order, and however often each comes, one record lies there in the end."""
    records = []
    for number, order in enumerate(permutations(EVENTS)):
        campaign = CampaignId(f"camp{number}")
        mine = [attrs.evolve(event, campaign_id=campaign) for event in (*order, *order[:2])]
        for event in mine:
            consume(store, event)
        stored = stored_entry(store, mine[0])
        assert stored is not None
        assert stored.version == len(EVENTS)
        records.append(attrs.evolve(stored.record, campaign_id=CAMPAIGN))
    assert records == [records[0]] * len(records)
    assert records[0].value_of("locale") is None
    assert records[0].shown("attributes") == ENTERED.attributes
    assert records[0].shown_value("email") == "account@example.com"


def test_a_rival_is_told(store: Store) -> None:
    """A write over another version is refused, and what lies there is told."""
    consume(store, ENTERED)
    stored = stored_entry(store, ENTERED)
    put = PutEntry(changed_entry(None, entry_change(EVENTS[1])), 0, 1)
    assert said(store.adapter, put) == [(PutOutcome(written=False, stored=stored), TABLE)]


def test_all_entries_of_a_fan_are_found(store: Store) -> None:
    """Entries are read with their tombstones, in the order of their campaigns, and no others."""
    for event in (
        attrs.evolve(ENTERED, campaign_id=CampaignId("b")),
        attrs.evolve(EVENTS[1], campaign_id=CampaignId("a")),
        attrs.evolve(ENTERED, global_user_id=GlobalUserId("user1234")),
    ):
        consume(store, event)
    ((found, _),) = said(store.adapter, EntriesPage(FAN, 1000))
    assert isinstance(found, Page)
    assert [(each.record.campaign_id, each.record.is_live) for each in found.items] == [
        ("a", False),
        ("b", True),
    ]


def test_erasing_covers_entries(store: Store) -> None:
    """An erased fan has no entries, withdrawn ones included; others have theirs."""
    other = attrs.evolve(ENTERED, global_user_id=GlobalUserId("user1234"))
    withdrawn = attrs.evolve(EVENTS[1], campaign_id=CampaignId("camp2"))
    for event in (ENTERED, withdrawn, other):
        consume(store, event)
    erasure, entries = Erasure(store.partitions, None), Kind(TABLE, "entry#")
    assert erasure.erase(FAN) == Erased(Counter({entries: 2}), Counter())
    assert said(store.adapter, EntriesPage(FAN, 1000)) == [(Page((), None), TABLE)]
    assert stored_entry(store, other) is not None


def test_who_was_erased(store: Store) -> None:
    """The answer is when a fan was erased; none for a fan who was not."""
    assert said(store.adapter, ErasedMark(FAN)) == [(None, FAN_IDENTITY)]
    store.load({FAN_IDENTITY: [erased_item(FAN, NOW, NOW + timedelta(days=30))]})
    assert said(store.adapter, ErasedMark(FAN)) == [(NOW, FAN_IDENTITY)]

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import attrs
import pytest

from fanscore_core.entry_record import (
    EntryRecord,
    StoredEntry,
    changed_entry,
    entry_change,
)
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId, RequestId
from fanscore_core.merging import (
    KEPT_REQUESTS,
    DifferentKeysError,
    Stamp,
    Written,
    applied_before,
    merge,
)
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.user_events import AnyUserEvent, UserEvent, UserWithdrawal

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAN, CAMPAIGN = GlobalUserId("user123"), CampaignId("camp1")


def at(second: int) -> datetime:
    """Give a moment."""
    return NOW + timedelta(seconds=second)


def entered(name: str, second: int) -> UserEvent:
    """Make an event that says nothing of the fan."""
    return UserEvent(name, at(second), FAN, MemberId("m-1"), CAMPAIGN, defaulted=())


def withdrew(name: str, second: int) -> UserWithdrawal:
    """Make a withdrawal."""
    return UserWithdrawal(name, at(second), FAN, CAMPAIGN)


def entry_of(*events: AnyUserEvent) -> StoredEntry:
    """Merge events as their consumer does."""
    stored: StoredEntry | None = None
    for event in events:
        change = entry_change(event)
        if not applied_before(stored, change):
            stored = changed_entry(stored, change)
    assert stored is not None
    return stored


FIRST = attrs.evolve(
    entered("e-1", 1),
    email=Email("fan@example.com"),
    phone_number=PhoneNumber("+442071838750"),
    locale=Locale("en-GB"),
    attributes='{"a":1,"b":2}',
)


def test_an_event_is_a_change() -> None:
    """Each field has the stamp of the event; ``attributes`` is one field, the account is none."""
    stamp = Stamp(at(1), "e-1")
    change = entry_change(FIRST)
    assert change.change == EntryRecord(
        FAN,
        CAMPAIGN,
        fields={
            "attributes": Written(stamp, '{"a":1,"b":2}'),
            "email": Written(stamp, '"fan@example.com"'),
            "locale": Written(stamp, '"en-GB"'),
            "phoneNumber": Written(stamp, '"+442071838750"'),
        },
        saved=stamp,
        requested_at=at(1),
        updated_at=at(1),
    )
    assert (change.request_id, change.digest) == ("e-1", "")


def test_a_withdrawal_is_a_delete() -> None:
    """A withdrawal makes a tombstone, with nothing of the fan in it."""
    assert entry_of(FIRST, withdrew("w-1", 2)) == StoredEntry(
        EntryRecord(
            FAN, CAMPAIGN, deleted=Stamp(at(2), "w-1"), requested_at=at(1), updated_at=at(2)
        ),
        2,
        ((RequestId("e-1"), ""), (RequestId("w-1"), "")),
    )


def test_null_says_nothing() -> None:
    """What a later event leaves out stays; what it says replaces, attributes as a whole."""
    later = attrs.evolve(entered("e-2", 2), locale=Locale("fr"), attributes='{"b":3}')
    entry = entry_of(FIRST, later).record
    shown = {name: entry.shown(name) for name in ("email", "phoneNumber", "locale", "attributes")}
    assert shown == {
        "email": '"fan@example.com"',
        "phoneNumber": '"+442071838750"',
        "locale": '"fr"',
        "attributes": '{"b":3}',
    }


DEFAULT = attrs.evolve(entered("e-9", 9), email=Email("account@example.com"), defaulted=("email",))


def test_what_comes_from_the_account_gives_way() -> None:
    """Whatever a fan said counts more than what is defaulted, however old it is."""
    assert entry_of(FIRST, DEFAULT).record.shown_value("email") == "fan@example.com"
    assert entry_of(DEFAULT, FIRST).record.shown_value("email") == "fan@example.com"
    assert entry_of(DEFAULT).record.shown_value("email") == "account@example.com"


def test_what_comes_from_the_account_outlives_an_earlier_withdrawal() -> None:
    """A fan who enters again is reached by the account's address, in any order of events."""
    events: tuple[AnyUserEvent, ...] = (FIRST, withdrew("w-1", 5), DEFAULT)
    shown = {entry_of(*order).record.shown_value("email") for order in permutations(events)}
    assert shown == {"account@example.com"}


def test_an_event_of_version_1_says_all_that_it_has() -> None:
    """An event that does not tell what is defaulted counts as said by the fan."""
    old = attrs.evolve(DEFAULT, defaulted=None)
    assert entry_of(FIRST, old).record.shown_value("email") == "account@example.com"


@pytest.mark.parametrize(
    "order", list(permutations((FIRST, withdrew("w-1", 2), entered("e-3", 3))))
)
def test_a_withdrawal_parts_what_was_before_from_what_comes_after(
    order: tuple[AnyUserEvent, ...],
) -> None:
    """A fan who withdraws and enters again has said what they said since, and no more."""
    entry = entry_of(*order).record
    assert entry == EntryRecord(
        FAN,
        CAMPAIGN,
        saved=Stamp(at(3), "e-3"),
        deleted=Stamp(at(2), "w-1"),
        requested_at=at(1),
        updated_at=at(3),
    )


def test_a_retry_after_a_withdrawal_does_not_enter_again() -> None:
    """Of several events with one id the stamp of the first that was merged counts."""
    retried = attrs.evolve(FIRST, occurred_at=at(9))
    orders: tuple[tuple[AnyUserEvent, ...], ...] = (
        (FIRST, withdrew("w-1", 2), retried),
        (withdrew("w-1", 2), FIRST, retried),
        (FIRST, retried, withdrew("w-1", 2)),
    )
    for events in orders:
        entry = entry_of(*events)
        assert not entry.record.is_live
        assert entry.version == 2


def test_the_last_events_are_remembered() -> None:
    """An entry remembers 64 events."""
    events = [entered(f"e-{number}", number) for number in range(KEPT_REQUESTS + 1)]
    stored = entry_of(*events)
    assert [name for name, _ in stored.requests] == [event.id for event in events[1:]]
    assert applied_before(stored, entry_change(events[-1]))
    assert not applied_before(stored, entry_change(events[0]))


def test_entries_of_other_campaigns_do_not_merge() -> None:
    """Only changes to one entry can be merged."""
    other = attrs.evolve(FIRST, campaign_id=CampaignId("camp2"))
    with pytest.raises(DifferentKeysError):
        merge(entry_change(FIRST).change, entry_change(other).change)

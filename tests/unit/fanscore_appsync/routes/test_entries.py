from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs

from fanscore_appsync.routes.entries import entry
from fanscore_core.entry_record import StoredEntry, changed_entry, entry_change
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.user_events import UserEvent

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
EVENT = UserEvent(
    "e-1",
    NOW,
    GlobalUserId("user123"),
    MemberId("m-1"),
    CampaignId("camp1"),
    Email("account@example.com"),
    attributes='{"price":99.5,"seats":2}',
    defaulted=("email",),
)


def entry_of(*events: UserEvent) -> StoredEntry:
    """Merge events."""
    stored: StoredEntry | None = None
    for event in events:
        stored = changed_entry(stored, entry_change(event))
    assert stored is not None
    return stored


def test_an_entry_is_written_for_graphql() -> None:
    """What is not known is null; ``attributes`` is JSON text; a default shows as a value."""
    assert entry(entry_of(EVENT)) == {
        "campaignId": "camp1",
        "fanId": "user123",
        "email": "account@example.com",
        "phoneNumber": None,
        "locale": None,
        "attributes": '{"price":99.5,"seats":2}',
        "requestedAt": "2026-11-01T08:00:00Z",
        "updatedAt": "2026-11-01T08:00:00Z",
        "version": 1,
    }


def test_what_a_fan_said_shows_before_a_default() -> None:
    """Whatever was said shows, and the times are those of the first and of the last event."""
    said = attrs.evolve(
        EVENT,
        id="e-0",
        occurred_at=NOW - timedelta(minutes=1),
        email=Email("fan@example.com"),
        phone_number=PhoneNumber("+442071838750"),
        locale=Locale("fr"),
        attributes=None,
        defaulted=(),
    )
    assert entry(entry_of(EVENT, said)) == {
        "campaignId": "camp1",
        "fanId": "user123",
        "email": "fan@example.com",
        "phoneNumber": "+442071838750",
        "locale": "fr",
        "attributes": '{"price":99.5,"seats":2}',
        "requestedAt": "2026-11-01T07:59:00Z",
        "updatedAt": "2026-11-01T08:00:00Z",
        "version": 2,
    }

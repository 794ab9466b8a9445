from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

import attrs
import pytest

from fanscore_adapters.items.entries import entry_item, read_entry
from fanscore_adapters.items.keys import entries_of_fan, entry
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.engine.question import Ask, Question
from fanscore_core.entry_record import EntryRecord, StoredEntry, changed_entry, entry_change
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.merging import Stamp, Written
from fanscore_core.pages import Page
from fanscore_core.ports.entries import EntriesPage, FanEntry, PutEntry
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.user_events import UserEvent, UserWithdrawal

TABLE = "demand_table"
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAN, CAMPAIGN = GlobalUserId("user123"), CampaignId("camp1")
EVENT = UserEvent(
    "e-1",
    NOW,
    FAN,
    MemberId("m-1"),
    CAMPAIGN,
    Email("account@example.com"),
    PhoneNumber("+442071838750"),
    Locale("en-GB"),
    '{"age":42,"name":"Zo\\u00eb","seats":[1.5,null]}',
    ("email",),
)
ENTERED = changed_entry(None, entry_change(EVENT))
WITHDRAWN = changed_entry(
    ENTERED, entry_change(UserWithdrawal("w-1", NOW + timedelta(seconds=1), FAN, CAMPAIGN))
)
STAMP = ["2026-11-01T08:00:00Z", "e-1"]
ITEM: Mapping[str, object] = {
    "PK": "fan:user123",
    "SK": "entry#camp1",
    "campaignId": "camp1",
    "fanId": "user123",
    "phoneNumber": "+442071838750",
    "locale": "en-GB",
    "attributes": {"age": "42", "name": '"Zo\\u00eb"', "seats": "[1.5,null]"},
    "defaults": {"email": "account@example.com"},
    "requestedAt": "2026-11-01T08:00:00Z",
    "updatedAt": "2026-11-01T08:00:00Z",
    "version": 1,
    "requests": [["e-1", ""]],
    "stamps": dict.fromkeys(
        ("record", "attributes", "default.email", "locale", "phoneNumber"), STAMP
    ),
}
TOMBSTONE: Mapping[str, object] = {
    "PK": "fan:user123",
    "SK": "entry#camp1",
    "campaignId": "camp1",
    "fanId": "user123",
    "requestedAt": "2026-11-01T08:00:00Z",
    "updatedAt": "2026-11-01T08:00:01Z",
    "version": 2,
    "requests": [["e-1", ""], ["w-1", ""]],
    "stamps": {},
    "deletedAt": ["2026-11-01T08:00:01Z", "w-1"],
}


@pytest.fixture
def tables() -> Iterator[SqliteTables]:
    """Open tables in memory."""
    with SqliteTables(":memory:") as opened:
        yield opened


def ask(tables: SqliteTables, question: object) -> object:
    """Ask one question, or perform one effect."""
    (answered,) = Sqlite(tables).fetch([Ask(cast("Question[object]", question))])
    assert answered.source == TABLE
    return answered.answer


def test_entries_stand_under_fan_and_campaign() -> None:
    """An entry's keys are its fan and its campaign; all of a fan's have one prefix."""
    assert entry(FAN, CAMPAIGN) == ("fan:user123", "entry#camp1")
    assert entries_of_fan(FAN) == ("fan:user123", "entry#")


def test_an_entry_as_an_item() -> None:
    """What the fan said stands apart from what comes from the account; numbers are JSON text."""
    assert entry_item(ENTERED) == ITEM
    assert read_entry(ITEM) == ENTERED


def test_a_tombstone_as_an_item() -> None:
    """A withdrawal leaves nothing of what the fan said, and no time to live."""
    assert entry_item(WITHDRAWN) == TOMBSTONE
    assert read_entry(TOMBSTONE) == WITHDRAWN


def test_an_entry_of_another_program() -> None:
    """What has no stamp counts as stamped ``(updatedAt, "")``."""
    item = {name: ITEM[name] for name in ("PK", "SK", "campaignId", "fanId", "updatedAt", "locale")}
    stamp = Stamp(NOW, "")
    assert read_entry({**item, "version": 3}) == StoredEntry(
        EntryRecord(
            FAN,
            CAMPAIGN,
            fields={"locale": Written(stamp, '"en-GB"')},
            saved=stamp,
            updated_at=NOW,
        ),
        3,
        (),
    )


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"version": 0}, "entry.version"),
        ({"campaignId": "camp2"}, "entry"),
        ({"fanId": 5.5}, "entry.fanId"),
        ({"updatedAt": "today"}, "entry.updatedAt"),
        ({"deletedAt": "today"}, "entry.deletedAt"),
        ({"stamps": []}, "entry.stamps"),
        ({"stamps": {"email": "e-1"}}, "entry.stamps.email"),
        ({"stamps": {"canary": "e-1"}}, "entry.stamps.*"),
        ({"requests": [["e-1"]]}, "entry.requests"),
        ({"email": 5}, "entry.email"),
        ({"attributes": [1]}, "entry.attributes"),
        ({"attributes": {"canary": 5}}, "entry.attributes.*"),
        ({"attributes": {"canary": "{"}}, "entry.attributes.*"),
        ({"defaults": "canary"}, "entry.defaults"),
        ({"defaults": {"email": 5}}, "entry.defaults.email"),
    ],
)
def test_malformed_entries_are_refused(change: Mapping[str, object], path: str) -> None:
    """An entry that cannot be read is refused, with the path of what is wrong."""
    with pytest.raises(InvalidInput) as refused:
        read_entry({**ITEM, **change})
    assert refused.value.where.startswith(path)
    assert "canary" not in str(refused.value)


def test_an_entry_is_written_over_what_was_read(tables: SqliteTables) -> None:
    """A write is refused unless the version is that which was read; what lies there is told."""
    assert ask(tables, FanEntry(FAN, CAMPAIGN)) is None
    assert ask(tables, PutEntry(ENTERED, 0, 0)) == PutOutcome[StoredEntry](written=True)
    assert ask(tables, FanEntry(FAN, CAMPAIGN)) == ENTERED
    refused = PutOutcome(written=False, stored=ENTERED)
    assert ask(tables, PutEntry(WITHDRAWN, 0, 1)) == refused
    assert ask(tables, PutEntry(WITHDRAWN, 2, 1)) == refused
    assert ask(tables, PutEntry(WITHDRAWN, 1, 1)) == PutOutcome[StoredEntry](written=True)
    assert ask(tables, FanEntry(FAN, CAMPAIGN)) == WITHDRAWN


def test_all_entries_of_a_fan(tables: SqliteTables) -> None:
    """Entries are found with their tombstones, and nothing else of the fan or of others."""
    other = attrs.evolve(EVENT, id="e-2", campaign_id=CampaignId("camp"))
    stranger = attrs.evolve(EVENT, global_user_id=GlobalUserId("user1234"))
    entered = changed_entry(None, entry_change(other))
    for stored in (WITHDRAWN, entered, changed_entry(None, entry_change(stranger))):
        ask(tables, PutEntry(stored, 0, 0))
    tables.put(TABLE, {"PK": "fan:user123", "SK": "demand#evt-1"})
    assert ask(tables, EntriesPage(FAN, 1000)) == Page((entered, WITHDRAWN), None)
    assert ask(tables, EntriesPage(GlobalUserId("nobody"), 1)) == Page((), None)


def test_a_malformed_entry_makes_the_table_unavailable(tables: SqliteTables) -> None:
    """Nothing is merged into what cannot be read."""
    tables.put(TABLE, {**ITEM, "version": 0})
    problem = "malformed item: entry.version: expected 1 or more"
    assert repr(ask(tables, FanEntry(FAN, CAMPAIGN))) == repr(Unavailable(TABLE, problem))
    assert repr(ask(tables, PutEntry(WITHDRAWN, 1, 0))) == repr(Unavailable(TABLE, problem))

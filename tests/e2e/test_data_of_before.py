"""A database that an earlier version wrote works as it is: nothing is migrated, nothing is lost.

``data/before.sql`` is the dump of a file that version wrote: the sample, demand records (one
deleted), a liveness session, and an event of schema 1 whose delivery to ``sync`` had failed.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from fanscore_adapters.embedded.event_archive import EventChoice
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.erasure import Erasure
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.testing import appsync_event, user
from fanscore_core.ids import GlobalUserId
from tests.e2e.local_system import LocalSystem

DUMP = Path(__file__).parent / "data" / "before.sql"
MARKS = "PRAGMA application_id = 0x66616E73; PRAGMA user_version = 1;"
LATER = datetime(2026, 11, 28, 17, 40, tzinfo=UTC)
FAN = GlobalUserId("user123")

SAVED: Mapping[str, object] = {
    "eventId": "evt-1",
    "saleId": "sale-a",
    "email": "a@example.com",
    "attributes": '{"row":"A","seats":2}',
    "version": 1,
}


@pytest.fixture
def system(tmp_path: Path) -> Iterator[LocalSystem]:
    """Lend a system on a copy of the file, some minutes after it was written."""
    path = str(tmp_path / "before.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8") + MARKS)
    with (
        SqliteTables(path) as tables,
        EventStore(path) as events,
        ThreadPoolExecutor(4) as executor,
    ):
        yield LocalSystem(tables, events, executor, now=LATER)


def call(
    system: LocalSystem, field: str, arguments: Mapping[str, object] | None = None
) -> Mapping[str, object]:
    """Return what a field gives the fan."""
    headers = {"authorization": "token"}
    event = appsync_event(field, arguments or {}, user(FAN), headers=headers)
    return cast("Mapping[str, object]", system.answer(event))


def records(system: LocalSystem) -> list[Mapping[str, object]]:
    """Return the fan's records, the members that ``SAVED`` has."""
    found = cast("list[Mapping[str, object]]", call(system, "Demand.records")["items"])
    return [{name: each[name] for name in SAVED} for each in found if each["eventId"] == "evt-1"]


def test_a_score_is_what_it_was(system: LocalSystem) -> None:
    """The same fan has the same score, for the same reasons."""
    score = call(system, "VFApi.accountFanscore", {"globalUserId": FAN, "eventId": "evt456"})
    assert (score["score"], score["rawScore"], score["boosts"]) == (
        87,
        75,
        {"arm": 5, "event": 4, "model": 3},
    )


def test_records_are_there_and_merge(system: LocalSystem) -> None:
    """Stored records are listed, deleted ones are not, and a change merges with what is stored."""
    assert records(system) == [SAVED]
    given = {"eventId": "evt-1", "saleId": "sale-a", "locale": "de-DE", "requestId": "r9"}
    call(system, "Mutation.demandRecordSave", {"input": given})
    assert records(system) == [{**SAVED, "version": 2}]


def test_a_request_of_before_is_known(system: LocalSystem) -> None:
    """What a client sends again, with the id that it sent before, changes nothing."""
    given = {
        "eventId": "evt-1",
        "saleId": "sale-a",
        "email": "a@example.com",
        "attributes": {"seats": 2, "row": "A"},
        "requestId": "r1",
    }
    answer = call(system, "Mutation.demandRecordSave", {"input": given})
    assert answer["status"] == "SUCCESS"
    assert records(system) == [SAVED]


def test_what_was_not_delivered_is(system: LocalSystem) -> None:
    """An event of schema 1 that waited for its consumer reaches it."""
    assert [each.consumer for each in system.bus.undelivered()] == ["sync"]
    assert system.bus.deliver_due(LATER) == 1
    assert system.bus.undelivered() == ()


def test_an_entry_of_before_can_be_kept(system: LocalSystem) -> None:
    """Entries were not stored then: replaying the events stores them."""
    assert call(system, "Demand.entries") == {"items": [], "nextToken": None}
    assert system.bus.replay(EventChoice(), {"entry"}, "keep-entries") == 1
    system.bus.deliver_due(LATER, {"entry"})
    (entry,) = cast("list[Mapping[str, object]]", call(system, "Demand.entries")["items"])
    assert (entry["campaignId"], entry["email"], entry["version"]) == (
        "camp789",
        "a@example.com",
        1,
    )


def test_a_fan_of_before_is_erased(system: LocalSystem) -> None:
    """Nothing of the fan is left, whichever version wrote it."""
    erasure = Erasure(system.tables, system.events)
    assert erasure.find(FAN).total() > 5
    erased = erasure.erase(FAN)
    assert (erased.left, erasure.find(FAN)) == (Counter(), Counter())

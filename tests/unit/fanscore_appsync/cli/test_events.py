from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fanscore_adapters.documents.user_event import event_document
from fanscore_adapters.embedded.event_bus import MAX_ATTEMPTS
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_appsync.cli.events import events
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.scalars import Email
from fanscore_core.user_events import UserEvent

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
EVENT = UserEvent(
    "e-1",
    NOW,
    GlobalUserId("user123"),
    MemberId("m-1"),
    CampaignId("c-1"),
    Email("canary@example.com"),
)
REASON = "Unavailable: sync_endpoint is unavailable: answered with status 500"
DIED = f"DEAD\tsync\te-1\t{MAX_ATTEMPTS}\t2026-11-01T08:00:00+00:00\t{REASON}\n"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Make a database with a dead letter."""
    database = str(tmp_path / "fanscore.db")
    with EventStore(database) as kept:
        kept.publish(EVENT.id, json.dumps(event_document(EVENT, NOW)), ["sync"], NOW)
        claims = [kept.claim("sync", NOW, NOW) for _ in range(MAX_ATTEMPTS)]
        assert claims[-1] is not None
        kept.bury(claims[-1], REASON, NOW)
    return database


def fanscore_events(*arguments: str, environment: Sequence[tuple[str, str]] = ()) -> Result:
    """Run the command."""
    clean = {"FANSCORE_DB": None, "FANSCORE_OUTAGES": None, **dict(environment)}
    return CliRunner().invoke(events, arguments, env=clean)


def test_what_is_not_delivered_is_listed(path: str) -> None:
    """Each dead letter is a line with its reason, and holds no personal data."""
    result = fanscore_events("list", "--db", path)
    assert (result.exit_code, result.stdout, result.stderr) == (0, DIED, "1 undelivered\n")


def test_listing_changes_no_byte(path: str) -> None:
    """Who only lists leaves the database and its folder as they are."""
    before = {found.name: found.read_bytes() for found in Path(path).parent.iterdir()}
    assert fanscore_events("list", "--db", path).exit_code == 0
    assert {found.name: found.read_bytes() for found in Path(path).parent.iterdir()} == before


def test_dead_letters_are_sent_again(path: str) -> None:
    """Retrying delivers the dead letters; then nothing is left."""
    result = fanscore_events("retry", environment=[("FANSCORE_DB", path)])
    assert (result.exit_code, result.output) == (0, "1 sent again, 0 undelivered\n")
    assert fanscore_events("list", "--db", path).stdout == ""
    with EventStore(path) as kept:
        assert [system for _, system, _ in kept.posts()] == ["sync_endpoint"]


def test_what_still_fails_is_told(path: str) -> None:
    """A delivery that fails again is due again later, and the exit status says so."""
    outage = [("FANSCORE_OUTAGES", "sync_endpoint")]
    result = fanscore_events("retry", "--db", path, "--id", "e-1", environment=outage)
    assert (result.exit_code, result.output) == (1, "1 sent again, 1 undelivered\n")


def test_one_event_can_be_named(path: str) -> None:
    """Dead letters of other events than the one named stay."""
    result = fanscore_events("retry", "--db", path, "--id", "e-2")
    assert (result.exit_code, result.output) == (1, "0 sent again, 1 undelivered\n")
    assert fanscore_events("list", "--db", path).stdout == DIED


def test_a_database_is_needed(tmp_path: Path) -> None:
    """Without a database, with one that is not there, or with bad settings, nothing is done."""
    missing = str(tmp_path / "missing.db")
    results = [
        fanscore_events("list"),
        fanscore_events("list", "--db", missing),
        fanscore_events("list", environment=[("FANSCORE_BACKEND", "paper")]),
    ]
    assert [result.exit_code for result in results] == [2, 2, 2]
    assert [result.stderr for result in results] == [
        "fanscore: name a database, by --db or FANSCORE_DB\n",
        f"fanscore: {missing}: no such file\n",
        "fanscore: FANSCORE_BACKEND: expected embedded or aws\n",
    ]
    assert not Path(missing).exists()


def test_a_bad_environment_of_http(path: str) -> None:
    """Who only lists needs no client; who delivers is refused in a line that names the variable."""
    environment = [("ALL_PROXY", "socks5://proxy.test"), ("FANSCORE_SYNC_URL", "https://sync.test")]
    listed = fanscore_events("list", "--db", path, environment=environment)
    assert (listed.exit_code, listed.stdout) == (0, DIED)
    retried = fanscore_events("retry", "--db", path, environment=environment)
    assert (retried.exit_code, retried.stdout, retried.stderr) == (
        2,
        "",
        "fanscore: ALL_PROXY: expected an http or https URL of a proxy\n",
    )

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Event as EventType
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from fanscore_adapters.documents.user_event import event_document
from fanscore_adapters.embedded.event_bus import MAX_ATTEMPTS
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.erasure import Held
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync import Settings
from fanscore_appsync.cli.main import main
from fanscore_appsync.wiring.embedded import connect_bus
from fanscore_core.consumer_mark import Consumer
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.scalars import Email
from fanscore_core.user_events import UserEvent
from tests.unit.fanscore_adapters.databases import raw

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
EVENT = UserEvent(
    "e-1",
    NOW,
    GlobalUserId("user123"),
    MemberId("m-1"),
    CampaignId("c-1"),
    Email("canary@example.com"),
)
SECOND = attrs.evolve(EVENT, id="e-2")
FANS = ("user123", "user1234")
CONSUMERS = [each.value for each in Consumer]
PUBLISHED = (
    (EVENT, "user.upsert", NOW),
    (SECOND, "user.withdraw", NOW + timedelta(hours=1)),
    (
        attrs.evolve(EVENT, id="e-3", global_user_id=GlobalUserId("user1234")),
        "user.upsert",
        NOW + timedelta(hours=2),
    ),
)
LISTED = (
    "e-1\tuser.upsert\t2026-11-01T08:00:00.000+00:00\tuser123\n",
    "e-2\tuser.withdraw\t2026-11-01T09:00:00.000+00:00\tuser123\n",
    "e-3\tuser.upsert\t2026-11-01T10:00:00.000+00:00\tuser1234\n",
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
    return CliRunner().invoke(main, ["events", *arguments], env=clean)


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
    with EventStore(path) as kept:
        kept.publish("e-2", json.dumps(event_document(SECOND, NOW)), ["sync"], NOW)
    result = fanscore_events("retry", "--db", path, "--id", "e-2")
    assert (result.exit_code, result.output) == (1, "0 sent again, 1 undelivered\n")
    assert fanscore_events("list", "--db", path).stdout == DIED


def test_an_event_without_a_dead_letter(path: str) -> None:
    """An id that nothing undelivered has is refused, and no byte is changed."""
    before = Path(path).read_bytes()
    result = fanscore_events("retry", "--db", path, "--id", "no\ne")
    assert (result.exit_code, result.stdout, result.stderr) == (
        2,
        "",
        "fanscore: --id no\\ne: no such undelivered event; 'fanscore events list' lists them\n",
    )
    assert Path(path).read_bytes() == before


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """Publish events of two fans and types, an hour apart, each delivered to all consumers."""
    path = str(tmp_path / "archive.db")
    with EventStore(path) as kept:
        for event, kind, at in PUBLISHED:
            document = {**event_document(event, at), "detail-type": kind}
            kept.publish(event.id, json.dumps(document), CONSUMERS, at)
            for consumer in CONSUMERS:
                claimed = kept.claim(consumer, at, at)
                assert claimed is not None
                kept.succeed(claimed)
    return path


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ((), (1, 2, 3)),
        (("--fan", "user123"), (1, 2)),
        (("--fan", "user12"), ()),
        (("--type", "user.withdraw"), (2,)),
        (("--since", "2026-11-01T09:00:00Z"), (2, 3)),
        (("--until", "2026-11-01T10:00:00+01:00"), (1,)),
        (("--since", "2026-11-01T08:00Z", "--until", "2026-11-01T10:00:00.000Z"), (1, 2)),
        (("--fan", "user123", "--type", "user.upsert", "--since", "1000000h"), (1,)),
        (("--until", "1000000h"), ()),
    ],
    ids=str,
)
def test_what_was_published_is_listed(
    archive: str, arguments: Sequence[str], numbers: Sequence[int]
) -> None:
    """Events are chosen by fan, type and time; a line tells id, type, time and fan, and no more."""
    result = fanscore_events("list", "--all", "--db", archive, *arguments)
    lines = [LISTED[number - 1] for number in numbers]
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "".join(lines),
        f"{len(lines)} published\n",
    )


def test_the_events_themselves_are_listed_as_json(archive: str) -> None:
    """With --json, each line is an event as it is delivered."""
    result = fanscore_events("list", "--all", "--json", "--fan", "user1234", "--db", archive)
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        event_document(PUBLISHED[2][0], PUBLISHED[2][2])
    ]
    assert (result.exit_code, result.stderr) == (0, "1 published\n")


def test_a_line_is_a_line(path: str) -> None:
    """What would break the line, or a terminal would obey, is escaped; what is missing, a dash."""
    with EventStore(path) as kept:
        kept.erase(EVENT.global_user_id)
        hostile = {"detail-type": "a\tb", "detail": {"globalUserId": "\x1b[2J\n\ud800"}}
        kept.publish("e-\r1", json.dumps(hostile), [], NOW)
        kept.publish("e-2", "{", [], NOW)
    result = fanscore_events("list", "--all", "--db", path)
    assert result.stdout == (
        "e-\\r1\ta\\tb\t2026-11-01T08:00:00.000+00:00\t\\x1b[2J\\n\\ud800\n"
        "e-2\t-\t2026-11-01T08:00:00.000+00:00\t-\n"
    )


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_listing_what_was_published_changes_no_byte(archive: str, more: Sequence[str]) -> None:
    """Who only lists leaves the database and its folder as they are."""
    before = {found.name: found.read_bytes() for found in Path(archive).parent.iterdir()}
    assert fanscore_events("list", "--all", *more, "--db", archive).exit_code == 0
    assert {found.name: found.read_bytes() for found in Path(archive).parent.iterdir()} == before


def test_a_replay_mends_a_profile(archive: str) -> None:
    """Exactly what is chosen is delivered, to those who are named."""
    arguments = ("--consumer", "profile", "--fan", "user1234", "--db", archive)
    for _ in range(2):
        result = fanscore_events("replay", *arguments)
        assert (result.exit_code, result.output) == (0, "1 replayed, 0 undelivered\n")
    with SqliteTables(archive) as tables, EventStore(archive) as kept:
        held = {fan: tables.partition("fan_identity_table", f"fan:{fan}") for fan in FANS}
        assert held == {"user123": [], "user1234": [Held("identity", "m-1")]}
        assert kept.posts() == ()


def test_a_replay_that_is_meant_to_send_sends(archive: str) -> None:
    """With a flag of its own, those who reach the outside get it, with the same key each time."""
    arguments = ("--consumer", "sync", "--consumer", "notification", "--type", "user.upsert")
    for _ in range(2):
        result = fanscore_events("replay", *arguments, "--also-send", "--db", archive)
        assert (result.exit_code, result.output) == (0, "4 replayed, 0 undelivered\n")
    with EventStore(archive) as kept:
        posted = sorted((system, json.loads(text)["id"]) for _, system, text in kept.posts())
        assert posted == [
            (system, event_id)
            for system in ("notification_endpoint", "sync_endpoint")
            for event_id in ("e-1", "e-3")
        ]


def test_a_replay_that_fails_is_told(archive: str) -> None:
    """What a replay could not deliver is attempted later; dead letters of others do not count."""
    arguments = ("--also-send", "--fan", "user1234", "--db", archive)
    outage = [("FANSCORE_OUTAGES", "notification_endpoint")]
    failed = fanscore_events("replay", "--consumer", "notification", *arguments, environment=outage)
    assert (failed.exit_code, failed.output) == (1, "1 replayed, 1 undelivered\n")
    again = fanscore_events("replay", "--consumer", "notification", *arguments)
    assert (again.exit_code, again.output) == (0, "0 replayed, 0 undelivered\n")
    retried = fanscore_events("retry", "--db", archive)
    assert retried.exit_code in {0, 1}  # the delivery that failed is due a second later
    done = fanscore_events("replay", "--consumer", "sync", *arguments)
    assert (done.exit_code, done.output) == (0, "1 replayed, 0 undelivered\n")


def _serve_bus(path: str, ready: EventType, stop: EventType) -> None:
    """Deliver in a process of its own, as a server does."""
    with connect_bus(Settings(database=path)) as bus:
        bus.start()
        ready.set()
        stop.wait()


def test_a_replay_while_a_server_runs(archive: str) -> None:
    """Server and command share the deliveries; each is made, under the mark of the replay."""
    context = get_context("spawn")
    ready, stop = context.Event(), context.Event()
    server = context.Process(target=_serve_bus, args=(archive, ready, stop))
    server.start()
    try:
        ready.wait()
        arguments = ("--consumer", "profile", "--type", "user.upsert", "--db", archive)
        results = [fanscore_events("replay", *arguments) for _ in range(3)]
        replayed = sum(int(result.stdout.split()[0]) for result in results)
        with EventStore(archive) as kept:
            while any(each.consumer == "profile" for each in kept.undelivered()):
                stop.wait(0.01)
    finally:
        stop.set()
        server.join()
    with raw(archive) as other:
        marks = other.execute(
            "SELECT json_extract(item, '$.status') FROM fan_identity_table "
            "WHERE SK = 'consumer#profile'"
        ).fetchall()
    assert marks == [("FINISHED",)] * replayed
    assert 0 < replayed <= 3 * len(PUBLISHED)
    assert {result.exit_code for result in results} <= {0, 1}


@pytest.mark.parametrize(
    "arguments", [("retry",), ("replay", "--consumer", "profile", "--fan", "nobody")]
)
def test_an_api_of_ones_own_in_the_working_directory(
    archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """The setting that all commands share names a module there, as for the other commands."""
    (tmp_path / "api_for_events.py").write_text("from fanscore_appsync import API")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    result = fanscore_events(
        *arguments, "--db", archive, environment=[("FANSCORE_API", "api_for_events:API")]
    )
    assert (result.exit_code, result.stderr) == (0, "")


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

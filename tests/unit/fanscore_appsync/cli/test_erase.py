from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fanscore_adapters import erasure
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.sqlite import connection
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.cli.main import main
from fanscore_core.ids import RULE
from tests.unit.fanscore_adapters.databases import item, raw

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FOUND = (
    "account_fanscore_table\tscore#account\t1\n"
    "demand_table\tdemand#\t2\n"
    "fan_identity_table\tidentity\t1\n"
    "posts\trow\t1\n"
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Make a database with what is known of a canary."""
    database = str(tmp_path / "fanscore.db")
    sales = [item("fan:canary", f"demand#e-{sale}", email="canary") for sale in ("s1", "s2")]
    with SqliteTables(database) as tables, EventStore(database) as kept:
        tables.put("fan_identity_table", item("fan:canary", "identity", memberId="canary"))
        tables.put("account_fanscore_table", item("member:canary", "score#account"))
        tables.load("demand_table", sales)
        kept.record_post("key", "sync", '{"globalUserId": "canary"}', NOW)
    return database


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no connection wait for long."""
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.01)


def fanscore_erase(*arguments: str, environment: Sequence[tuple[str, str]] = ()) -> Result:
    """Run the command."""
    clean = {"FANSCORE_DB": None, "FANSCORE_BACKEND": None, **dict(environment)}
    return CliRunner().invoke(main, ["erase", *arguments], env=clean)


def told(result: Result) -> tuple[int, str, str]:
    """Give the exit status, and what was printed."""
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
def test_without_yes_nothing_is_erased(path: str, arguments: Sequence[str]) -> None:
    """A dry run, which is what happens by default, counts by kind, and changes nothing."""
    for _ in range(2):
        result = fanscore_erase("canary", "--db", path, *arguments)
        assert told(result) == (0, FOUND, "5 would be erased; --yes does it\n")


def test_with_yes_all_is_erased(path: str) -> None:
    """What was found is erased; the second time there is nothing."""
    environment = [("FANSCORE_DB", path)]
    results = [fanscore_erase("canary", "--yes", environment=environment) for _ in range(2)]
    assert list(map(told, results)) == [
        (0, FOUND, "5 erased, 0 left\n"),
        (0, "", "0 erased, 0 left\n"),
    ]


def test_what_a_reader_holds_is_told(path: str, impatient: None) -> None:
    """While another program reads, what is erased stays in the log: that is no success."""
    del impatient
    traces = (
        "fanscore: what was erased still stands in the database's log, since another program "
        "reads the database: stop that program, then erase again\n"
    )
    with raw(path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM demand_table").fetchone()
        held = fanscore_erase("canary", "--yes", "--db", path)
        assert told(held) == (1, FOUND, "5 erased, 0 left\n" + traces)
        reader.execute("ROLLBACK")
    again = fanscore_erase("canary", "--yes", "--db", path)
    assert told(again) == (0, "", "0 erased, 0 left\n")
    folder = Path(path).parent
    assert [file.name for file in folder.iterdir() if b"canary" in file.read_bytes()] == []


def test_a_dry_run_changes_no_byte(path: str) -> None:
    """Who only looks leaves the file and its folder as they are."""
    before = {file.name: file.read_bytes() for file in Path(path).parent.iterdir()}
    assert fanscore_erase("canary", "--db", path).exit_code == 0
    assert {file.name: file.read_bytes() for file in Path(path).parent.iterdir()} == before


def test_tables_of_another_api_are_named(path: str) -> None:
    """Tables in the file that the chosen API does not declare are not looked into, and named."""
    with SqliteTables(path, own=["loyalty_table", "a_table"]) as tables:
        tables.put("loyalty_table", item("fan:canary", "points"))
    said = "Not looked into: a_table, loyalty_table, of another API; name that with --api\n"
    dry, real = (
        fanscore_erase("canary", "--db", path),
        fanscore_erase("canary", "--yes", "--db", path),
    )
    assert told(dry) == (0, FOUND, "5 would be erased; --yes does it\n" + said)
    assert told(real) == (0, FOUND, "5 erased, 0 left\n" + said)
    with SqliteTables(path, own=["loyalty_table"]) as tables:
        assert [held.sk for held in tables.partition("loyalty_table", "fan:canary")] == ["points"]


def test_an_account_can_be_named(path: str) -> None:
    """The score of an account goes that no identity record names."""
    result = fanscore_erase("nobody", "--member", "canary", "--yes", "--db", path)
    assert told(result) == (0, "account_fanscore_table\tscore#account\t1\n", "1 erased, 0 left\n")


def test_what_is_left_is_told(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where others bring back what was erased until the end, the exit status says so."""
    monkeypatch.setattr(erasure, "PASSES", 0)
    assert told(fanscore_erase("canary", "--yes", "--db", path)) == (1, "", "0 erased, 5 left\n")


def test_a_database_that_cannot_be_read_is_told(path: str) -> None:
    """A table that is not as it must be is named in our words; nothing was erased."""
    with raw(path) as other:
        other.execute("ALTER TABLE demand_table DROP COLUMN item")
    assert told(fanscore_erase("canary", "--yes", "--db", path)) == (
        1,
        "",
        "fanscore: demand_table is unavailable: SQLite: OperationalError\n",
    )


def test_unusable_input_is_refused(path: str, tmp_path: Path) -> None:
    """Bad ids, no database, one that is none, and bad settings are told in one line."""
    missing, folder = str(tmp_path / "missing.db"), str(tmp_path)
    no_database = tmp_path / "text.db"
    no_database.write_text("canary" * 1_000)
    aws = [("FANSCORE_BACKEND", "aws"), ("AWS_REGION", "eu-west-1")]
    results = [
        fanscore_erase("id ", "--db", path),
        fanscore_erase("canary", "--member", "", "--db", path),
        fanscore_erase("canary"),
        fanscore_erase("canary", "--db", missing),
        fanscore_erase("canary", "--db", folder),
        fanscore_erase("canary", "--db", str(no_database)),
        fanscore_erase("canary", environment=[("FANSCORE_BACKEND", "paper")]),
        fanscore_erase("canary", "--db", path, environment=aws),
        fanscore_erase("canary", "--db", path, "--archive-days", "90"),
    ]
    assert [result.exit_code for result in results] == [2] * len(results)
    assert [result.stderr for result in results] == [
        f"fanscore: FAN: {RULE}\n",
        f"fanscore: --member: {RULE}\n",
        "fanscore: name a database, by --db or FANSCORE_DB\n",
        f"fanscore: {missing}: no such file\n",
        f"fanscore: {folder}: no such file\n",
        f"fanscore: database {no_database}: cannot be used: file is not a database\n",
        "fanscore: FANSCORE_BACKEND: expected embedded or aws\n",
        "fanscore: --db has no meaning with FANSCORE_BACKEND=aws\n",
        "fanscore: --archive-days has no meaning without FANSCORE_BACKEND=aws\n",
    ]

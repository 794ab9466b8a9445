from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fanscore_adapters.documents.receipts import read_receipts, receipt_line
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.cli.main import main
from fanscore_core.systems import DEMAND
from tests.stored_receipts import receipt, stored

FIRST = receipt(microseconds=1)
FAILED = receipt(event=None, microseconds=2, error="UNAVAILABLE")
LAST = receipt(event="evt7", microseconds=3)
LEAF_RULE = "LEAF: expected newest, or 8 to 64 hexadecimal digits"
EVERY = (FIRST, FAILED, LAST)


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Make a database with three receipts of a fan, and one of another."""
    database = str(tmp_path / "fanscore.db")
    with SqliteTables(database) as tables:
        tables.load(DEMAND, map(stored, (LAST, *EVERY, receipt("user124"))))
    return database


def run(*arguments: str) -> Result:
    """Run a command of the group."""
    clean = {"FANSCORE_DB": None, "FANSCORE_BACKEND": None}
    return CliRunner().invoke(main, ["receipts", *arguments], env=clean)


def told(result: Result) -> tuple[int, str, str]:
    """Return the exit status, and what was printed."""
    return result.exit_code, result.stdout, result.stderr


def row(moment: int, event: str, decided: object, leaf: str) -> str:
    """Return a row of the list."""
    return f"2026-11-01T07:30:00.00000{moment}Z\t{event}\t{decided}\t2026-11-01\t{leaf}\n"


def test_a_fans_receipts_are_listed(path: str) -> None:
    """They come in the order of time; those of one event alone if it is named."""
    rows = [
        row(1, "evt456", 87, FIRST.leaf),
        row(2, "-", "UNAVAILABLE", FAILED.leaf),
        row(3, "evt7", 87, LAST.leaf),
    ]
    assert told(run("list", "user123", "--db", path)) == (0, "".join(rows), "3 receipts\n")
    found = run("list", "user123", "--event", "evt7", "--db", path)
    assert told(found) == (0, rows[2], "1 receipt\n")
    assert told(run("list", "nobody", "--db", path)) == (0, "", "0 receipts\n")


@pytest.mark.parametrize("more", [["--json"], ["--output"]])
def test_lists_are_receipts_files(path: str, tmp_path: Path, more: Sequence[str]) -> None:
    """Printed or written, they are the lines that are read as receipts."""
    file = tmp_path / "receipts.jsonl"
    result = run(
        "list", "user123", "--db", path, *more, *([str(file)] if "--output" in more else [])
    )
    assert (result.exit_code, result.stderr) == (0, "3 receipts\n")
    if "--json" in more:
        file.write_bytes(result.stdout_bytes)
    else:
        assert result.stdout == ""
    with file.open("rb") as opened:
        assert tuple(read_receipts(opened)) == EVERY


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (["newest"], LAST),
        (["newest", "--event", "evt456"], FIRST),
        ([FAILED.leaf], FAILED),
        ([FAILED.leaf[:8].upper()], FAILED),
    ],
)
def test_one_receipt_is_shown(path: str, wanted: Sequence[str], shown: object) -> None:
    """It is found by its leaf, by the first digits of that, or as the newest."""
    assert isinstance(shown, type(FIRST))
    result = run("show", "user123", *wanted, "--db", path)
    assert json.loads(result.stdout) == {"leaf": shown.leaf, **json.loads(shown.canonical_bytes)}
    line = run("show", "user123", *wanted, "--db", path, "--json")
    assert told(line) == (0, receipt_line(shown), "")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["show", "user123", "0" * 64], 1, "there is no such receipt"),
        (["show", "nobody", "newest"], 1, "there is no such receipt"),
        (["show", "user123", "0" * 7], 2, LEAF_RULE),
        (["show", "user123", "0" * 65], 2, LEAF_RULE),
        (
            ["show", "user123", "newest!!"],
            2,
            "LEAF: expected newest, or 8 to 64 hexadecimal digits",
        ),
        (["list", "no id "], 2, "FAN: "),
        (["list", "user123", "--event", ""], 2, "--event: "),
        (["list", "user123", "--output", ""], 2, "--output: given without a value"),
    ],
)
def test_what_cannot_be_shown(path: str, arguments: Sequence[str], status: int, said: str) -> None:
    """One line says what is wrong."""
    result = run(*arguments, "--db", path)
    assert (result.exit_code, result.stdout) == (status, "")
    assert result.stderr.startswith(f"fanscore: {said}")
    assert result.stderr.count("\n") == 1


def test_a_receipt_that_was_changed_is_not_shown(path: str) -> None:
    """The table is named, and what is wrong with the item."""
    with SqliteTables(path) as tables:
        tables.load(DEMAND, [{**stored(FIRST), "leaf": LAST.leaf}])
    said = (
        "fanscore: demand_table is unavailable: malformed item: receipt.leaf: not the hash of the "
        "receipt beside it: one of the two was changed\n"
    )
    assert told(run("list", "user123", "--db", path)) == (1, "", said)


@pytest.mark.parametrize("command", [["list", "user123"], ["show", "user123", "newest"]])
def test_a_database_is_needed_and_stays_as_it_is(path: str, command: Sequence[str]) -> None:
    """Without a file there is nothing to read; with one, not a byte of its folder changes."""
    assert run(*command).stderr == "fanscore: name a database, by --db or FANSCORE_DB\n"
    folder = Path(path).parent
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert run(*command, "--db", path).exit_code == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before

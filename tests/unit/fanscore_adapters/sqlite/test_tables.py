from __future__ import annotations

import gc
import os
import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import pytest

from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import PageRange
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import (
    PAGE_BYTES,
    PARTITION_KEYS,
    ConditionFailedError,
    SqliteTables,
)
from fanscore_core.errors import InvalidInput
from tests.unit.fanscore_adapters.counting import count_up, count_up_in, counted
from tests.unit.fanscore_adapters.databases import item, raw

TABLES = ("fan_identity_table", "account_fanscore_table", "verification_table", "demand_table")
DEMAND = "demand_table"
SCORES = "account_fanscore_table"
WAIT_S = 600

OLD = {"PK": "a", "SK": "b", "version": 1, "price": Decimal("49.90")}
NEW = {"PK": "a", "SK": "b", "version": 2}
OLD_TEXT = '{"PK":"a","SK":"b","version":1,"price":49.90}'
NEW_TEXT = '{"PK":"a","SK":"b","version":2}'
AT = Key("a", "b")


def sort_keys(texts: list[str]) -> list[object]:
    """Give the sort keys of items."""
    items = map(parse_stored_json, texts)
    return [found["SK"] for found in items if isinstance(found, dict)]


def open_connections() -> int:
    """Count the connections of this process that something still holds."""
    gc.collect()
    return sum(is_open(found) for found in gc.get_objects() if type(found) is sqlite3.Connection)


def is_open(connection: sqlite3.Connection) -> bool:
    """Whether a connection has not been closed."""
    try:
        connection.total_changes  # noqa: B018  # raises where it has
    except sqlite3.ProgrammingError:
        return False
    return True


# Finding partitions


def test_the_first_partition_keys_of_a_prefix() -> None:
    """Partition keys are found in their order, each once, and none that begins otherwise."""
    keys = ["a", "ab", "ab!", "abc", "ac", "\U0010fffd", "\U0010fffdz"]
    with SqliteTables(IN_MEMORY) as tables:
        tables.load(DEMAND, [{"PK": pk, "SK": sk} for pk in keys for sk in ("x", "y")])
        assert tables.partition_keys(DEMAND, "ab", 9) == ["ab", "ab!", "abc"]
        assert tables.partition_keys(DEMAND, "ab", 2) == ["ab", "ab!"]
        assert tables.partition_keys(DEMAND, "b", 9) == []
        assert tables.partition_keys(DEMAND, "\U0010fffd", 9) == keys[-2:]
        assert tables.partition_keys(SCORES, "a", 9) == []


def test_finding_partition_keys_scans_no_table(tmp_path: Path) -> None:
    """Each partition key is one look by key, however much is stored."""
    path = str(tmp_path / "fans.db")
    with SqliteTables(path):
        pass
    statement = PARTITION_KEYS.format(table=DEMAND)
    with closing(sqlite3.connect(path)) as connection:
        values = {"start": "a", "end": "b", "limit": 3}
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    of_table = [step for *_, step in plan if DEMAND in step]
    assert len(of_table) == 2
    assert all(step.startswith(f"SEARCH {DEMAND} USING PRIMARY KEY") for step in of_table)


# Opening


def modes(folder: Path) -> dict[str, str]:
    """Give the mode of each file in a folder."""
    return {each.name: oct(each.stat().st_mode & 0o777) for each in folder.iterdir()}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_new_file_is_its_owners_alone(tmp_path: Path, path: str, umask: int) -> None:
    """Nobody else reads or writes a new database or what SQLite keeps beside it."""
    before = os.umask(umask)
    try:
        with SqliteTables(path) as tables:
            tables.put(DEMAND, item("a", "b"))
            found = modes(tmp_path)
    finally:
        os.umask(before)
    assert found == dict.fromkeys(("fans.db", "fans.db-shm", "fans.db-wal"), "0o600")


def test_an_existing_file_keeps_its_mode(tmp_path: Path, path: str) -> None:
    """Whoever shares a database with a group goes on doing so."""
    with SqliteTables(path) as tables:
        tables.put(DEMAND, item("a", "b"))
    Path(path).chmod(0o660)
    with SqliteTables(path) as tables:
        tables.put(DEMAND, item("a", "c"))
        assert set(modes(tmp_path).values()) == {"0o660"}


def test_what_is_in_memory_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database in memory leaves nothing behind, and no file of that name."""
    monkeypatch.chdir(tmp_path)
    with SqliteTables(IN_MEMORY) as tables:
        tables.put(DEMAND, item("a", "b"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_made_and_opened_again(path: str) -> None:
    """What was written to a file is there when it is opened again, in all four tables."""
    with SqliteTables(path) as tables:
        for table in TABLES:
            tables.put(table, item(table, "b"))
    with SqliteTables(path) as tables:
        assert [tables.look_up(table, [Key(table, "b")]) for table in TABLES] == [
            [f'{{"PK":"{table}","SK":"b"}}'] for table in TABLES
        ]


def test_memory_is_forgotten() -> None:
    """A database in memory ends with its object, and is nobody else's."""
    with SqliteTables(IN_MEMORY) as first, SqliteTables(IN_MEMORY) as second:
        first.put(DEMAND, OLD)
        assert second.look_up(DEMAND, [AT]) == [None]


def test_one_file_may_be_open_twice(path: str) -> None:
    """What one object writes, another one of the same file reads."""
    with SqliteTables(path) as first, SqliteTables(path) as second:
        first.put(DEMAND, OLD)
        assert second.look_up(DEMAND, [AT]) == [OLD_TEXT]
        second.put(DEMAND, NEW)
        assert first.look_up(DEMAND, [AT]) == [NEW_TEXT]


def test_closing_leaves_one_file(path: str, tmp_path: Path) -> None:
    """Closing ends every connection, so that no log or lock stays beside the database."""
    with SqliteTables(path) as tables, ThreadPoolExecutor(4) as executor:
        list(executor.map(lambda _: count_up(tables, 1), range(4)))
    assert [found.name for found in tmp_path.iterdir()] == ["fans.db"]


def test_a_file_that_is_no_database_is_refused(path: str) -> None:
    """A file of another kind is refused, and not touched."""
    content = b"PK,SK,item\n" * 100
    Path(path).write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        SqliteTables(path)
    assert str(refused.value) == f"database {path}: cannot be used: file is not a database"
    assert Path(path).read_bytes() == content


@pytest.mark.parametrize("name", [".", "no such folder/fans.db"])
def test_what_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    """A path where no file can be is refused."""
    path = str(tmp_path / name)
    with pytest.raises(InvalidInput) as refused:
        SqliteTables(path)
    assert str(refused.value) == f"database {path}: cannot be used: unable to open database file"


def test_another_layout_is_refused(path: str) -> None:
    """A database of another version is refused, and says which version it has."""
    with raw(path) as other:
        other.execute("PRAGMA user_version = 2")
    with pytest.raises(InvalidInput) as refused:
        SqliteTables(path)
    assert str(refused.value) == f"database {path}: has layout 2, expected 1"
    with raw(path) as other:
        assert other.execute("SELECT count(*) FROM sqlite_schema").fetchall() == [(0,)]


def test_what_is_refused_is_closed(path: str, tmp_path: Path) -> None:
    """A database that is refused is not kept open."""
    with raw(path) as other:
        other.execute("PRAGMA user_version = 2")
    with pytest.raises(InvalidInput) as refused:
        SqliteTables(path)
    # The error is still there, and with it all that it refers to.
    assert refused.value.where == f"database {path}"
    assert [found.name for found in tmp_path.iterdir()] == ["fans.db"]


def test_what_cannot_be_used_is_closed(path: str) -> None:
    """A connection to a file that is no database is not left to the garbage collector."""
    Path(path).write_bytes(b"PK,SK,item\n" * 100)
    before = open_connections()
    with pytest.raises(InvalidInput) as refused:
        SqliteTables(path)
    assert (refused.value.where, open_connections()) == (f"database {path}", before)


def test_opening_waits_for_a_writer(path: str) -> None:
    """A file that another process is writing to is waited for, when it is opened as later."""
    with raw(path) as other, ThreadPoolExecutor(1) as executor:
        other.execute("BEGIN IMMEDIATE")
        opened = executor.submit(SqliteTables, path)
        with pytest.raises(TimeoutError):  # for the least while, it only waits
            opened.result(0.1)
        other.execute("COMMIT")
        opened.result(WAIT_S).close()


# Reading


def test_items_come_in_the_order_of_the_keys(tables: SqliteTables) -> None:
    """Each key gets its own item, in the order asked, however often; an unknown key gets none."""
    tables.load(DEMAND, [item("p", sk) for sk in ("a", "b", "c")])
    wanted = [Key("p", "c"), Key("p", "x"), Key("p", "a"), Key("p", "c"), Key("q", "a")]
    assert tables.look_up(DEMAND, wanted) == [
        '{"PK":"p","SK":"c"}',
        None,
        '{"PK":"p","SK":"a"}',
        '{"PK":"p","SK":"c"}',
        None,
    ]
    assert tables.look_up(DEMAND, []) == []


def test_tables_are_apart(tables: SqliteTables) -> None:
    """One key means another item in each table."""
    tables.put(DEMAND, OLD)
    tables.put(SCORES, NEW)
    assert [tables.look_up(table, [AT]) for table in TABLES] == [
        [None],
        [NEW_TEXT],
        [None],
        [OLD_TEXT],
    ]


def test_keys_are_exact(tables: SqliteTables) -> None:
    """Keys that look like numbers or differ in case are keys of their own."""
    similar = [Key("1", "a"), Key("01", "a"), Key("1.0", "a"), Key("1", "A"), Key("1 ", "a")]
    tables.load(DEMAND, [item(pk, sk) for pk, sk in similar])
    texts = [f'{{"PK":"{pk}","SK":"{sk}"}}' for pk, sk in similar]
    assert tables.look_up(DEMAND, similar) == texts


def test_a_prefix_finds_its_range(tables: SqliteTables) -> None:
    """Each prefix gets the items of its partition that begin with it, ordered by sort key."""
    found = ["d#e-", "d#e-!", "d#e-1", "d#e-A", "d#e-a", "d#e-a-b", "d#e-~", "d#e-~~"]
    others = ["", "d#e", "d#e%2D-1", "d#e,", "d#e.", "d#f-1", "d", "D#E-1", "e"]
    tables.load(DEMAND, [item("p", sk) for sk in sorted([*found, *others], reverse=True)])
    tables.load(DEMAND, [item("q", "d#e-1"), item("", "d#e-1")])
    prefixes = [Key("p", "d#e-"), Key("q", "d#e-"), Key("r", "d#e-"), Key("p", "d#e-a")]
    assert [sort_keys(texts) for texts in tables.begins_with(DEMAND, prefixes)] == [
        found,
        ["d#e-1"],
        [],
        ["d#e-a", "d#e-a-b"],
    ]
    assert tables.begins_with(DEMAND, []) == []


def test_any_number_of_keys_is_one_read(tables: SqliteTables) -> None:
    """Thousands of keys are read together."""
    wanted = [Key(f"p{number}", "a") for number in range(5_000)]
    tables.load(DEMAND, (item(pk, sk) for pk, sk in wanted[::2]))
    found = tables.look_up(DEMAND, wanted)
    assert found == [
        None if number % 2 else f'{{"PK":"p{number}","SK":"a"}}' for number in range(5_000)
    ]
    assert [len(texts) for texts in tables.begins_with(DEMAND, wanted)] == [1, 0] * 2_500


# Writing


def test_a_put_replaces(tables: SqliteTables) -> None:
    """Without a condition, an item is written over the one that is there."""
    tables.put(DEMAND, OLD)
    assert tables.look_up(DEMAND, [AT]) == [OLD_TEXT]
    tables.put(DEMAND, NEW)
    assert tables.look_up(DEMAND, [AT]) == [NEW_TEXT]


def test_a_condition_sees_what_is_stored(tables: SqliteTables) -> None:
    """A condition is asked once, with the item that would be replaced, or with ``None``."""
    seen: list[object] = []

    def note(stored: object) -> bool:
        seen.append(stored)
        return True

    tables.put(DEMAND, OLD, note)
    tables.put(DEMAND, NEW, note)
    assert seen == [None, OLD]
    assert tables.look_up(DEMAND, [AT]) == [NEW_TEXT]


def test_a_failed_condition_writes_nothing(tables: SqliteTables) -> None:
    """A condition that is not met leaves the stored item, and the error holds it."""
    with pytest.raises(ConditionFailedError) as nothing:
        tables.put(DEMAND, NEW, when=lambda stored: stored is not None)
    assert (nothing.value.stored, tables.look_up(DEMAND, [AT])) == (None, [None])
    tables.put(DEMAND, OLD)
    with pytest.raises(ConditionFailedError) as something:
        tables.put(DEMAND, NEW, when=lambda stored: stored is None)
    assert (something.value.stored, tables.look_up(DEMAND, [AT])) == (OLD, [OLD_TEXT])


def test_a_condition_that_fails_itself_does_no_harm(tables: SqliteTables) -> None:
    """A bug in a condition writes nothing, and leaves the tables usable."""

    def bug(_stored: object) -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tables.put(DEMAND, OLD, bug)
    tables.put(DEMAND, NEW)
    assert tables.look_up(DEMAND, [AT]) == [NEW_TEXT]


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"PK": "a"},
        {"SK": "b"},
        {"PK": "a", "SK": None},
        {"PK": 1, "SK": "b"},
        {"PK": "a", "SK": "b", "score": 0.5},
        {"PK": "a", "SK": "b", "score": Decimal("NaN")},
        {"PK": "a", "SK": "b", "tags": {"x"}},
        {"PK": "\ud800", "SK": "b"},
        {"PK": "a", "SK": "\udfff"},
    ],
    ids=range(10),
)
def test_a_bad_item_is_refused(tables: SqliteTables, bad: Mapping[str, object]) -> None:
    """An item without keys, or one that is not JSON, is not written, and neither is its batch."""
    tables.put(DEMAND, OLD)
    with pytest.raises(InvalidInput):
        tables.put(DEMAND, bad)
    with pytest.raises(InvalidInput):
        tables.load(DEMAND, [item("x", "y"), NEW, bad, item("z", "y")])
    wanted = [AT, Key("x", "y"), Key("z", "y")]
    assert tables.look_up(DEMAND, wanted) == [OLD_TEXT, None, None]


def test_a_load_is_all_or_nothing(tables: SqliteTables) -> None:
    """Where the items themselves fail half-way, none is written, and the tables stay usable."""

    def failing() -> Iterator[Mapping[str, object]]:
        yield NEW
        raise ZeroDivisionError

    tables.put(DEMAND, OLD)
    with pytest.raises(ZeroDivisionError):
        tables.load(DEMAND, failing())
    assert tables.look_up(DEMAND, [AT]) == [OLD_TEXT]
    tables.load(DEMAND, iter([item("x", "y"), OLD, NEW]))
    assert tables.look_up(DEMAND, [AT, Key("x", "y")]) == [NEW_TEXT, '{"PK":"x","SK":"y"}']


# Together


def test_threads_lose_nothing(tables: SqliteTables) -> None:
    """Threads that count up by conditional writes, trying again, lose no count."""
    with ThreadPoolExecutor(8) as executor:
        for done in [executor.submit(count_up, tables, 25) for _ in range(8)]:
            done.result(WAIT_S)
    assert counted(tables) == 200


def test_processes_lose_nothing(path: str) -> None:
    """Processes that count up by conditional writes, trying again, lose no count."""
    with (
        SqliteTables(path) as tables,
        ProcessPoolExecutor(4, get_context("spawn")) as executor,
    ):
        for done in [executor.submit(count_up_in, path, 50) for _ in range(4)]:
            done.result(WAIT_S)
        assert counted(tables) == 200


def test_a_reader_does_not_wait_for_a_writer(path: str) -> None:
    """While another program writes, what was there before is read at once."""
    with SqliteTables(path) as tables, raw(path) as other:
        tables.put(DEMAND, OLD)
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM demand_table")
        assert tables.look_up(DEMAND, [AT]) == [OLD_TEXT]
        other.execute("COMMIT")
        assert tables.look_up(DEMAND, [AT]) == [None]


@pytest.mark.usefixtures("impatient")
def test_a_writer_that_gets_no_turn_does_no_harm(path: str) -> None:
    """A put that waits in vain writes nothing, and the next one finds the tables usable."""
    with SqliteTables(path) as tables, raw(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            tables.put(DEMAND, OLD)
        other.execute("ROLLBACK")
        assert tables.look_up(DEMAND, [AT]) == [None]
        tables.put(DEMAND, NEW)
        assert tables.look_up(DEMAND, [AT]) == [NEW_TEXT]


# Pages


def test_a_page_ends_at_its_limit(tables: SqliteTables) -> None:
    """A page has no more than so many items, and says where the next begins if there is one."""
    tables.load(DEMAND, [item("p", f"d#{sk}") for sk in "abc"])
    tables.load(DEMAND, [item("p", "d"), item("p", "e"), item("q", "d#d")])
    prefix = Key("p", "d#")
    found = [
        (sort_keys(texts), rest)
        for texts, rest in (
            tables.page(DEMAND, prefix, PageRange(limit, start))
            for limit, start in ((2, None), (3, None), (2, "d#b"), (2, "d#c"), (1, "d#"))
        )
    ]
    assert found == [
        (["d#a", "d#b"], "b"),
        (["d#a", "d#b", "d#c"], None),
        (["d#c"], None),
        ([], None),
        (["d#a"], "a"),
    ]


@pytest.mark.parametrize(
    ("sizes", "counts"),
    [
        ([300_000] * 7, [3, 3, 1]),
        ([PAGE_BYTES, 1, 1], [1, 2]),
        ([1, PAGE_BYTES, 1], [1, 1, 1]),
        ([2 * PAGE_BYTES, 2 * PAGE_BYTES], [1, 1]),
    ],
)
def test_a_page_ends_at_a_megabyte(
    tables: SqliteTables, sizes: list[int], counts: list[int]
) -> None:
    """A page is no larger than 1 MB of text, unless its only item is."""
    tables.load(
        DEMAND,
        [item("p", f"d#{number}", text="x" * size) for number, size in enumerate(sizes)],
    )
    found: list[int] = []
    start: str | None = None
    while True:
        texts, rest = tables.page(DEMAND, Key("p", "d#"), PageRange(100, start))
        found.append(len(texts))
        if rest is None:
            break
        start = f"d#{rest}"
    assert found == counts

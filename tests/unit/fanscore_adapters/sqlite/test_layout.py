"""Whose file it is, and what opening one changes."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import PageRange
from fanscore_adapters.sqlite.connection import Access
from fanscore_adapters.sqlite.layout import APPLICATION_ID, EVENT_TABLES
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import TABLES
from tests.unit.fanscore_adapters.databases import item, raw

DEMAND = "demand_table"
AT = Key("a", "b")
TEXT = '{"PK":"a","SK":"b"}'
NOBODY = 65534

both = pytest.mark.parametrize("tables", [SqliteTables, EventStore])
each_access = pytest.mark.parametrize("access", Access)


def files(folder: Path) -> Mapping[str, bytes]:
    """Give the files of a folder, with every byte."""
    return {found.name: found.read_bytes() for found in folder.iterdir()}


def make(path: str, *statements: str) -> None:
    """Make a database as another program would."""
    with raw(path) as other:
        for statement in statements:
            other.execute(statement)


def table_of_today(name: str) -> str:
    """Make a table as before there was a mark."""
    return f"CREATE TABLE {name} (PK TEXT, SK TEXT, item TEXT, PRIMARY KEY (PK, SK)) WITHOUT ROWID"


@both
def test_a_new_file_is_marked_as_ours(path: str, tables: type[SqliteTables | EventStore]) -> None:
    """The header of a file says whose it is."""
    tables(path).close()
    with raw(path) as other:
        assert other.execute("PRAGMA application_id").fetchall() == [(APPLICATION_ID,)]
    assert Path(path).read_bytes()[68:72] == b"fans"


FOREIGN = {
    "tables": ("CREATE TABLE theirs (fan)",),
    "tables in a log": ("PRAGMA journal_mode = WAL", "CREATE TABLE theirs (fan)"),
    "the same version": ("CREATE TABLE theirs (fan)", "PRAGMA user_version = 1"),
    "one table called as ours": ("CREATE TABLE posts (fan)",),
    "some tables called as ours": (table_of_today(TABLES[0]), "PRAGMA user_version = 1"),
    "our tables without a version": tuple(map(table_of_today, TABLES)),
    "another mark": ("PRAGMA application_id = 1",),
}


@pytest.mark.parametrize("statements", FOREIGN.values(), ids=list(FOREIGN))
@each_access
@both
def test_the_file_of_another_program_is_not_touched(
    path: str,
    tmp_path: Path,
    tables: type[SqliteTables | EventStore],
    access: Access,
    statements: tuple[str, ...],
) -> None:
    """A file that is not ours is refused in one line, and stays as it is, to the byte."""
    make(path, *statements)
    before = files(tmp_path)
    with pytest.raises(InvalidInput) as refused:
        tables(path, access)
    assert str(refused.value) == f"database {path}: is another program's: it is not touched"
    assert files(tmp_path) == before


def test_what_another_program_has_not_written_back_is_not_either(path: str, tmp_path: Path) -> None:
    """The log of another program, which has the file open, is not written into the file."""
    with raw(path) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE theirs (fan)")
        before = {name: text for name, text in files(tmp_path).items() if "shm" not in name}
        with pytest.raises(InvalidInput):
            SqliteTables(path)
        after = files(tmp_path)
        assert {name: text for name, text in after.items() if "shm" not in name} == before


@each_access
def test_a_file_of_before_the_mark_is_ours(path: str, access: Access) -> None:
    """A file with our tables and our version is used as it is; for writing, it is marked."""
    insert = f"INSERT INTO {DEMAND} VALUES ('a', 'b', '{TEXT}')"  # noqa: S608  # ours
    make(path, *map(table_of_today, TABLES), "PRAGMA user_version = 1", insert)
    with SqliteTables(path, access) as tables:
        assert tables.look_up(DEMAND, [AT]) == [TEXT]
    with raw(path) as other:
        (mark,) = other.execute("PRAGMA application_id").fetchone()
    assert mark == (APPLICATION_ID if access is Access.WRITE else 0)


def test_a_file_where_the_bus_came_first_is_ours(path: str) -> None:
    """A file of before the mark may hold the tables of the bus alone."""
    make(path, *(f"CREATE TABLE {name} (x)" for name in EVENT_TABLES))
    with SqliteTables(path) as tables:
        assert tables.look_up(DEMAND, [AT]) == [None]


def test_who_reads_changes_nothing(path: str, tmp_path: Path) -> None:
    """Reading leaves the file and its folder as they are, to the byte, and cannot write."""
    with SqliteTables(path) as tables:
        tables.put(DEMAND, item("a", "b"))
    before = files(tmp_path)
    with SqliteTables(path, Access.READ) as tables, EventStore(path, Access.READ) as events:
        assert tables.look_up(DEMAND, [AT]) == [TEXT]
        assert events.undelivered() == ()
        with pytest.raises(sqlite3.OperationalError):
            tables.put(DEMAND, item("a", "c"))
        assert files(tmp_path) == before
    assert files(tmp_path) == before


def test_who_reads_sees_what_writers_write(path: str) -> None:
    """While another has the file open, its newest writes are read, too."""
    with SqliteTables(path) as writing:
        with SqliteTables(path, Access.READ) as reading:
            writing.put(DEMAND, item("a", "b"))
            assert reading.look_up(DEMAND, [AT]) == [TEXT]
        with EventStore(path) as events:
            events.record_post("k", "sync", "{}", events_moment())
            with EventStore(path, Access.READ) as others:
                assert [key for key, _, _ in others.posts()] == ["k"]


def events_moment() -> datetime:
    """Give some moment."""
    return datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "nothing"])
def test_who_reads_needs_fans(path: str, text: str) -> None:
    """A file without our tables has nothing to read, and says how to get some."""
    if text:
        EventStore(path).close()
    else:
        Path(path).touch()
    with pytest.raises(InvalidInput) as refused:
        SqliteTables(path, Access.READ)
    assert str(refused.value) == f"database {path}: has no fans; 'fanscore sample' makes some"


def test_a_table_of_ones_own_that_came_later(path: str) -> None:
    """To who only reads a database of before, it is empty; who writes makes it."""
    with SqliteTables(path) as before:
        before.put(DEMAND, item("a", "b"))
    with SqliteTables(path, Access.READ, own=["own_table"]) as tables:
        assert tables.look_up(DEMAND, [AT]) == [TEXT]
        assert tables.look_up("own_table", [AT]) == [None]
        assert tables.begins_with("own_table", [Key("a", "")]) == [[]]
        assert tables.page("own_table", Key("a", ""), PageRange(1, None)) == ([], None)
        assert tables.partition("own_table", "a") == []
    with SqliteTables(path, own=["own_table"]) as tables:
        tables.put("own_table", item("a", "b"))
        assert tables.look_up("own_table", [AT]) == [TEXT]


def test_a_path_is_never_a_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What begins with ``file:`` is the name of a file, for who writes and for who reads."""
    monkeypatch.chdir(tmp_path)
    with SqliteTables("file:x.db") as tables:
        tables.put(DEMAND, item("a", "b"))
    with SqliteTables("file:x.db", Access.READ) as tables:
        assert tables.look_up(DEMAND, [AT]) == [TEXT]
    assert [found.name for found in tmp_path.iterdir()] == ["file:x.db"]
    with SqliteTables("a%3Fb?mode=memory#c.db") as tables:
        tables.put(DEMAND, item("a", "b"))
    assert (tmp_path / "a%3Fb?mode=memory#c.db").is_file()


@contextmanager
def nobody() -> Iterator[None]:
    """Be a user who owns nothing, if this is the one who may do all."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only() -> Iterator[str]:
    """Name a database in a folder that becomes read-only once it is closed."""
    with tempfile.TemporaryDirectory() as folder:
        yield str(Path(folder, "fans.db"))
        Path(folder).chmod(0o700)


def protect(path: str) -> None:
    """Let nobody write to a folder and its files."""
    for found in Path(path).parent.iterdir():
        found.chmod(0o444)
    Path(path).parent.chmod(0o555)


@pytest.mark.parametrize("has_empty_log", [False, True])
def test_a_read_only_file_system(read_only: str, has_empty_log: bool) -> None:
    """Where nothing can be written, a database that was closed can be read."""
    with SqliteTables(read_only) as tables:
        tables.put(DEMAND, item("a", "b"))
    if has_empty_log:
        Path(f"{read_only}-wal").touch()
    protect(read_only)
    with nobody(), SqliteTables(read_only, Access.READ) as tables:
        assert tables.look_up(DEMAND, [AT]) == [TEXT]
    with nobody(), pytest.raises(InvalidInput) as refused:
        SqliteTables(read_only)
    assert str(refused.value).startswith(f"database {read_only}: cannot be used: ")


def test_a_log_that_cannot_be_read(read_only: str) -> None:
    """Where writes stand in a log that a read-only file system does not let read, that is told."""
    with closing(SqliteTables(read_only)) as tables:
        tables.put(DEMAND, item("a", "b"))
        copies = {
            f"{read_only}{end}": Path(f"{read_only}{end}").read_bytes() for end in ("", "-wal")
        }
    for name, content in copies.items():
        Path(name).write_bytes(content)
    protect(read_only)
    with nobody(), pytest.raises(InvalidInput) as refused:
        SqliteTables(read_only, Access.READ)
    assert str(refused.value).startswith(f"database {read_only}: cannot be used: ")

"""Which database is ours: its mark, its version, and the tables that it may have."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from fanscore_adapters.sqlite.connection import (
    IN_MEMORY,
    Access,
    Connect,
    connect,
    roll_back,
    transaction,
    write_ahead,
)
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import TABLES

APPLICATION_ID = 0x66616E73
"""``fans``, in the header of the file (https://www.sqlite.org/fileformat.html#application_id)."""

LAYOUT_VERSION = 1

EVENT_TABLES = ("user_events", "deliveries", "dead_letters", "posts")
"""What the local bus keeps beside the four tables."""


OWN = "own_"
"""Begins the names of one's own tables in the file, so that none can be one of ours."""

_is_name = re.compile(r"[a-z][a-z0-9_]{0,63}").fullmatch


def own_table(name: str) -> str:
    """Return what a table of one's own is called in the file.

    Raises:
        InvalidInput: it cannot be a table's name.
    """
    if not _is_name(name):
        raise InvalidInput("table", "expected small letters, digits and _")
    return OWN + name


def other_tables(tables: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the names of tables of one's own, among those of a file, that are not known."""
    found = {name for name in tables if name.startswith(OWN)} - {*known}
    return tuple(sorted(name.removeprefix(OWN) for name in found))


def open_database(
    path: str, access: Access, connect: Connect, lay_out: Callable[[sqlite3.Connection], object]
) -> tuple[sqlite3.Connection, frozenset[str]]:
    """Open a database of ours; for writing, lay it out and mark it as ours.

    Args:
        path: of the file, plain; or ``:memory:``.
        access: to read only leaves the file and its folder as they are.
        connect: makes a connection.
        lay_out: makes missing tables, in a transaction.

    Returns:
        the connection, and the names of the tables that were there before.

    Raises:
        InvalidInput: the file cannot be opened, is another program's or of another version, or
            there can be no write-ahead log.
    """
    with _unusable(path):
        if access is Access.WRITE:
            refuse_foreign(path, connect)
        connection = connect(path, access)
        try:
            tables = check_layout(connection, path)
            if access is Access.WRITE:
                write_ahead(connection, f"database {path}")
                with transaction(connection):
                    check_layout(connection, path)  # somebody else may have been faster
                    lay_out(connection)
                    _mark_layout(connection)
        except BaseException:
            connection.close()
            raise
    return connection, tables


@contextmanager
def _unusable(path: str) -> Iterator[None]:
    """Name the database where SQLite cannot use it."""
    try:
        yield
    except sqlite3.Error as error:
        where = f"database {path}"
        raise InvalidInput(where, f"cannot be used: {error}") from error


def refuse_foreign(path: str, connect: Connect = connect) -> None:
    """Refuse the file of another program before anything is written to it.

    Raises:
        InvalidInput: it is another program's, or of another version.
    """
    file = Path(path)
    if path == IN_MEMORY or not file.is_file() or file.stat().st_size == 0:
        return
    # What cannot be read now is reported when it is opened for writing.
    with suppress(sqlite3.Error), closing(connect(path, Access.READ)) as connection:
        check_layout(connection, path)


def check_layout(connection: sqlite3.Connection, path: str) -> frozenset[str]:
    """Check that a database is ours, or empty; give the names of its tables.

    A file without our mark is ours if it has the tables and the version of before there was one.

    Raises:
        InvalidInput: it is another program's, or of another version.
        sqlite3.Error: it cannot be read.
    """
    if connection.in_transaction:
        application, version, tables = _read(connection)
    else:
        connection.execute("BEGIN")  # so that all three are of one moment
        try:
            application, version, tables = _read(connection)
        finally:
            roll_back(connection)
    where = f"database {path}"
    is_marked = application == APPLICATION_ID
    if not is_marked and (application or (tables and not _are_ours(tables, version))):
        raise InvalidInput(where, "is another program's: it is not touched")
    if version not in {0, LAYOUT_VERSION}:
        raise InvalidInput(where, f"has layout {version}, expected {LAYOUT_VERSION}")
    return tables


def _read(connection: sqlite3.Connection) -> tuple[int, int, frozenset[str]]:
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version, frozenset(str(name) for (name,) in names)


def _are_ours(tables: frozenset[str], version: int) -> bool:
    if version == 0:  # the bus came first
        return tables == set(EVENT_TABLES)
    return tables >= set(TABLES)


def _mark_layout(connection: sqlite3.Connection) -> None:
    """Mark a database as ours, within a transaction that lays it out."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")

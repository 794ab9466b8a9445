"""Connections to the embedded database: safe for several threads and processes."""

from __future__ import annotations

import enum
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TypeAlias

from fanscore_core.errors import InvalidInput, Unavailable

IN_MEMORY = ":memory:"

BUSY_TIMEOUT_S = 5.0
"""How long a writer waits for its turn."""

BUSY_POLL_S = 0.01

_OWNER_ONLY = 0o600

_PRIMARY_CODE = 0xFF
"""Which bits of a result code tell its kind (https://sqlite.org/rescode.html)."""


class Access(enum.Enum):
    """What a database is opened for."""

    READ = "ro"
    WRITE = "rwc"


Connect: TypeAlias = Callable[[str, Access], sqlite3.Connection]


def connect(path: str, access: Access = Access.WRITE) -> sqlite3.Connection:
    """Connect to a database; for writing, make a missing one.

    Who reads changes nothing, and needs no right to: not even the files beside a database that
    nobody has open are made.

    Args:
        path: plain, never a URI; or ``:memory:``.
        access: what for.

    A new file can be read and written by its owner alone, for it holds personal data; the mode of
    an existing one stays as it is. SQLite gives what it writes beside it the same mode
    (https://sqlite.org/src/doc/trunk/src/os_unix.c: ``findCreateFileMode``).

    Raises:
        sqlite3.Error: the file cannot be opened, or is no database.
    """
    if path == IN_MEMORY:
        return _opened(path)
    uri = Path(path).absolute().as_uri()
    if access is Access.WRITE:
        _create(path)
        return _opened(f"{uri}?mode=rwc")
    # Where there is no log, nobody else has the file open: it is all there is to read.
    if _log_size(path) is None:
        return _opened(f"{uri}?immutable=1")
    try:
        return _opened(f"{uri}?mode=ro")
    except sqlite3.OperationalError:
        # To read a log takes a file of locks, which a read-only file system does not allow.
        if not _log_size(path):
            return _opened(f"{uri}?immutable=1")
        raise


def _create(path: str) -> None:
    """Make an empty file, which is an empty database to SQLite, unless there is one."""
    with suppress(OSError):  # SQLite says better what is wrong with the path
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))


def _log_size(path: str) -> int | None:
    try:
        return Path(f"{path}-wal").stat().st_size
    except OSError:
        return None


def _opened(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        name,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        uri=name != IN_MEMORY,
    )
    try:
        # In WAL mode, NORMAL survives a killed process; a power cut may cost the last writes.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA user_version").fetchone()  # the first to read the file
    except BaseException:
        connection.close()
        raise
    return connection


def write_ahead(connection: sqlite3.Connection, where: str) -> None:
    """Switch to the write-ahead log. SQLite does not wait for others here, so this does.

    Args:
        connection: to the database.
        where: what an error names.

    Raises:
        sqlite3.Error: others kept writing, or the file cannot be written.
        InvalidInput: there can be no such log, on a network file system for instance.
    """
    mode = _journal_mode(connection)
    if mode not in {"wal", "memory"}:
        raise InvalidInput(where, f"cannot be used: needs a write-ahead log, got mode {mode}")


def _journal_mode(connection: sqlite3.Connection) -> object:
    expires_at = monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or monotonic() > expires_at:
                raise
            sleep(BUSY_POLL_S)
        else:
            return mode


def _is_busy(error: sqlite3.OperationalError) -> bool:
    code: int = getattr(error, "sqlite_errorcode", 0)  # Python's own errors have none
    return code & _PRIMARY_CODE == sqlite3.SQLITE_BUSY


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write alone, and all or nothing.

    Where it fails and cannot be rolled back either, the connection is still in it: ``roll_back``.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def roll_back(connection: sqlite3.Connection) -> bool:
    """Leave a transaction that was not finished; whether the connection is in none then."""
    try:
        if connection.in_transaction:  # SQLite may have rolled back by itself
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        return False
    return True


@contextmanager
def as_unavailable(system: str) -> Iterator[None]:
    """Raise what SQLite cannot do as ``Unavailable``, of a table or another system."""
    try:
        yield
    except sqlite3.Error as error:
        raise unavailable(system, error) from error


def unavailable(system: str, error: sqlite3.Error) -> Unavailable:
    """Make the answer of a table or another system where SQLite fails."""
    return Unavailable(system, f"SQLite: {type(error).__name__}")

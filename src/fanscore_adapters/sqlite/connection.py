"""Connections to the embedded database: safe for several threads and processes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep

from fanscore_core.errors import Unavailable

BUSY_TIMEOUT_S = 5.0
"""How long a writer waits for its turn."""

BUSY_POLL_S = 0.01

_IN_MEMORY = ":memory:"
_OWNER_ONLY = 0o600


def connect(path: str) -> sqlite3.Connection:
    """Connect to a database, and make it where there is none.

    A new file can be read and written by its owner alone, for it holds personal data; the mode of
    an existing one stays as it is. SQLite gives what it writes beside it the same mode
    (https://sqlite.org/src/doc/trunk/src/os_unix.c: ``findCreateFileMode``).

    Raises:
        sqlite3.Error: the file cannot be opened, or is no database.
    """
    if path != _IN_MEMORY:
        _create(path)
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        # In WAL mode, NORMAL survives a killed process; a power cut may cost the last writes.
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _create(path: str) -> None:
    """Make an empty file, which is an empty database to SQLite, unless there is one."""
    with suppress(OSError):  # SQLite says better what is wrong with the path
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))


def write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log. SQLite does not wait for others here, so this does.

    Raises:
        sqlite3.Error: others kept writing.
    """
    expires_at = monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if monotonic() > expires_at:
                raise
            sleep(BUSY_POLL_S)
        else:
            return


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write alone, and all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite may have rolled back by itself
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def told_of(system: str) -> Iterator[None]:
    """Tell what SQLite cannot do as ``Unavailable``, of a table or another system."""
    try:
        yield
    except sqlite3.Error as error:
        raise unavailable(system, error) from error


def unavailable(system: str, error: sqlite3.Error) -> Unavailable:
    """Make the answer of a table or another system where SQLite fails."""
    return Unavailable(system, f"SQLite: {type(error).__name__}")

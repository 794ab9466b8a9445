"""Connections lent to threads: each to one at a time, and in no transaction.

One that cannot leave a transaction which failed is lent to nobody else: closing it rolls back. In
memory, where that would close the database, it is tried again before the next.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TypeAlias

from fanscore_adapters.sqlite.connection import BUSY_TIMEOUT_S, roll_back

Another: TypeAlias = Callable[[], sqlite3.Connection] | None
"""Makes another connection to the same database; ``None`` in memory, where there is only one."""

_STUCK = "a transaction that failed cannot be left"


class ConnectionPool:
    """As many connections as there are threads that want one at the same time."""

    def __init__(self, first: sqlite3.Connection, another: Another) -> None:
        """Take a connection over, which is open."""
        self._another = another
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._idle.put(first)
        self._is_closed = False

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection.

        Raises:
            sqlite3.Error: there is none.
        """
        connection = self._take()
        try:
            if not roll_back(connection):
                raise sqlite3.OperationalError(_STUCK)
            yield connection
        finally:
            if roll_back(connection) or self._another is None:
                self._idle.put(connection)
            else:
                connection.close()
            if self._is_closed:
                self._close_idle()

    def close(self) -> None:
        """Close every connection: those that are lent when they come back."""
        self._is_closed = True
        self._close_idle()

    def _take(self) -> sqlite3.Connection:
        is_worth_waiting = self._another is None and not self._is_closed
        try:
            return self._idle.get(block=is_worth_waiting, timeout=BUSY_TIMEOUT_S)
        except Empty as error:
            if self._another is None:
                problem = "the database in memory is closed or busy"
                raise sqlite3.OperationalError(problem) from error
            return self._another()

    def _close_idle(self) -> None:
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()


class SharedConnection:
    """One connection, for which threads wait in turn."""

    def __init__(self, first: sqlite3.Connection, another: Another) -> None:
        """Take a connection over, which is open."""
        self._another = another
        self._connection = first
        self._lock = Lock()
        self._is_closed = False

    @contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection.

        Raises:
            sqlite3.Error: it is closed, or can be neither used nor replaced.
        """
        with self._lock:
            if not roll_back(self._connection):
                self._replace()
            try:
                yield self._connection
            finally:
                if not roll_back(self._connection) and self._another is not None:
                    self._connection.close()

    def close(self) -> None:
        """Close it, when it comes back."""
        with self._lock:
            self._is_closed = True
            self._connection.close()

    def _replace(self) -> None:
        if self._is_closed or self._another is None:
            problem = "closed" if self._is_closed else _STUCK
            raise sqlite3.OperationalError(problem)
        self._connection.close()
        self._connection = self._another()

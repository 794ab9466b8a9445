from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread
from typing import TypeAlias

import attrs
import pytest

from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.sqlite.tables import SqliteTables

GIVEN_TO_FAIL_S = 0.3
TIMES = 60

Tables: TypeAlias = "type[SqliteTables | EventStore]"

both = pytest.mark.parametrize("tables", [SqliteTables, EventStore])


@attrs.define
class Opening:
    """An attempt to open a database, in a thread of its own.

    Attributes:
        tables: what to open.
        path: of the file.
        before: what to wait for.
        failure: why it did not succeed, if it did not.
    """

    tables: Tables
    path: str
    before: Callable[[], object] = lambda: None
    failure: Exception | None = None
    thread: Thread = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin."""
        self.thread = Thread(target=self._open)
        self.thread.start()

    def _open(self) -> None:
        self.before()
        try:
            self.tables(self.path).close()
        except Exception as error:  # noqa: BLE001  # whatever it is, the test shows it
            self.failure = error


@both
def test_a_database_that_others_are_writing(tables: Tables, tmp_path: Path) -> None:
    """A new database that somebody else is just writing to is waited for."""
    path = str(tmp_path / "fans.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA user_version = 1")
        other.execute("BEGIN IMMEDIATE")
        opening = Opening(tables, path)
        opening.thread.join(GIVEN_TO_FAIL_S)
        other.execute("COMMIT")
    opening.thread.join()
    assert opening.failure is None


@both
def test_a_new_database_that_many_open(tables: Tables, tmp_path: Path) -> None:
    """Several can open a database that is not there yet, at the same time."""
    for number in range(TIMES):
        barrier = Barrier(8)
        path = str(tmp_path / f"fans{number}.db")
        openings = [Opening(tables, path, barrier.wait) for _ in range(8)]
        for opening in openings:
            opening.thread.join()
        assert [opening.failure for opening in openings] == [None] * 8

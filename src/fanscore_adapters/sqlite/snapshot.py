"""All items of the embedded store, as they were at one moment, in bounded memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from fanscore_adapters.items.operations import Item
from fanscore_adapters.sqlite.connection import IN_MEMORY, Access, connect, roll_back
from fanscore_adapters.sqlite.layout import open_database, own_table
from fanscore_adapters.sqlite.tables import item_of
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import TABLES


@contextmanager
def snapshot(path: str, own: Sequence[str] = ()) -> Iterator[Mapping[str, Iterator[Item]]]:
    """Open the tables of a database in one read transaction; the file stays as it is.

    Args:
        path: of the file.
        own: the names of tables beside the four; one that is not there has no items.

    Yields:
        the items of each table, ordered by their keys. What others write meanwhile is not there.

    Raises:
        InvalidInput: the database cannot be used; while items are read, that one is no JSON object,
            naming its table and its number.
    """
    if path == IN_MEMORY:
        raise InvalidInput("database", "expected a file: what is in memory ends with its program")
    names = {name: name for name in TABLES} | {name: own_table(name) for name in own}
    connection, tables = open_database(path, Access.READ, connect, lambda _: None)
    with closing(connection):
        if not tables >= set(TABLES):
            raise InvalidInput(f"database {path}", "has no fans; 'fanscore sample' makes some")
        connection.execute("BEGIN")
        try:
            connection.execute("SELECT 1 FROM sqlite_schema").fetchone()  # this is the moment
            yield {
                name: _items(connection, path, name, stored_as) if stored_as in tables else iter(())
                for name, stored_as in names.items()
            }
        finally:
            roll_back(connection)


def _items(connection: sqlite3.Connection, path: str, name: str, stored_as: str) -> Iterator[Item]:
    select = f"SELECT item FROM {stored_as} ORDER BY PK, SK"  # noqa: S608  # a checked name
    try:
        with closing(connection.execute(select)) as rows:
            for number, (text,) in enumerate(rows, 1):
                try:
                    yield item_of(text)
                except InvalidInput as error:
                    raise InvalidInput(f"{name}: item {number}", error.problem) from error
    except sqlite3.Error as error:
        raise InvalidInput(f"database {path}", f"cannot be read: {error}") from error

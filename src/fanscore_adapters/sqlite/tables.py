"""The embedded store: the four tables in one SQLite file, or in memory.

Items are JSON documents under ``PK`` and ``SK``, as in DynamoDB. Safe for several threads and
processes: readers do not wait (write-ahead log), writers take turns.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import Self

import attrs

from fanscore_adapters.documents.converter import id_text
from fanscore_adapters.documents.json_text import json_text, parse_stored_json
from fanscore_adapters.erasure import Held
from fanscore_adapters.items.escapes import end_of_prefix
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import (
    Item,
    PageRange,
    Put,
    refusal,
)
from fanscore_adapters.sqlite.connection import (
    IN_MEMORY,
    Access,
    Connect,
    as_unavailable,
    connect,
    transaction,
)
from fanscore_adapters.sqlite.layout import LAYOUT_VERSION, open_database, other_tables, own_table
from fanscore_adapters.sqlite.lending import ConnectionPool
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import is_plain
from fanscore_core.systems import TABLES

_CREATE = """
CREATE TABLE IF NOT EXISTS {table} (
    PK TEXT NOT NULL, SK TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (PK, SK)
) WITHOUT ROWID
"""

# Stands for a table that is not there: it can be read, and has nothing in it.
_NOTHING = "(SELECT '' AS PK, '' AS SK, '' AS item LIMIT 0)"

# Keys come as one JSON array, so that any number of them is one statement, known in advance.
LOOK_UP = """
SELECT wanted.key, stored.item FROM json_each(?) AS wanted JOIN {table} AS stored
ON stored.PK = json_extract(wanted.value, '$[0]')
AND stored.SK = json_extract(wanted.value, '$[1]')
"""

# Each prefix comes with its end. Nothing is greater than every text, but any BLOB is
# (https://www.sqlite.org/datatype3.html#sort_order).
BEGINS_WITH = """
SELECT wanted.key, stored.item FROM json_each(?) AS wanted JOIN {table} AS stored
ON stored.PK = json_extract(wanted.value, '$[0]')
AND stored.SK >= json_extract(wanted.value, '$[1]')
AND stored.SK < coalesce(json_extract(wanted.value, '$[2]'), x'')
ORDER BY wanted.key, stored.SK
"""

# One page of a prefix, from its beginning or from after a sort key.
_PAGE = """
SELECT SK, item FROM {table} WHERE PK = ? AND SK {after} ? AND SK < coalesce(?, x'')
ORDER BY SK LIMIT ?
"""

# Each partition key costs one look into the index, however many items lie under it.
PARTITION_KEYS = """
WITH RECURSIVE found (PK) AS (
    SELECT min(PK) FROM {table} WHERE PK >= :start AND PK < coalesce(:end, x'')
    UNION ALL
    SELECT (SELECT min(PK) FROM {table} WHERE PK > found.PK AND PK < coalesce(:end, x''))
    FROM found WHERE found.PK IS NOT NULL
) SELECT PK FROM found WHERE PK IS NOT NULL LIMIT :limit
"""

_LAST = """
SELECT item FROM {table} WHERE PK = ? AND SK >= ? AND SK < coalesce(?, x'')
ORDER BY SK DESC LIMIT 1
"""

PAGE_BYTES = 1024 * 1024
"""How much text a page has at most, unless its only item is larger: about what DynamoDB reads."""

# What may be deleted by now: the time to live is in epoch seconds, as in DynamoDB.
_EXPIRED = """
instr(item, '"ttl"') AND CASE WHEN json_valid(item)
THEN json_type(item, '$.ttl') IN ('integer', 'real') AND json_extract(item, '$.ttl') <= ? END
"""

SWEPT_AT_ONCE = 500
"""How many items one transaction deletes, so that writers get their turn."""

# Of what is no JSON, the key is known at least. Asked for several members, SQLite gives an array,
# in which a number has all of its digits.
_PARTITION = """
SELECT SK, CASE WHEN json_valid(item) THEN json_extract(item, '$.memberId', '$.PK') END
FROM {table} WHERE PK = ? ORDER BY SK
"""


@attrs.frozen
class ConditionFailedError(Exception):
    """A conditional write found another item than it wanted.

    Attributes:
        stored: what lies there; ``None`` if nothing does.
    """

    stored: Item | None


def always(_stored: Item | None) -> bool:
    """The condition of a write that has none."""
    return True


class SqliteTables:
    """The four tables, and tables of one's own. Close it, or use it in a ``with`` statement."""

    def __init__(
        self,
        path: str,
        access: Access = Access.WRITE,
        connect: Connect = connect,
        own: Sequence[str] = (),
    ) -> None:
        """Open the database; for writing, make a missing one.

        Args:
            path: of the file, plain; ``:memory:`` for a database that ends with this object.
            access: to read only leaves the file and its folder as they are.
            connect: makes a connection.
            own: the names of tables beside the four, such as ``loyalty_table``. One that a
                database of before does not have is empty to who only reads.

        Raises:
            InvalidInput: the file cannot be opened, is another program's or of another version, or
                there can be no write-ahead log.
        """
        self._path = path
        self._names = {name: name for name in TABLES} | {name: own_table(name) for name in own}
        self._others: tuple[str, ...] = ()
        if not path:
            raise InvalidInput("database", "expected a path")
        connection, tables = open_database(path, access, connect, self._lay_out)
        another = None if path == IN_MEMORY else partial(connect, path, access)
        self._pool = ConnectionPool(connection, another)
        self._others = other_tables(tables, self._names.values())
        if access is Access.READ:
            if not tables >= set(TABLES):
                self.close()
                where = f"database {self._path}"
                raise InvalidInput(where, "has no fans; 'fanscore sample' makes some")
            self._names = {
                name: stored_as if stored_as in tables else _NOTHING
                for name, stored_as in self._names.items()
            }

    @property
    def others(self) -> tuple[str, ...]:
        """The names of tables of one's own that were not asked for: another API's."""
        return self._others

    def __del__(self) -> None:
        """Close what was left open, so that it is not reported as lost."""
        self.close()

    def __enter__(self) -> Self:
        """Return the tables."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the tables."""
        self.close()

    def close(self) -> None:
        """Close every connection: those that are in use when they come back."""
        if hasattr(self, "_pool"):
            self._pool.close()

    def look_up(self, table: str, keys: Sequence[Key]) -> list[str | None]:
        """Read the items of some keys, as JSON text; ``None`` for a key without an item."""
        found: list[str | None] = [None] * len(keys)
        for index, item in self._select(LOOK_UP.format(table=self._names[table]), keys):
            found[index] = item
        return found

    def begins_with(self, table: str, prefixes: Sequence[Key]) -> list[list[str]]:
        """Read the items of some prefixes, as JSON text, in the order of their sort keys."""
        found: list[list[str]] = [[] for _ in prefixes]
        ranges = [(*prefix, end_of_prefix(prefix.sk)) for prefix in prefixes]
        for index, item in self._select(BEGINS_WITH.format(table=self._names[table]), ranges):
            found[index].append(item)
        return found

    def page(self, table: str, prefix: Key, wanted: PageRange) -> tuple[list[str], str | None]:
        """Read a page of the items of a prefix, as JSON text, in the order of their sort keys.

        Returns:
            the items, and after which sort key, without the prefix, the next page begins; ``None``
            after the last page.
        """
        after = ">=" if wanted.start is None else ">"
        start = prefix.sk if wanted.start is None else wanted.start
        statement = _PAGE.format(table=self._names[table], after=after)
        values = (prefix.pk, start, end_of_prefix(prefix.sk), wanted.limit + 1)
        items: list[str] = []
        size, last = 0, ""
        with (
            self._pool.lend() as connection,
            closing(connection.execute(statement, values)) as rows,
        ):
            for sk, item in rows:
                size += len(item.encode())
                if items and (len(items) == wanted.limit or size > PAGE_BYTES):
                    return items, last.removeprefix(prefix.sk)
                items.append(item)
                last = sk
        return items, None

    def partition_keys(self, table: str, prefix: str, limit: int) -> list[str]:
        """Return the first partition keys that begin with a prefix, in their order.

        Raises:
            Unavailable: the database cannot be read.
        """
        statement = PARTITION_KEYS.format(table=self._names[table])
        values = {"start": prefix, "end": end_of_prefix(prefix), "limit": limit}
        with as_unavailable(table), self._pool.lend() as connection:
            return [pk for (pk,) in connection.execute(statement, values).fetchall()]

    def last(self, table: str, prefix: Key) -> list[str]:
        """Read the last item of a prefix, as JSON text; an empty list if it has no items."""
        statement = _LAST.format(table=self._names[table])
        values = (*prefix, end_of_prefix(prefix.sk))
        with self._pool.lend() as connection:
            return [item for (item,) in connection.execute(statement, values).fetchall()]

    def put(self, table: str, item: Item, when: Callable[[Item | None], bool] = always) -> None:
        """Write an item, if the one that it replaces meets a condition.

        Nothing else can write between the condition and the write.

        Raises:
            ConditionFailedError: it does not; holds what is stored.
            InvalidInput: the item has no ``PK`` or ``SK``, or a value that is not JSON.
        """
        row = _row(item)
        with self._pool.lend() as connection, transaction(connection):
            stored = _stored(connection, self._names[table], row[:2])
            if not when(stored):
                raise ConditionFailedError(stored)
            connection.execute(_replace(self._names[table]), row)

    def put_all(self, table: str, puts: Sequence[Put]) -> None:
        """Write items, all or none, if each meets its condition or all lie there already.

        Raises:
            ConditionFailedError: one does not; holds what is stored there.
            InvalidInput: as ``put``.
        """
        rows = [_row(put.item) for put in puts]
        with self._pool.lend() as connection, transaction(connection):
            found = [_stored(connection, self._names[table], row[:2]) for row in rows]
            unmet = [
                (attrs.evolve(put, item=item_of(row[2])), stored)
                for put, row, stored in zip(puts, rows, found, strict=True)
                if not put.met_by(stored)
            ]
            if not unmet:
                connection.executemany(_replace(self._names[table]), rows)
            elif refused := refusal(unmet, len(puts)):
                raise ConditionFailedError(refused.stored)

    def load(self, table: str, items: Iterable[Item]) -> None:
        """Write many items, all or none, over what is there.

        Raises:
            InvalidInput: as ``put``, or the tables cannot be written.
        """
        self.load_all({table: items})

    def load_all(self, tables: Mapping[str, Iterable[Item]]) -> None:
        """Write many items of several tables, all or none; else as ``load``."""
        try:
            with self._pool.lend() as connection, transaction(connection):
                for table, items in tables.items():
                    connection.executemany(_replace(self._names[table]), map(_row, items))
        except sqlite3.Error as error:
            where = f"database {self._path}"
            raise InvalidInput(where, f"cannot be written: {error}") from error

    # What an erasure needs (``erasure.Partitions``)

    def partition(self, table: str, pk: str) -> Sequence[Held]:
        """Return all items with a partition key, ordered by their sort keys.

        Raises:
            Unavailable: the database cannot be read.
        """
        with as_unavailable(table), self._pool.lend() as connection:
            rows = connection.execute(_PARTITION.format(table=self._names[table]), (pk,)).fetchall()
        return [Held(sk, _member_id(members)) for sk, members in rows]

    def delete(self, table: str, key: Key) -> None:
        """Delete an item, which may be gone already.

        Raises:
            Unavailable: the database cannot be written.
        """
        statement = f"DELETE FROM {self._names[table]} WHERE PK = ? AND SK = ?"  # noqa: S608  # a checked name
        with as_unavailable(table), self._pool.lend() as connection, transaction(connection):
            connection.execute(statement, key)

    def write(self, table: str, item: Item) -> None:
        """Write an item over what is there.

        Raises:
            Unavailable: the database cannot be written.
        """
        with as_unavailable(table):
            self.put(table, item)

    def scrub(self) -> bool:
        """Write the database anew and empty its log, where deleted items still stand.

        Returns:
            whether that was done; the log stays as long as somebody else reads from it.

        Raises:
            Unavailable: others kept writing.
        """
        with as_unavailable("database"), self._pool.lend() as connection:
            connection.execute("VACUUM")
            (is_busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not is_busy

    # What ends by itself

    def sweep(self, now: datetime) -> int:
        """Delete some of the items whose time to live is over; return how many, 0 at the end.

        Args:
            now: with offset.

        Raises:
            sqlite3.Error: the database cannot be read or written.
        """
        for table in self._names.values():
            count = self._sweep(table, now.timestamp())
            if count:
                return count
        return 0

    def _sweep(self, table: str, now_s: float) -> int:
        find = f"SELECT PK, SK FROM {table} WHERE {_EXPIRED} LIMIT {SWEPT_AT_ONCE}"  # noqa: S608  # a checked name
        delete = f"DELETE FROM {table} WHERE PK = ? AND SK = ? AND {_EXPIRED}"  # noqa: S608  # a checked name
        with self._pool.lend() as connection:
            expired = connection.execute(find, (now_s,)).fetchall()  # takes no turn of a writer's
            if expired:
                with transaction(connection):
                    connection.executemany(delete, [(*key, now_s) for key in expired])
        return len(expired)

    def _select(
        self, statement: str, keys: Sequence[tuple[str | None, ...]]
    ) -> list[tuple[int, str]]:
        with self._pool.lend() as connection:
            return connection.execute(statement, (json.dumps(keys),)).fetchall()

    def _lay_out(self, connection: sqlite3.Connection) -> None:
        for table in self._names.values():
            connection.execute(_CREATE.format(table=table))
        connection.execute(f"PRAGMA user_version = {LAYOUT_VERSION}")


def _stored(connection: sqlite3.Connection, table: str, key: tuple[str, str]) -> Item | None:
    select = f"SELECT item FROM {table} WHERE PK = ? AND SK = ?"  # noqa: S608  # a checked name
    found = connection.execute(select, key).fetchone()
    return None if found is None else item_of(found[0])


def _replace(table: str) -> str:
    return f"INSERT OR REPLACE INTO {table} (PK, SK, item) VALUES (?, ?, ?)"  # noqa: S608  # a checked name


def _row(item: Item) -> tuple[str, str, str]:
    match item:
        case {"PK": str(pk), "SK": str(sk)} if is_plain(pk) and is_plain(sk):
            return pk, sk, json_text(item)
        case _:
            raise InvalidInput("item", "needs the strings PK and SK, without control characters")


def _member_id(members: str | None) -> str | None:
    """Return the account that an item names, of the array that SQLite makes; else ``None``."""
    if members is None:
        return None
    try:
        document = parse_stored_json(members)
    except InvalidInput:
        return None
    named = id_text(document[0]) if isinstance(document, list) else None
    return named if isinstance(named, str) else None


def item_of(text: str) -> Item:
    """Read an item from its JSON text.

    Raises:
        InvalidInput: it is no JSON object.
    """
    document = parse_stored_json(text)
    if not isinstance(document, dict):
        raise InvalidInput("item", "expected an object")
    return document

"""The stores of the four tables, each empty: what the contract suite of the table ports runs over.

A store joins by a line in ``STORES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import attrs

from fanscore_adapters.sources import Adapter
from fanscore_adapters.sqlite import IN_MEMORY, Sqlite, SqliteTables
from tests.contracts.generated import Tables


@attrs.frozen
class Store:
    """Tables, and the adapter that answers from them.

    Attributes:
        adapter: what is tested.
        load: writes items, over what is there.
    """

    adapter: Adapter
    load: Callable[[Tables], None]


Open: TypeAlias = Callable[[], AbstractContextManager[Store]]


@contextmanager
def sqlite_in_memory() -> Iterator[Store]:
    """Open the embedded store in memory."""
    with SqliteTables(IN_MEMORY) as tables:
        yield _sqlite(tables)


@contextmanager
def sqlite_in_a_file() -> Iterator[Store]:
    """Open the embedded store in a new file."""
    with TemporaryDirectory() as folder, SqliteTables(str(Path(folder, "fans.db"))) as tables:
        yield _sqlite(tables)


STORES: Mapping[str, Open] = {
    "sqlite in memory": sqlite_in_memory,
    "sqlite in a file": sqlite_in_a_file,
}


def _sqlite(tables: SqliteTables) -> Store:
    def load(items: Tables) -> None:
        for table, of_table in items.items():
            tables.load(table, of_table)

    return Store(Sqlite(tables), load)

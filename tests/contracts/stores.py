"""The stores of the four tables and one of one's own, each empty: what contract suites run over.

A store joins by a line in ``STORES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import attrs
import pytest

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.dynamodb.adapter import DynamoDb
from fanscore_adapters.dynamodb.partitions import DynamoDbPartitions
from fanscore_adapters.erasure import Partitions
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from tests.aws.clients import aws_client, environment_of
from tests.aws.ministack import Ministack
from tests.aws.tables import fresh_tables
from tests.contracts.generated import Tables
from tests.contracts.own_answers import OPERATIONS, OWN_TABLE


@attrs.frozen
class Store:
    """Tables, and the adapter that answers from them.

    Attributes:
        adapter: what is tested.
        load: writes items, over what is there.
        partitions: what a fan is erased from.
    """

    adapter: Adapter
    load: Callable[[Tables], None]
    partitions: Partitions


Open: TypeAlias = Callable[[], AbstractContextManager[Store]]


@contextmanager
def sqlite_in_memory() -> Iterator[Store]:
    """Open the embedded store in memory."""
    with SqliteTables(IN_MEMORY, own=[OWN_TABLE]) as tables:
        yield _sqlite(tables)


@contextmanager
def sqlite_in_a_file() -> Iterator[Store]:
    """Open the embedded store in a new file."""
    with TemporaryDirectory() as folder:
        path = str(Path(folder, "fans.db"))
        with SqliteTables(path, own=[OWN_TABLE]) as tables:
            yield _sqlite(tables)


@contextmanager
def dynamodb(aws: Ministack) -> Iterator[Store]:
    """Open tables of DynamoDB that nobody else has."""
    tables = fresh_tables(aws, OWN_TABLE)
    with environment_of(aws), closing(aws_client("dynamodb")) as client:
        names = {table: tables.name(table) for table in tables.every}
        adapter = DynamoDb(client, names, operations=OPERATIONS)
        yield Store(adapter, tables.load, DynamoDbPartitions(client, names))


STORES: Mapping[str, Callable[[pytest.FixtureRequest], Open]] = {
    "sqlite in memory": lambda _: sqlite_in_memory,
    "sqlite in a file": lambda _: sqlite_in_a_file,
    "dynamodb": lambda request: partial(dynamodb, request.getfixturevalue("aws")),
}


@pytest.fixture(scope="session", params=STORES.values(), ids=list(STORES))
def open_store(request: pytest.FixtureRequest) -> Open:
    """Give what opens each store in turn."""
    find: Callable[[pytest.FixtureRequest], Open] = request.param
    return find(request)


@pytest.fixture
def store(open_store: Open) -> Iterator[Store]:
    """Open each store in turn."""
    with open_store() as opened:
        yield opened


def _sqlite(tables: SqliteTables) -> Store:
    def load(items: Tables) -> None:
        for table, of_table in items.items():
            tables.load(table, of_table)

    return Store(Sqlite(tables, OPERATIONS), load, tables)

"""The four tables on a server: made, loaded and looked into.

Isolation is by prefix: making four tables takes 8 ms, and dropping them would take 10 ms. So the
server keeps them until it ends. That is faster than deleting items one by one, needs no other test
to wait, and leaves warm functions warm, which resetting the server does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import count

import attrs
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.client import BaseClient

from fanscore_adapters.items.operations import Item
from fanscore_core.systems import TABLES
from tests.aws.ministack import Ministack

MAX_BATCH = 25
"""What one BatchWriteItem takes."""

_KEYS = (("PK", "HASH"), ("SK", "RANGE"))
_prefixes = (f"test{number}-" for number in count())


@attrs.frozen
class AwsTables:
    """The four tables.

    Attributes:
        aws: where they are.
        prefix: what the names of the tables begin with.
        names: their names, where these are others.
        own: the names of tables beside the four.
    """

    aws: Ministack
    prefix: str = ""
    names: Mapping[str, str] = attrs.field(factory=dict)
    own: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        """The tables, by the names that they have in settings and errors."""
        return (*TABLES, *self.own)

    def name(self, table: str) -> str:
        """Give the name that one of ``TABLES`` has here."""
        return self.names.get(table, self.prefix + table)

    @property
    def environ(self) -> Mapping[str, str]:
        """The settings with which fanscore finds the tables."""
        return {f"FANSCORE_{table.upper()}": self.name(table) for table in TABLES}

    def create(self) -> None:
        """Make the tables, empty."""
        for table in self.every:
            self._client.create_table(
                TableName=self.name(table),
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in _KEYS],
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"} for name, _ in _KEYS
                ],
            )

    def delete(self, *tables: str) -> None:
        """Drop some of the tables, all of them if none is named; one may be gone already."""
        for table in tables or self.every:
            with suppress(self._client.exceptions.ResourceNotFoundException):
                self._client.delete_table(TableName=self.name(table))

    def empty(self) -> None:
        """Make the tables anew."""
        self.delete()
        self.create()

    def load(self, items: Mapping[str, Sequence[Item]]) -> None:
        """Write items, by table, over what is there."""
        for table, of_table in items.items():
            for start in range(0, len(of_table), MAX_BATCH):
                self._write(table, of_table[start : start + MAX_BATCH])

    def stored(self, table: str) -> Sequence[Item]:
        """Give every item of a table, ordered by its keys."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self.name(table), ConsistentRead=True
        )
        found = (plain(stored) for page in pages for stored in page["Items"])
        return sorted(found, key=lambda item: (str(item["PK"]), str(item["SK"])))

    def _write(self, table: str, items: Sequence[Item]) -> None:
        puts = [{"PutRequest": {"Item": typed(item)}} for item in items]
        answer = self._client.batch_write_item(RequestItems={self.name(table): puts})
        assert answer["UnprocessedItems"] == {}

    @property
    def _client(self) -> BaseClient:
        return self.aws.client("dynamodb")


def fresh_tables(aws: Ministack, *own: str) -> AwsTables:
    """Make empty tables under a prefix that nobody else has.

    Args:
        aws: where.
        own: the names of tables beside the four.
    """
    tables = AwsTables(aws, next(_prefixes), own=own)
    tables.create()
    return tables


def typed(item: Item) -> Mapping[str, object]:
    """Write an item as DynamoDB's API has it."""
    serializer = TypeSerializer()
    return {name: serializer.serialize(value) for name, value in item.items()}


def plain(stored: Mapping[str, object]) -> Item:
    """Read an item as DynamoDB's API has it; every number is a ``Decimal``."""
    return {name: _plain(value) for name, value in stored.items()}


def _plain(value: object) -> object:
    """Read a value; boto3's deserializer refuses the zeros that large numbers are written with."""
    match value:
        case {"N": str(number)}:
            return Decimal(number)
        case {"M": dict(members)}:
            return plain(members)
        case {"L": list(values)}:
            return [_plain(inner) for inner in values]
        case _:
            return TypeDeserializer().deserialize(value)

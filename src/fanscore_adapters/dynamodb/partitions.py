"""Partitions of the four tables in DynamoDB, to erase from (``erasure.Partitions``).

Apart from the adapter, since no function that is deployed may delete. Who calls needs
``dynamodb:Query``, ``dynamodb:DeleteItem`` and, for the mark, ``dynamodb:PutItem``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from time import monotonic

import attrs

from fanscore_adapters.aws.client import AwsClient, AwsError, OutOfTimeError, malformed
from fanscore_adapters.documents.converter import id_text
from fanscore_adapters.dynamodb.pages import pages
from fanscore_adapters.dynamodb.values import read_item, write_item
from fanscore_adapters.erasure import Held
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item
from fanscore_core.errors import InvalidInput, Unavailable

CALL_S = 30.0
"""How long one call may take, with all attempts."""


@attrs.frozen
class DynamoDbPartitions:
    """The four tables.

    Attributes:
        client: of DynamoDB.
        names: of the tables in this account, by those of ``fanscore_core.systems``.
        clock: the one that calls expire by.
    """

    client: AwsClient
    names: Mapping[str, str]
    clock: Callable[[], float] = monotonic

    def partition(self, table: str, pk: str) -> Sequence[Held]:
        """Return all items with a partition key, ordered by their sort keys.

        Raises:
            Unavailable: DynamoDB did not answer, or refused.
        """
        with _as_unavailable(table):
            return [_held(item) for page in self._pages(table, pk) for item in page]

    def delete(self, table: str, key: Key) -> None:
        """Delete an item, which may be gone already.

        Raises:
            Unavailable: as ``partition``.
        """
        place = {"PK": {"S": key.pk}, "SK": {"S": key.sk}}
        with _as_unavailable(table):
            self._write("delete_item", {"TableName": self.names[table], "Key": place})

    def write(self, table: str, item: Item) -> None:
        """Write an item over what is there.

        Raises:
            Unavailable: as ``partition``.
        """
        request = {"TableName": self.names[table], "Item": write_item(item)}
        with _as_unavailable(table):
            self._write("put_item", request)

    def scrub(self) -> bool:
        """Do nothing: the files are AWS's, and its backups end by themselves."""
        return True

    def _pages(self, table: str, pk: str) -> Iterator[Sequence[object]]:
        request = {
            "TableName": self.names[table],
            "KeyConditionExpression": "PK = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ProjectionExpression": "SK, memberId",  # all else is none of our business
            "ConsistentRead": True,
        }
        return pages(partial(self._call, "query"), request)

    def _write(self, operation: str, request: Mapping[str, object]) -> None:
        """Write. Without the capacity that it consumed, the answer is malformed."""
        counted = {**request, "ReturnConsumedCapacity": "TOTAL"}
        if "ConsumedCapacity" not in self._call(operation, counted):
            raise malformed()

    def _call(self, operation: str, request: Mapping[str, object]) -> Mapping[str, object]:
        return self.client.call(operation, request, self.clock() + CALL_S)


def _held(item: object) -> Held:
    match item:
        case {"SK": {"S": str(sk)}, **others}:
            return Held(sk, _member_id(others.get("memberId")))
        case _:
            raise malformed()


def _member_id(written: object) -> str | None:
    """Read the account that an item names; ``None`` if it names none."""
    if written is None:
        return None
    try:
        named = id_text(read_item({"memberId": written})["memberId"])
    except InvalidInput:
        return None
    return named if isinstance(named, str) else None


@contextmanager
def _as_unavailable(table: str) -> Iterator[None]:
    try:
        yield
    except AwsError as error:
        raise Unavailable(table, error.reason) from error
    except OutOfTimeError as error:
        raise Unavailable(table, str(error)) from error

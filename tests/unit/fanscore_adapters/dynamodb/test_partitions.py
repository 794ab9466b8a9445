from __future__ import annotations

from collections.abc import Mapping

import pytest

from fanscore_adapters.aws.client import AwsClient, AwsSession
from fanscore_adapters.dynamodb.partitions import DynamoDbPartitions
from fanscore_adapters.erasure import Held
from fanscore_adapters.items.keys import Key
from fanscore_core.errors import Unavailable
from fanscore_core.systems import DEMAND, TABLES
from tests.unit.fanscore_adapters.told_client import Told

NAMES = {table: f"our-{table}" for table in TABLES}
PK = "fan:user123"
LAST = {"PK": {"S": PK}, "SK": {"S": "demand#e-s1"}}
QUERY = {
    "TableName": "our-demand_table",
    "KeyConditionExpression": "PK = :pk",
    "ExpressionAttributeValues": {":pk": {"S": PK}},
    "ProjectionExpression": "SK, memberId",
    "ConsistentRead": True,
}

TO_BE_COUNTED = {"TableName": "our-demand_table", "ReturnConsumedCapacity": "TOTAL"}
COUNTED = {"ConsumedCapacity": {"TableName": "our-demand_table", "CapacityUnits": 1.0}}


def test_all_pages_are_read() -> None:
    """Only keys and accounts are asked for, consistently, each page from where the last ended."""
    client = Told(
        {"Items": [{"SK": {"S": "demand#e-s1"}}], "LastEvaluatedKey": LAST},
        {"Items": [{"SK": {"S": "identity"}, "memberId": {"S": "member123"}}]},
    )
    held = DynamoDbPartitions(client, NAMES).partition(DEMAND, PK)
    assert held == [Held("demand#e-s1", None), Held("identity", "member123")]
    assert client.asked == [("query", QUERY), ("query", {**QUERY, "ExclusiveStartKey": LAST})]


def test_an_item_is_deleted_by_its_key() -> None:
    """Deleting names the table of the account and the key, and has no condition."""
    client = Told(COUNTED)
    partitions = DynamoDbPartitions(client, NAMES)
    partitions.delete(DEMAND, Key(PK, "demand#e-s1"))
    partitions.scrub()
    assert client.asked == [("delete_item", {**TO_BE_COUNTED, "Key": LAST})]


def test_an_item_is_written() -> None:
    """Writing names the table of the account, and has no condition."""
    client = Told(COUNTED)
    DynamoDbPartitions(client, NAMES).write(DEMAND, {"PK": PK, "SK": "demand#e-s1", "ttl": 7})
    item = {**LAST, "ttl": {"N": "7"}}
    assert client.asked == [("put_item", {**TO_BE_COUNTED, "Item": item})]


def test_a_malformed_answer_is_not_taken_for_written() -> None:
    """An answer that does not say what a write took makes no item count as deleted or written."""
    partitions = DynamoDbPartitions(Told({}, {}), NAMES)
    with pytest.raises(Unavailable, match=DEMAND):
        partitions.delete(DEMAND, Key(PK, "demand#e-s1"))
    with pytest.raises(Unavailable, match=DEMAND):
        partitions.write(DEMAND, {"PK": PK, "SK": "demand#e-s1"})


@pytest.mark.parametrize(
    "answer", [{}, {"Items": None}, {"Items": [{}]}, {"Items": [{"SK": {"N": "1"}}]}]
)
def test_a_malformed_answer_is_not_taken_for_nothing(answer: Mapping[str, object]) -> None:
    """An answer that is none of DynamoDB's does not make a fan count as erased."""
    with pytest.raises(Unavailable) as refused:
        DynamoDbPartitions(Told(answer), NAMES).partition(DEMAND, PK)
    assert repr(refused.value) == repr(Unavailable(DEMAND, "no answer: a malformed answer"))


def test_out_of_time_is_told() -> None:
    """A call for which there is no time is not made, and told as an outage."""
    client = AwsClient("dynamodb", AwsSession("eu-west-1"), 1, clock=lambda: 100)
    partitions = DynamoDbPartitions(client, NAMES, clock=lambda: 0)
    with pytest.raises(Unavailable) as refused:
        partitions.delete(DEMAND, Key(PK, "identity"))
    assert repr(refused.value) == repr(Unavailable(DEMAND, "no time left"))

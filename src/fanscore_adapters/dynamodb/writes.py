"""Conditional writes as DynamoDB takes them, and what it says of those that it did not make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from fanscore_adapters.aws.client import AwsError
from fanscore_adapters.dynamodb.values import read_item, read_optional, write_item, write_value
from fanscore_adapters.items.operations import Item, Put


def put_request(table: str, put: Put) -> Mapping[str, object]:
    """Return the request for one put, which gives the item that does not meet the condition."""
    return {
        "TableName": table,
        "Item": write_item(put.item),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        **_condition(put.expected),
    }


def _condition(expected: Mapping[str, object] | None) -> Mapping[str, object]:
    if expected is None:
        return {"ConditionExpression": "attribute_not_exists(PK)"}
    terms, names, values = ["attribute_exists(PK)"], {}, {":null": write_value(None)}
    for index, (name, value) in enumerate(expected.items()):
        names[f"#{index}"] = name
        if value is None:
            terms.append(f"(attribute_not_exists(#{index}) OR #{index} = :null)")
        else:
            terms.append(f"#{index} = :{index}")
            values[f":{index}"] = write_value(value)
    condition = " AND ".join(terms)
    if ":null" not in condition:
        del values[":null"]
    given = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    return {
        "ConditionExpression": condition,
        **{name: each for name, each in given.items() if each},
    }


def unmet_put(put: Put, written: object) -> tuple[Put, Item | None]:
    """Return what was to be written, as DynamoDB has it, and what did not meet the condition."""
    return attrs.evolve(put, item=read_item(write_item(put.item))), read_optional(written)


def cancellation_reasons(error: AwsError) -> Sequence[Mapping[str, object]]:
    """Return why a transaction was not made, for each of its puts; nothing of another error."""
    match error:
        case AwsError("TransactionCanceledException", _, {"CancellationReasons": list(reasons)}):
            return reasons
        case _:
            return ()


def collided(error: BaseException) -> bool:
    """Whether a write met another transaction, and may come through next time."""
    match error:
        case AwsError("TransactionConflictException"):
            return True
        case AwsError():
            return any(
                each.get("Code") == "TransactionConflict" for each in cancellation_reasons(error)
            )
        case _:
            return False

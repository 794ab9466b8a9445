"""``accountFanscore`` the ordinary way: Powertools' resolver, boto3's tables, call after call."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import boto3
from aws_lambda_powertools.event_handler import AppSyncResolver
from boto3.dynamodb.conditions import Key

app = AppSyncResolver()  # type: ignore[no-untyped-call]  # its own types lack this one

dynamodb = boto3.resource("dynamodb")
fan_identity_table = dynamodb.Table(os.environ["FANSCORE_FAN_IDENTITY_TABLE"])
account_fanscore_table = dynamodb.Table(os.environ["FANSCORE_ACCOUNT_FANSCORE_TABLE"])
demand_table = dynamodb.Table(os.environ["FANSCORE_DEMAND_TABLE"])
functions = boto3.client("lambda")


@app.resolver(type_name="VFApi", field_name="accountFanscore")
def account_fanscore(globalUserId: str, eventId: str) -> Mapping[str, object]:  # noqa: N803  # the API's
    """Take the eight steps of the user's document, one after the other."""
    fan = f"fan:{globalUserId}"
    identity = item(fan_identity_table, fan, "identity") or {}
    stored = identity
    if "score" not in stored and "memberId" in identity:
        stored = item(account_fanscore_table, f"member:{identity['memberId']}", "score#account")
    risk = arm_score(globalUserId, eventId)
    mapping = item(demand_table, f"event:{eventId}", "disco")
    disco = mapping["discoEventId"] if mapping else eventId
    demand = demand_count(fan, {disco, eventId})
    cursor = item(fan_identity_table, "botornot", "cursor")
    verdict = item(fan_identity_table, fan, f"botornot#{cursor['cursor']}") if cursor else None
    return score(stored, risk, demand, verdict)


def handler(event: Any, context: Any) -> Any:  # noqa: ANN401  # as Powertools has it
    """Answer one AppSync event."""
    return app.resolve(event, context)


def item(table: Any, pk: str, sk: str) -> Any:  # noqa: ANN401  # boto3 has no types
    """Get an item, if it is there."""
    return table.get_item(Key={"PK": pk, "SK": sk}).get("Item")


def demand_count(fan: str, events: set[str]) -> int:
    """Count the sales of an event, under any of its ids, that a fan has a live record for."""
    sales = set()
    for event in events:
        condition = Key("PK").eq(fan) & Key("SK").begins_with(f"demand#{event}-")
        records = demand_table.query(KeyConditionExpression=condition)["Items"]
        sales |= {record["saleId"] for record in records if "ttl" not in record}
    return len(sales)


def arm_score(fan: str, event: str) -> Decimal | None:
    """Ask how risky a fan is."""
    arguments = {"globalUserId": fan, "eventId": event}
    request = {"operation": "armScore", "arguments": arguments}
    answer = functions.invoke(
        FunctionName=os.environ.get("FANSCORE_ARM_SCORING", "arm_scoring"),
        Payload=json.dumps(request),
    )
    document = json.loads(answer["Payload"].read(), parse_float=Decimal)
    return Decimal(document["data"]["armScore"]) if "data" in document else None


def score(
    stored: Mapping[str, Decimal] | None,
    risk: Decimal | None,
    demand: int,
    verdict: Mapping[str, Decimal] | None,
) -> Mapping[str, object]:
    """Add up a score by the rules of the default policy."""
    found = stored.get("rawScore", stored.get("score")) if stored else None
    raw_score = 50 if found is None else int(found.quantize(Decimal(1), ROUND_HALF_UP))
    bot = verdict["botScore"] if verdict else None
    boosts = {
        "arm": 0 if risk is None else 5 if risk < 3 else 0 if risk < 6 else -15,
        "event": 0 if demand < 1 else 4 if demand < 2 else 6,
        "model": 0
        if bot is None
        else 3
        if bot < Decimal("0.2")
        else 0
        if bot < Decimal("0.8")
        else -40,
    }
    total = min(max(raw_score + sum(boosts.values()), 0), 100)
    return {"score": total, "rawScore": raw_score, "boosts": boosts}

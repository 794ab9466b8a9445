"""That the server behaves like AWS where the adapters lean on it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection
from itertools import count
from urllib.parse import urlsplit

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from fanscore_adapters.documents.proxies import CALLS
from fanscore_adapters.embedded.stand_ins import default_sample
from fanscore_adapters.items.operations import Item
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, IDV_CHECK_LIVENESS
from fanscore_core.user_events import SOURCE, UPSERT
from tests.aws.bus import MAX_RETRIES, create_bus
from tests.aws.functions import Answer, create_function, create_idv, create_proxies, invoke
from tests.aws.ministack import ACCOUNT, REGION, Ministack, ministack
from tests.aws.tables import AwsTables, fresh_tables, plain, typed
from tests.aws.waiting import wait_for
from tests.patience import AMPLE_S

FAN = {"PK": "fan:user123", "SK": "identity", "memberId": "member123"}
CURSOR = {"PK": "botornot", "SK": "cursor", "cursor": "run1"}
SCORE = {"PK": "member:member123", "SK": "score#account", "score": 87}

LARGEST = "99999999999999999999999999999999999999"
SMALLEST = "-0.00000000000000000000000000000000000012345678901234567890123456789012345678"
NUMBERS = ["0", "0.1", "1E+125", "-1E-130", LARGEST, SMALLEST]

PUT_IF_NEW = "attribute_not_exists(PK)"

ECHO = """
import os
def handler(event, context):
    print("a line of the log")
    left_ms = context.get_remaining_time_in_millis()
    return {"event": event, "inTime": 0 < left_ms <= 30_000, "region": os.environ["AWS_REGION"]}
"""

RAISE = """
def handler(event, context):
    raise ValueError("no")
"""

# Only botocore is there for a function that brings nothing along.
KEEP = """
import json, os
from botocore.session import get_session
def handler(event, context):
    item = {"PK": {"S": event["id"]}, "SK": {"S": context.function_name},
            "event": {"S": json.dumps(event)}}
    get_session().create_client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
"""

FAIL_AND_COUNT = """
import os
from botocore.session import get_session
def handler(event, context):
    get_session().create_client("dynamodb").update_item(
        TableName=os.environ["TABLE"], Key={"PK": {"S": event["id"]}, "SK": {"S": "calls"}},
        UpdateExpression="ADD calls :one", ExpressionAttributeValues={":one": {"N": "1"}})
    raise ValueError("no")
"""

HOLD = """
import sys
from tests.aws.ministack import ministack
with ministack() as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


_names = (f"function{number}" for number in count())


@pytest.fixture
def dynamodb(aws: Ministack) -> BaseClient:
    """Give a client of the tables."""
    return aws.client("dynamodb")


def key(item: Mapping[str, object]) -> Mapping[str, object]:
    """Give an item's key, as DynamoDB's API has it."""
    return typed({name: item[name] for name in ("PK", "SK")})


def refused(error: ClientError) -> str:
    """Give the code of an error."""
    code: str = error.response["Error"]["Code"]
    return code


def test_a_batch_reads_from_several_tables(dynamodb: BaseClient, aws_tables: AwsTables) -> None:
    """One BatchGetItem gives what there is of several tables, and no word of what is missing."""
    aws_tables.load({FAN_IDENTITY: [FAN], ACCOUNT_FANSCORE: [SCORE]})
    asked: Mapping[str, Sequence[Item]] = {
        FAN_IDENTITY: [FAN, CURSOR],
        ACCOUNT_FANSCORE: [SCORE],
        DEMAND: [FAN],
    }
    answer = dynamodb.batch_get_item(
        RequestItems={
            aws_tables.name(table): {"Keys": [key(item) for item in items]}
            for table, items in asked.items()
        }
    )
    found = {name: [plain(item) for item in items] for name, items in answer["Responses"].items()}
    assert found == {
        aws_tables.name(FAN_IDENTITY): [FAN],
        aws_tables.name(ACCOUNT_FANSCORE): [SCORE],
        aws_tables.name(DEMAND): [],
    }
    assert answer["UnprocessedKeys"] == {}


def test_a_batch_asks_for_each_key_once(dynamodb: BaseClient, aws_tables: AwsTables) -> None:
    """A BatchGetItem that names a key twice is refused."""
    keys = {aws_tables.name(FAN_IDENTITY): {"Keys": [key(FAN), key(FAN)]}}
    with pytest.raises(ClientError) as caught:
        dynamodb.batch_get_item(RequestItems=keys)
    assert refused(caught.value) == "ValidationException"


@pytest.mark.parametrize("others", [(), (FAN_IDENTITY,)], ids=["alone", "with another"])
def test_a_missing_table_is_told(
    dynamodb: BaseClient, aws_tables: AwsTables, others: Sequence[str]
) -> None:
    """A batch that asks a missing table fails as a whole, whatever else it asks."""
    aws_tables.delete(DEMAND)
    keys = {aws_tables.name(table): {"Keys": [key(FAN)]} for table in (DEMAND, *others)}
    with pytest.raises(ClientError) as caught:
        dynamodb.batch_get_item(RequestItems=keys)
    assert refused(caught.value) == "ResourceNotFoundException"


@pytest.mark.parametrize("returned", ["ALL_OLD", "NONE"])
def test_a_refused_put_gives_what_is_there(
    dynamodb: BaseClient, aws_tables: AwsTables, returned: str
) -> None:
    """A put whose condition fails comes back with the item in its way, if that is asked for."""
    aws_tables.load({FAN_IDENTITY: [FAN]})
    with pytest.raises(ClientError) as caught:
        dynamodb.put_item(
            TableName=aws_tables.name(FAN_IDENTITY),
            Item=typed({**FAN, "memberId": "other"}),
            ConditionExpression=PUT_IF_NEW,
            ReturnValuesOnConditionCheckFailure=returned,
        )
    assert refused(caught.value) == "ConditionalCheckFailedException"
    assert caught.value.response.get("Item") == (typed(FAN) if returned == "ALL_OLD" else None)
    assert aws_tables.stored(FAN_IDENTITY) == [FAN]


def test_a_condition_on_an_attribute_holds(dynamodb: BaseClient, aws_tables: AwsTables) -> None:
    """A put goes through while an attribute has the value that was read, and only then."""
    aws_tables.load({DEMAND: [{**FAN, "version": 1}]})
    put = {
        "TableName": aws_tables.name(DEMAND),
        "Item": typed({**FAN, "version": 2}),
        "ConditionExpression": "#version = :read",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":read": {"N": "1"}},
    }
    dynamodb.put_item(**put)
    with pytest.raises(ClientError) as caught:
        dynamodb.put_item(**put)
    assert refused(caught.value) == "ConditionalCheckFailedException"
    assert aws_tables.stored(DEMAND) == [{**FAN, "version": 2}]


def two_puts(tables: AwsTables) -> Sequence[Mapping[str, object]]:
    """Put two new items together."""
    return [
        {
            "Put": {
                "TableName": tables.name(FAN_IDENTITY),
                "Item": typed(item),
                "ConditionExpression": PUT_IF_NEW,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        for item in (CURSOR, FAN)
    ]


def test_a_cancelled_transaction_tells_why(dynamodb: BaseClient, aws_tables: AwsTables) -> None:
    """A transaction writes nothing if one condition fails, and says which, with the item."""
    older = {**FAN, "memberId": "other"}
    aws_tables.load({FAN_IDENTITY: [older]})
    with pytest.raises(ClientError) as caught:
        dynamodb.transact_write_items(TransactItems=two_puts(aws_tables))
    assert refused(caught.value) == "TransactionCanceledException"
    reasons = caught.value.response["CancellationReasons"]
    assert [(reason["Code"], reason.get("Item")) for reason in reasons] == [
        ("None", None),
        ("ConditionalCheckFailed", typed(older)),
    ]
    assert aws_tables.stored(FAN_IDENTITY) == [older]


def test_a_transaction_sent_again_is_one(dynamodb: BaseClient, aws_tables: AwsTables) -> None:
    """A transaction with a token that was used is the same one; with other items it is refused."""
    puts = two_puts(aws_tables)
    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=puts, ClientRequestToken="token")
    assert aws_tables.stored(FAN_IDENTITY) == [CURSOR, FAN]
    with pytest.raises(ClientError) as caught:
        dynamodb.transact_write_items(TransactItems=puts[:1], ClientRequestToken="token")
    assert refused(caught.value) == "IdempotentParameterMismatchException"


def test_a_query_is_paged(dynamodb: BaseClient, aws_tables: AwsTables) -> None:
    """A query by prefix gives what begins with it, in order, page by page."""
    records = [{"PK": "fan:a", "SK": f"demand#event{event}-sale"} for event in range(1, 6)]
    other = [{"PK": "fan:a", "SK": "identity"}, {"PK": "fan:b", "SK": "demand#event1-sale"}]
    aws_tables.load({DEMAND: [*other, *records]})
    pages = dynamodb.get_paginator("query").paginate(
        TableName=aws_tables.name(DEMAND),
        KeyConditionExpression="PK = :pk AND begins_with(SK, :prefix)",
        ExpressionAttributeValues={":pk": {"S": "fan:a"}, ":prefix": {"S": "demand#"}},
        ConsistentRead=True,
        PaginationConfig={"PageSize": 2},
    )
    found = [[plain(item) for item in page["Items"]] for page in pages]
    assert found == [records[:2], records[2:4], records[4:]]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_survive(dynamodb: BaseClient, aws_tables: AwsTables, number: str) -> None:
    """A number of up to 38 digits comes back as the number that it is."""
    table = aws_tables.name(DEMAND)
    dynamodb.put_item(TableName=table, Item={**typed(FAN), "number": {"N": number}})
    stored = plain(dynamodb.get_item(TableName=table, Key=key(FAN))["Item"])
    assert stored == plain({**typed(FAN), "number": {"N": number}})


def test_a_number_of_39_digits_is_refused(dynamodb: BaseClient, aws_tables: AwsTables) -> None:
    """A number of more than 38 digits is refused rather than rounded."""
    item = {**typed(FAN), "number": {"N": LARGEST + "1"}}
    with pytest.raises(ClientError) as caught:
        dynamodb.put_item(TableName=aws_tables.name(DEMAND), Item=item)
    assert refused(caught.value) == "ValidationException"


def test_tables_are_apart(aws: Ministack, aws_tables: AwsTables) -> None:
    """What a test stores is not in another test's tables, nor there when they are made anew."""
    aws_tables.load({DEMAND: [FAN]})
    assert fresh_tables(aws).stored(DEMAND) == []
    aws_tables.empty()
    assert aws_tables.stored(DEMAND) == []


def test_a_reset_leaves_nothing() -> None:
    """A server that was reset has no table."""
    with ministack() as server:
        AwsTables(server).create()
        server.reset()
        assert server.client("dynamodb").list_tables()["TableNames"] == []


def test_a_function_answers(aws: Ministack) -> None:
    """A function is given the document and its context, and its answer comes back."""
    name = next(_names)
    create_function(aws, name, "echo.handler", {"echo.py": ECHO})
    event = {"text": "é", "number": 0.1, "null": None}
    answered = {"event": event, "inTime": True, "region": REGION}
    assert invoke(aws, name, event) == Answer(answered, None)


def test_a_function_that_raises_is_told_apart(aws: Ministack) -> None:
    """What a function raises comes back as an error of the function, not of the call."""
    name = next(_names)
    create_function(aws, name, "fail.handler", {"fail.py": RAISE})
    told = {"errorMessage": "no", "errorType": "Runtime.HandlerError"}
    assert invoke(aws, name, {}) == Answer(told, "Unhandled")


def test_a_missing_function_is_told(aws: Ministack) -> None:
    """A call of a function that is not there is refused."""
    with pytest.raises(ClientError) as caught:
        invoke(aws, next(_names), {})
    assert refused(caught.value) == "ResourceNotFoundException"


def test_the_stand_ins_answer_for_the_proxies(aws: Ministack) -> None:
    """Every proxy answers from the sample: the first case that fits, with arguments filled in."""
    create_proxies(aws, default_sample())
    user, new = {"globalUserId": "user123"}, {"globalUserId": "new-fan"}
    account = {"memberId": "member123", "email": "fan@example.com"}
    asked = {
        ("arm_scoring", "armScore"): (user, {"data": {"armScore": 2}}),
        ("proxy_tm_account_service", "accountInfo"): (user, {"data": {**user, **account}}),
        ("check_eligibility", "eligibility"): (
            {**new, "campaignId": "camp1"},
            {"data": {"campaignId": "camp1", "eligible": True, "reasons": []}},
        ),
        ("event_details", "eventDetails"): (
            {"eventId": "evt123"},
            {
                "data": {
                    "id": "evt123",
                    "name": "The Small Show",
                    "sales": [{"id": "sale456", "name": "General sale"}],
                }
            },
        ),
        ("get_updated_phonescore", "phoneScore"): (
            {"phoneNumber": "+15555550100"},
            {"data": {"phoneNumber": "+15555550100", "risk": 55, "recommendation": "FLAG"}},
        ),
        ("proxy_campaign_service", "campaign"): (
            {"campaignId": "nowhere"},
            {"error": {"code": 404, "message": "not in the sample"}},
        ),
    }
    answers = {
        (service, operation): invoke(aws, service, {"operation": operation, "arguments": arguments})
        for (service, operation), (arguments, _) in asked.items()
    }
    assert answers == {which: Answer(expected, None) for which, (_, expected) in asked.items()}
    assert {service for service, _ in asked} == {call.service for call in CALLS.values()}


def test_our_functions_run_from_the_source_tree(aws: Ministack) -> None:
    """The identity verification function answers, with the settings that it is given."""
    create_idv(aws, {"FANSCORE_BACKEND": "embedded"})
    asked = {"globalUserId": "user123", "sessionId": "nowhere"}
    answer = invoke(aws, IDV_CHECK_LIVENESS, {"operation": "sessionResult", "arguments": asked})
    missing = {"code": 404, "message": "No such liveness session"}
    assert answer == Answer({"error": missing}, None)


def test_an_event_reaches_every_target_of_its_rule(aws: Ministack, aws_tables: AwsTables) -> None:
    """The bus hands a user event, with its envelope, to each function, and others to none."""
    names = sorted([next(_names), next(_names)])
    environ = {"TABLE": aws_tables.name(DEMAND)}
    targets = {
        name: create_function(aws, name, "keep.handler", {"keep.py": KEEP}, environ)
        for name in names
    }
    bus = create_bus(aws, targets, aws_tables.prefix + "bus")
    entry = {"EventBusName": bus.name, "Source": SOURCE, "Detail": '{"n": 1}'}
    answer = aws.client("events").put_events(
        Entries=[{**entry, "DetailType": "other"}, {**entry, "DetailType": UPSERT}]
    )
    wait_for(lambda: len(aws_tables.stored(DEMAND)) == len(names))
    other_id, event_id = (each["EventId"] for each in answer["Entries"])
    assert answer["FailedEntryCount"] == 0
    assert other_id != event_id
    kept = aws_tables.stored(DEMAND)
    assert [(item["PK"], item["SK"]) for item in kept] == [(event_id, name) for name in names]
    events = [json.loads(str(item["event"])) for item in kept]
    assert [{**event, "time": None} for event in events] == [
        {
            "version": "0",
            "id": event_id,
            "detail-type": UPSERT,
            "source": SOURCE,
            "account": ACCOUNT,
            "time": None,
            "region": REGION,
            "resources": [],
            "detail": {"n": 1},
        }
    ] * len(names)


def test_what_fails_to_the_last_is_kept(aws: Ministack, aws_tables: AwsTables) -> None:
    """A delivery that fails is repeated, and then kept with its reason."""
    name = next(_names)
    environ = {"TABLE": aws_tables.name(DEMAND)}
    arn = create_function(aws, name, "fail.handler", {"fail.py": FAIL_AND_COUNT}, environ)
    bus = create_bus(aws, {name: arn}, aws_tables.prefix + "bus")
    bus.deliver(name, {"id": "event1"})
    [letter] = wait_for(bus.dead_letters)
    assert letter["requestPayload"] == {"id": "event1"}
    assert letter["responsePayload"] == {"errorMessage": "no", "errorType": "Runtime.HandlerError"}
    calls = {"PK": "event1", "SK": "calls", "calls": 1 + MAX_RETRIES}
    assert aws_tables.stored(DEMAND) == [calls]


def test_the_server_ends_with_who_started_it() -> None:
    """A server does not outlive the process that started it, even if that was killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        address = urlsplit(holder.stdout.readline().strip())
        assert address.hostname is not None
        connection = HTTPConnection(address.hostname, address.port or 0, timeout=AMPLE_S)
        with closing(connection):
            connection.request("GET", "/_ministack/health")
            connection.getresponse().read()
            holder.kill()
            assert connection.sock.recv(1) == b""
    assert holder.returncode == -signal.SIGKILL

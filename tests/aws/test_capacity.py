"""What each request uses of AWS, measured: the numbers that ``deploy.capacity`` works with.

Counted is what botocore sends. Items are smaller than the 4 KB of a read unit here; the writes
are weighed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from math import ceil
from typing import TypeAlias, cast

import pytest
from botocore.model import OperationModel

from deploy.capacity import ENTRY_CONSUMED, SESSION_RESULT, USES, Use
from fanscore_adapters.documents.user_event import event_document
from fanscore_adapters.embedded.stand_in_vendor import session_of
from fanscore_appsync.idv_app import OPERATIONS
from fanscore_appsync.settings import read_settings
from fanscore_appsync.testing import appsync_event, service, user
from fanscore_appsync.wiring import apps
from fanscore_core.consumer_mark import Consumer
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.scalars import Email, PhoneNumber
from fanscore_core.user_events import UserEvent
from tests.aws.system import AwsSystem

TIME_S = 20.0
WRITE_UNIT = 1024
SENDER = "botocore.endpoint"
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
FAN = GlobalUserId("capacity-fan")
FINISHING_FAN, ASKING_FAN = "capacity-finishing-fan", "capacity-asking-fan"
EVENT = UserEvent(
    "capacity-event",
    NOW,
    FAN,
    MemberId("capacity-member"),
    CampaignId("camp1"),
    Email("fan@example.com"),
    PhoneNumber("+442071838750"),
    attributes='{"seats":2}',
)
RECORD = {
    "eventId": "disco456",
    "saleId": "sale789",
    "email": "fan@example.com",
    "locale": "en-GB",
    "attributes": {"seats": 2, "nextTo": "a friend"},
}


Body: TypeAlias = Mapping[str, object]


def used(caplog: pytest.LogCaptureFixture, run: Callable[[], object]) -> Use:
    """Run something once, and tell what it used of AWS."""
    caplog.clear()
    run()
    sent = [
        cast("tuple[OperationModel, Mapping[str, str]]", record.args)
        for record in caplog.records
        if record.name == SENDER and record.msg.startswith("Making request")
    ]
    return sum(
        (OF_CALL[call.name](json.loads(asked["body"] or "{}")) for call, asked in sent), Use()
    )


def _batch(body: Body) -> Use:
    tables = cast("Mapping[str, Mapping[str, list[object]]]", body["RequestItems"])
    return Use(reads=sum(len(of["Keys"]) * _read(of) for of in tables.values()))


def _invoke(body: Body) -> Use:
    ours = body["operation"] in OPERATIONS
    return Use(invocations=1) if ours else Use(services=1)


def _put(body: Body) -> Use:
    return Use(writes=_write(cast("Body", body["Item"])))


def _transact(body: Body) -> Use:
    puts = cast("list[Mapping[str, Body]]", body["TransactItems"])
    return sum((_put(each["Put"]) for each in puts), Use()).times(2)


OF_CALL: Mapping[str, Callable[[Body], Use]] = {
    "BatchGetItem": _batch,
    "Query": lambda body: Use(reads=_read(body)),
    "PutItem": _put,
    "TransactWriteItems": _transact,
    "PutEvents": lambda body: Use(events=len(cast("list[object]", body["Entries"]))),
    "Invoke": _invoke,
    "CreateFaceLivenessSession": lambda _: Use(sessions=1),
    "GetFaceLivenessSessionResults": lambda _: Use(),
}


def _read(request: Mapping[str, object]) -> float:
    return 1 if request["ConsistentRead"] else 0.5


def _write(item: Mapping[str, object]) -> int:
    return ceil(sum(len(name) + _size(value) for name, value in item.items()) / WRITE_UNIT)


def _size(value: object) -> int:
    """Weigh a value as DynamoDB does, and a number by its digits, which is more."""
    match value:
        case {"M": dict(members)}:
            return 3 + sum(1 + len(name) + _size(each) for name, each in members.items())
        case {"L": list(values)}:
            return 3 + sum(1 + _size(each) for each in values)
        case {"S": str(text)} | {"N": str(text)}:
            return len(text.encode())
        case _:
            return 1


@pytest.fixture
def measured(
    system: AwsSystem, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, Use]:
    """Measure each request once, and each consumer."""
    for name, value in system.environ.items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.DEBUG, SENDER)
    settings = read_settings(system.environ)
    with ExitStack() as closing:
        app = apps.connect(settings, closing)
        idv = apps.connect_idv(settings, closing)
        consumers = apps.connect_consumers(settings, closing)

        def field(name: str, arguments: Body, caller: Body = user(FAN)) -> Use:  # noqa: B008  # frozen
            event = appsync_event(name, arguments, caller, envelope=True)
            work = used(caplog, lambda: app.answer(event, TIME_S))
            return Use(requests=1, invocations=1) + work

        def verify(operation: str, fan: str, **arguments: str) -> Use:
            call = {"operation": operation, "arguments": {"globalUserId": fan, **arguments}}
            return used(caplog, lambda: idv.answer(call, TIME_S))

        def consume(consumer: Consumer) -> Use:
            document = event_document(EVENT, NOW)
            work = partial(consumers.consume, consumer, document, time_left_s=TIME_S)
            return Use(invocations=1) + used(caplog, work)

        started = verify("startSession", FINISHING_FAN, token=FINISHING_FAN)
        verify("startSession", ASKING_FAN, token=ASKING_FAN)
        finished = verify("sessionResult", FINISHING_FAN, sessionId=session_of(FINISHING_FAN))
        session = {"sessionId": session_of(ASKING_FAN)}
        score = {"globalUserId": "user123", "eventId": "evt456"}
        entry = {"input": {"campaignId": "camp1"}}
        return {
            "Demand.eventDetails": field("Demand.eventDetails", {"eventId": "disco456"}),
            "VFApi.campaign": field("VFApi.campaign", {"campaignId": "camp1"}),
            "VFApi.eligibility": field("VFApi.eligibility", {"campaignId": "camp1"}),
            "Mutation.upsertEntry": field("Mutation.upsertEntry", entry),
            ENTRY_CONSUMED: sum(map(consume, Consumer), Use()),
            "Mutation.demandRecordSave": field("Mutation.demandRecordSave", {"input": RECORD}),
            "Demand.records": field("Demand.records", {}),
            "Mutation.checkLiveness": started + field("Mutation.checkLiveness", {}),
            SESSION_RESULT: finished + field(SESSION_RESULT, session, user(ASKING_FAN)),
            "VFApi.accountFanscore": field("VFApi.accountFanscore", score, service()),
        }


def test_the_calculation_works_with_measured_numbers(measured: Mapping[str, Use]) -> None:
    """What the calculation says that each request uses is what it sends to AWS."""
    assert measured == USES

"""Why a system gave no usable answer: told to the operator, and to no caller."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar, cast

import attrs
import pytest

from fanscore_adapters.aws.client import AwsClient
from fanscore_adapters.dynamodb.adapter import DynamoDb
from fanscore_adapters.dynamodb.values import write_item
from fanscore_adapters.items.demand import record_item
from fanscore_appsync.app import Response
from fanscore_appsync.cli.picture import draw_trace
from fanscore_appsync.local.graphql.replies import Reply
from fanscore_appsync.local.graphql.trace_extension import TracedField, write_trace
from fanscore_appsync.log import MAX_REASONS, InvocationLog
from fanscore_appsync.testing import appsync_event, user
from fanscore_core.engine.question import Question
from fanscore_core.engine.stubs import Answers
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.ids import CampaignId, EventId
from fanscore_core.ports.campaign_service import CampaignById
from fanscore_core.ports.event_details import EventById
from fanscore_core.systems import TABLES
from tests.aws.clients import aws_client
from tests.aws.ministack import ACCOUNT, SECRET
from tests.aws.replies import Replies, refusal, reply
from tests.demand_samples import saved, stored
from tests.unit.fanscore_appsync.samples import FAN, Desk

TABLE = "demand_table"
RECORDS = "Demand.records"
ITEM = record_item(stored(saved(1)))
CANARY = "canary@example.com"
CAMPAIGN = CampaignId("camp1")

AnswerT = TypeVar("AnswerT")


def replying(changed: dict[str, object]) -> AwsClient:
    """Make a client of a DynamoDB that has one item, changed."""
    items = [write_item({**ITEM, **changed})]
    return aws_client("dynamodb", prepare=Replies([reply({"Items": items})]).prepare)


def refusing(code: str) -> AwsClient:
    """Make a client of a DynamoDB that refuses."""
    replies = Replies([refusal(code, message=CANARY)])
    return aws_client("dynamodb", prepare=replies.prepare)


FAULTS: dict[str, tuple[Callable[[], AwsClient], str]] = {
    "malformed item": (
        lambda: replying({"version": "1"}),
        "malformed item: record.version: expected an integer",
    ),
    "malformed attribute": (
        lambda: replying({"attributes": {CANARY: "{" + CANARY}}),
        (
            "malformed item: record.attributes.*: not JSON: Expecting property name enclosed in "
            "double quotes at line 1 column 2"
        ),
    ),
    "malformed attribute of a wrong type": (
        lambda: replying({"attributes": {CANARY: [CANARY]}}),
        "malformed item: record.attributes.*: expected JSON text",
    ),
    "malformed stamp of an attribute": (
        lambda: replying({"stamps": {f"attributes.{CANARY}": CANARY}}),
        "malformed item: record.stamps.*: expected a time and a request id",
    ),
    "malformed time of a stamp": (
        lambda: replying({"stamps": {f"attributes.{CANARY}": [CANARY, CANARY]}}),
        (
            "malformed item: record.stamps.*: expected a date and time with offset, "
            "such as 2026-11-01T08:00:00Z"
        ),
    ),
    "missing permission": (
        lambda: refusing("AccessDeniedException"),
        "refused with AccessDeniedException",
    ),
    "wrong table name": (
        lambda: refusing("ResourceNotFoundException"),
        "refused with ResourceNotFoundException",
    ),
    "dead endpoint": (
        lambda: aws_client("dynamodb", "http://127.0.0.1:1"),
        "no answer: EndpointConnectionError",
    ),
}


@contextmanager
def asked(client: AwsClient) -> Iterator[tuple[Response, InvocationLog]]:
    """Ask for a fan's records; give the response, and what was logged of it."""
    kept: list[InvocationLog] = []
    with closing(client):
        desk = Desk(DynamoDb(client, {table: table for table in TABLES}))
        app = attrs.evolve(desk.app, log=kept.append)
        yield app.answer(appsync_event(RECORDS, {}, user(FAN), envelope=True), 30.0), kept[0]


@pytest.mark.parametrize(("make", "reason"), FAULTS.values(), ids=FAULTS)
def test_the_reason_reaches_the_operator_alone(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], AwsClient], reason: str
) -> None:
    """Log, trace, its extension and its picture say why; the answer does not, and none quotes."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with asked(make()) as (response, line):
        pass
    assert response.response == {
        "error": {
            "message": f"{TABLE} is unavailable",
            "errorType": "503",
            "data": None,
            "errorInfo": {"code": "UNAVAILABLE", "system": TABLE},
        }
    }
    assert (line.failed, line.reasons) == ((TABLE,), (f"{TABLE}: {reason}",))
    assert response.outcome is not None
    trace = response.outcome.trace
    (question,) = trace.asked
    assert (question.failure, question.reason) == ("Unavailable", reason)
    assert draw_trace(trace, 200).endswith(f" ms Unavailable: {reason}")
    reply_ = Reply(None, None, 0.0, trace=trace)
    shown = json.dumps(write_trace([TracedField(["demand"], RECORDS, cached=False, reply=reply_)]))
    assert json.dumps(reason) in shown
    told = json.dumps(response.response) + repr(line) + draw_trace(trace, 200) + shown
    assert CANARY not in told


def told(question: Question[AnswerT], error: Exception) -> tuple[Question[object], object]:
    """Pair a question with an error that is its answer."""
    return cast("Question[object]", question), error


def batch_line(*failures: Exception) -> InvocationLog:
    """Return what is logged of a batch of events whose details fail."""
    kept: list[InvocationLog] = []
    ids = [EventId(f"event{number}") for number in range(len(failures))]
    answers = (told(EventById(each), error) for each, error in zip(ids, failures, strict=True))
    app = attrs.evolve(Desk(Answers(*answers)).app, log=kept.append)
    sources = [{"eventId": each} for each in ids]
    app.answer(
        [appsync_event("DemandRecord.event", {}, user(FAN), source=each) for each in sources], 30.0
    )
    return kept[0]


def test_each_reason_is_logged_once() -> None:
    """A batch has each reason once, those of time that was over too."""
    down, garbage = Unavailable("e", "no answer: X"), Unavailable("e", "malformed answer")
    line = batch_line(down, garbage, down, DeadlineExceeded("e"))
    assert line.reasons == (
        "answers: malformed answer",
        "answers: no answer: X",
        "answers: out of time",
    )


def test_reasons_are_few() -> None:
    """A batch whose items all fail for reasons of their own does not fill the log."""
    failures = [Unavailable("e", f"reason {number:02}") for number in range(MAX_REASONS + 5)]
    line = batch_line(*failures)
    assert line.reasons == tuple(f"answers: reason {number:02}" for number in range(MAX_REASONS))


def test_an_error_that_is_an_answer_has_no_reason() -> None:
    """What is no outage is no reason."""
    kept: list[InvocationLog] = []
    source = Answers(told(CampaignById(CAMPAIGN), ValueError(CANARY)))
    app = attrs.evolve(Desk(source).app, log=kept.append)
    app.answer(
        appsync_event("VFApi.campaign", {"campaignId": CAMPAIGN}, user(FAN), envelope=True), 30.0
    )
    assert (kept[0].outcome, kept[0].failed, kept[0].reasons) == ("INTERNAL", (), ())

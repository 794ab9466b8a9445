from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import attrs
import pytest

from fanscore_appsync import wire
from fanscore_appsync.routes.scores import AccountFanscoreArguments
from fanscore_appsync.testing import appsync_event, user
from fanscore_appsync.wire import ErrorBody, Request
from fanscore_core.errors import (
    Conflict,
    ConflictReason,
    DeadlineExceeded,
    FanscoreError,
    Forbidden,
    InvalidId,
    InvalidInput,
    NotAllowed,
    NotEligible,
    NotFound,
    NotLoggedIn,
    NotOwner,
    PipelineMisuse,
    SourceFailed,
    Unavailable,
    UnknownQuestion,
)
from fanscore_core.ids import RULE, EventId, GlobalUserId, MemberId
from fanscore_core.points import ScoreReason
from fanscore_core.scoring import AccountFanscore
from fanscore_core.signals import ARM, EVENT, MODEL

VALID: Mapping[str, object] = appsync_event(
    "VFApi.accountFanscore",
    {"globalUserId": "user123"},
    user("user123"),
    headers={"host": "example.com"},
)
REQUEST = Request(
    field="VFApi.accountFanscore",
    arguments={"globalUserId": "user123"},
    identity=user("user123"),
    headers={"host": "example.com"},
    source={},
)
AN_OBJECT = "expected an object"
NAMES = "expected the strings parentTypeName and fieldName"


def without(name: str) -> dict[str, object]:
    """Give the valid event without one of its members."""
    return {key: value for key, value in VALID.items() if key != name}


@pytest.mark.parametrize(
    ("event", "request_"),
    [
        (VALID, REQUEST),
        ({**VALID, "envelope": True}, REQUEST),
        (without("source"), REQUEST),
        (without("prev"), REQUEST),
        ({**VALID, "stash": "anything"}, REQUEST),
        (without("identity"), attrs.evolve(REQUEST, identity=None)),
        ({**VALID, "identity": None}, attrs.evolve(REQUEST, identity=None)),
        (without("request"), attrs.evolve(REQUEST, headers={})),
        ({**VALID, "request": None}, attrs.evolve(REQUEST, headers={})),
        ({**VALID, "request": {}}, attrs.evolve(REQUEST, headers={})),
        ({**VALID, "request": {"headers": None}}, attrs.evolve(REQUEST, headers={})),
        ({**VALID, "arguments": {}}, attrs.evolve(REQUEST, arguments={})),
        ({**VALID, "source": {"eventId": "e"}}, attrs.evolve(REQUEST, source={"eventId": "e"})),
    ],
)
def test_events_are_read(event: object, request_: Request) -> None:
    """Of an event, the field, its arguments, the identity and the headers count."""
    assert wire.read_request(event) == request_


@pytest.mark.parametrize(
    ("event", "mistake"),
    [
        (None, f"event: {AN_OBJECT}"),
        (True, f"event: {AN_OBJECT}"),
        (0, f"event: {AN_OBJECT}"),
        (1.5, f"event: {AN_OBJECT}"),
        (float("nan"), f"event: {AN_OBJECT}"),
        ("", f"event: {AN_OBJECT}"),
        ('{"info": {}}', f"event: {AN_OBJECT}"),
        ([], f"event: {AN_OBJECT}"),
        ([VALID], f"event: {AN_OBJECT}"),
        ({}, f"event.info: {AN_OBJECT}"),
        (without("info"), f"event.info: {AN_OBJECT}"),
        ({**VALID, "info": None}, f"event.info: {AN_OBJECT}"),
        ({**VALID, "info": "VFApi.accountFanscore"}, f"event.info: {AN_OBJECT}"),
        ({**VALID, "info": ["VFApi", "accountFanscore"]}, f"event.info: {AN_OBJECT}"),
        ({**VALID, "info": {}}, f"event.info: {NAMES}"),
        ({**VALID, "info": {"parentTypeName": "VFApi"}}, f"event.info: {NAMES}"),
        ({**VALID, "info": {"fieldName": "accountFanscore"}}, f"event.info: {NAMES}"),
        ({**VALID, "info": {"parentTypeName": 1, "fieldName": "x"}}, f"event.info: {NAMES}"),
        ({**VALID, "info": {"parentTypeName": "x", "fieldName": []}}, f"event.info: {NAMES}"),
        (without("arguments"), f"event.arguments: {AN_OBJECT}"),
        ({**VALID, "arguments": None}, f"event.arguments: {AN_OBJECT}"),
        ({**VALID, "arguments": "user123"}, f"event.arguments: {AN_OBJECT}"),
        ({**VALID, "arguments": ["user123"]}, f"event.arguments: {AN_OBJECT}"),
        ({**VALID, "identity": "user123"}, f"event.identity: {AN_OBJECT}"),
        ({**VALID, "identity": False}, f"event.identity: {AN_OBJECT}"),
        ({**VALID, "identity": []}, f"event.identity: {AN_OBJECT}"),
        ({**VALID, "request": 1}, f"event.request: {AN_OBJECT}"),
        ({**VALID, "request": "headers"}, f"event.request: {AN_OBJECT}"),
        ({**VALID, "request": {"headers": "x-api-key"}}, f"event.request.headers: {AN_OBJECT}"),
        (
            {**VALID, "request": {"headers": [["x-api-key", "x"]]}},
            f"event.request.headers: {AN_OBJECT}",
        ),
    ],
)
def test_malformed_events(event: object, mistake: str) -> None:
    """An event that is none is invalid input, with the path of the mistake."""
    with pytest.raises(InvalidInput) as raised:
        wire.read_request(event)
    assert (type(raised.value), str(raised.value)) == (InvalidInput, mistake)


@pytest.mark.parametrize("member", ["request", "headers"])
@pytest.mark.parametrize("value", [False, 0, "", []])
def test_empty_values_of_another_type(member: str, value: object) -> None:
    """An empty value is no stand-in for an object: only null is."""
    request = value if member == "request" else {"headers": value}
    with pytest.raises(InvalidInput):
        wire.read_request({**VALID, "request": request})


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        ({**VALID, "envelope": True}, True),
        ({"envelope": True}, True),
        (VALID, False),
        ({**VALID, "envelope": False}, False),
        ({**VALID, "envelope": 1}, False),
        ({**VALID, "envelope": "true"}, False),
        ({**VALID, "envelope": None}, False),
        (None, False),
        (["envelope"], False),
        ("envelope", False),
    ],
)
def test_envelopes(event: object, wanted: bool) -> None:
    """Only an event that says ``"envelope": true`` is answered in an envelope."""
    assert wire.wants_envelope(event) is wanted


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ({"globalUserId": "u"}, AccountFanscoreArguments(GlobalUserId("u"))),
        (
            {"globalUserId": "u", "memberId": None, "eventId": None},
            AccountFanscoreArguments(GlobalUserId("u")),
        ),
        (
            {"globalUserId": "u", "memberId": "m", "eventId": "e"},
            AccountFanscoreArguments(GlobalUserId("u"), MemberId("m"), EventId("e")),
        ),
    ],
)
def test_arguments_are_read(
    arguments: Mapping[str, object], given: AccountFanscoreArguments
) -> None:
    """Arguments are read by their GraphQL names; null is the same as not given."""
    assert wire.read_arguments(arguments, AccountFanscoreArguments) == given


@pytest.mark.parametrize(
    ("arguments", "kind", "mistake"),
    [
        ({}, InvalidInput, "arguments.globalUserId: required"),
        ({"eventId": "e"}, InvalidInput, "arguments.globalUserId: required"),
        ({"globalUserId": None}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": ""}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": "a\u2028b"}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": "a "}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": "a\n"}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": "\ufeffe"}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": "\ud800"}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": "u" * 129}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": 1}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": True}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": Decimal(1)}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": ["u"]}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": {"id": "u"}}, InvalidId, f"arguments.globalUserId: {RULE}"),
        ({"globalUserId": "u", "eventId": 1}, InvalidId, f"arguments.eventId: {RULE}"),
        ({"globalUserId": "u", "eventId": ""}, InvalidId, f"arguments.eventId: {RULE}"),
        ({"globalUserId": "u", "memberId": []}, InvalidId, f"arguments.memberId: {RULE}"),
        ({"globalUserId": "u", "memberId": False}, InvalidId, f"arguments.memberId: {RULE}"),
        ({"globalUserId": 1, "eventId": 1}, InvalidId, f"arguments.globalUserId: {RULE}"),
    ],
)
def test_bad_arguments(
    arguments: Mapping[str, object], kind: type[InvalidInput], mistake: str
) -> None:
    """An argument that is missing or not what it must be is refused, with its path."""
    with pytest.raises(InvalidInput) as raised:
        wire.read_arguments(arguments, AccountFanscoreArguments)
    assert (type(raised.value), str(raised.value)) == (kind, mistake)


def test_parents_are_read() -> None:
    """Of its parent object, a child field reads what it needs, and the rest does not matter."""
    source = {"globalUserId": "u", "eventId": "e", "requestedAt": "2026-11-02T08:00:00Z"}
    read = wire.read_source(source, AccountFanscoreArguments)
    assert read == AccountFanscoreArguments(GlobalUserId("u"), None, EventId("e"))
    with pytest.raises(InvalidId) as raised:
        wire.read_source({"globalUserId": ""}, AccountFanscoreArguments)
    assert raised.value.where == "source.globalUserId"


def test_unknown_arguments() -> None:
    """An argument that the field does not have is invalid input, not ignored."""
    with pytest.raises(InvalidInput) as raised:
        wire.read_arguments({"globalUserId": "u", "saleId": "s"}, AccountFanscoreArguments)
    assert type(raised.value) is InvalidInput
    assert raised.value.where.startswith("arguments")


def test_results_are_written() -> None:
    """A result is written under the schema's names, as plain JSON values."""
    result = AccountFanscore(
        GlobalUserId("user123"),
        60,
        75,
        {ARM: -15, EVENT: 0, MODEL: 0},
        (ScoreReason("ACCOUNT_SCORE", 75, "why"), ScoreReason("ARM_HIGH_RISK", -15, "why not")),
        "2026-11-01",
        (EVENT, MODEL),
    )
    assert json.loads(json.dumps(wire.data(result))) == {
        "globalUserId": "user123",
        "score": 60,
        "rawScore": 75,
        "boosts": {"arm": -15, "event": 0, "model": 0},
        "reasons": [
            {"code": "ACCOUNT_SCORE", "points": 75, "message": "why"},
            {"code": "ARM_HIGH_RISK", "points": -15, "message": "why not"},
        ],
        "policyVersion": "2026-11-01",
        "degraded": ["event", "model"],
    }


class Overloaded(Unavailable):
    """A kind of being unavailable that the table does not name."""


def never(error: Exception) -> str:
    """Stand for a report that must not be made."""
    raise AssertionError from error


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (
            InvalidInput("arguments.x", "expected y"),
            ErrorBody("arguments.x: expected y", "400", {"code": "INVALID_INPUT"}),
        ),
        (
            InvalidId("arguments.x", "expected y"),
            ErrorBody("arguments.x: expected y", "400", {"code": "INVALID_ID"}),
        ),
        (NotLoggedIn(), ErrorBody("User not logged in", "401", {"code": "NOT_LOGGED_IN"})),
        (
            NotOwner(),
            ErrorBody("Only the owner may ask for this", "403", {"code": "NOT_OWNER"}),
        ),
        (
            NotAllowed("arguments.memberId"),
            ErrorBody("This caller may not use arguments.memberId", "403", {"code": "NOT_ALLOWED"}),
        ),
        (
            NotEligible(("SOLD_OUT", "TOO_LATE")),
            ErrorBody(
                "Not eligible for this campaign",
                "403",
                {"code": "NOT_ELIGIBLE", "reasons": ["SOLD_OUT", "TOO_LATE"]},
            ),
        ),
        (NotFound("campaign"), ErrorBody("No such campaign", "404", {"code": "NOT_FOUND"})),
        (
            Conflict(ConflictReason.CHANGED),
            ErrorBody("Others kept changing this", "409", {"code": "CONFLICT"}),
        ),
        (
            Unavailable("demand_table", "their text"),
            ErrorBody(
                "demand_table is unavailable",
                "503",
                {"code": "UNAVAILABLE", "system": "demand_table"},
            ),
        ),
        (
            Overloaded("demand_table"),
            ErrorBody(
                "demand_table is unavailable",
                "503",
                {"code": "UNAVAILABLE", "system": "demand_table"},
            ),
        ),
        (
            DeadlineExceeded("arm_scoring"),
            ErrorBody(
                "Out of time while waiting for arm_scoring",
                "504",
                {"code": "DEADLINE_EXCEEDED", "system": "arm_scoring"},
            ),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_are_written(error: FanscoreError, body: ErrorBody) -> None:
    """A foreseen error has the errorType and code that are documented, and is not reported."""
    assert wire.error_body(error, never) == body


@pytest.mark.parametrize(
    ("error", "retriable"),
    [
        (Conflict(ConflictReason.CHANGED), True),
        (Unavailable("demand_table"), True),
        (DeadlineExceeded("demand_table"), True),
        (NotFound("campaign"), False),
        (InvalidInput("arguments.x", "expected y"), False),
        (NotLoggedIn(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_that_can_be_retried(error: FanscoreError, *, retriable: bool) -> None:
    """Where a mutation may succeed if it is sent again, the error holds the id to send it with."""
    body = wire.error_body(error, never)
    expected = {**body.info, "requestId": "request-1"} if retriable else body.info
    assert wire.error_body(error, never, "request-1") == attrs.evolve(body, info=expected)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a vendor's text"),
        KeyError("a fan's address"),
        Forbidden("of no kind that the table names"),
        FanscoreError("of no kind that the table names"),
        PipelineMisuse("getArmScore", "ArmScore", "no source answers this"),
        SourceFailed("Sqlite", "raised OSError"),
        UnknownQuestion(),
        ExceptionGroup("several", [ValueError()]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_unforeseen_errors_are_written(error: Exception) -> None:
    """Any other error is reported, and says nothing of itself but the id to find it by."""
    reported: list[Exception] = []

    def report(found: Exception) -> str:
        reported.append(found)
        return "report-0"

    body = wire.error_body(error, report)
    assert body == ErrorBody("Internal error", "500", {"code": "INTERNAL", "id": "report-0"})
    assert reported == [error]


BODY = ErrorBody("demand_table is unavailable", "503", {"code": "UNAVAILABLE", "system": "x"})


def test_errors_in_an_envelope() -> None:
    """For the response handler, an error has all four members that it passes to util.error."""
    assert wire.enveloped_error(BODY) == {
        "error": {
            "message": "demand_table is unavailable",
            "errorType": "503",
            "data": None,
            "errorInfo": {"code": "UNAVAILABLE", "system": "x"},
        }
    }


def test_errors_in_a_batch() -> None:
    """In a batch, an error is an item of the shape that AppSync wants."""
    assert wire.batch_error(BODY) == {
        "data": None,
        "errorMessage": "demand_table is unavailable",
        "errorType": "503",
        "errorInfo": {"code": "UNAVAILABLE", "system": "x"},
    }


def test_errors_that_are_raised() -> None:
    """An exception's class is named like the errorType, and its text is the message."""
    error = wire.raisable_error(BODY)
    assert (type(error).__name__, type(error).__mro__[1], str(error)) == (
        "503",
        Exception,
        "demand_table is unavailable",
    )

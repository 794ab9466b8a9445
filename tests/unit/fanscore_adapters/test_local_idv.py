from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar, cast

import attrs
import pytest

from fanscore_adapters.idv_calls import IDV_CALLS
from fanscore_adapters.local_idv import LocalIdv
from fanscore_core.errors import Unavailable
from fanscore_core.ids import GlobalUserId, SessionId
from fanscore_core.liveness import LivenessSession, LivenessStatus, new_session
from fanscore_core.ports.idv_check_liveness import LivenessResult, StartLivenessSession
from fanscore_core.query import Ask, Question

AnswerT = TypeVar("AnswerT")

IDV = "idv_check_liveness"
FAN = GlobalUserId("user123")
SESSION = SessionId("session-1")
NEW = new_session(SESSION, "token-1", datetime(2026, 11, 1, 8, tzinfo=UTC)).session

START = StartLivenessSession(FAN, "token-1", Decimal("72.5"), Decimal(2))
RESULT = LivenessResult(FAN, SESSION)

DATA: Mapping[str, object] = {
    "sessionId": "session-1",
    "status": "CREATED",
    "createdAt": "2026-11-01T08:00:00Z",
    "expiresAt": "2026-11-01T08:03:00Z",
    "confidence": None,
}


@attrs.define
class Function:
    """A function that gives one response, and keeps the payloads.

    Attributes:
        response: what it gives.
        payloads: what it got.
    """

    response: object
    payloads: list[object] = attrs.field(factory=list)

    def __call__(self, payload: object) -> object:
        """Keep the payload, give the response."""
        self.payloads.append(payload)
        return self.response


def ask(adapter: LocalIdv, question: Question[AnswerT]) -> object:
    """Ask the adapter, and give the answer; an error as its type, system and reason."""
    [answered] = adapter.fetch([Ask(cast("Question[object]", question))])
    assert answered.source == IDV
    match answered.answer:
        case Unavailable(system, reason):
            return "Unavailable", system, reason
        case Exception() as error:
            return type(error).__name__, str(error)
        case answer:
            return answer


@pytest.mark.parametrize(
    ("question", "payload"),
    [
        (
            START,
            {
                "operation": "startSession",
                "arguments": {
                    "globalUserId": "user123",
                    "score": 72.5,
                    "armScore": 2,
                    "token": "token-1",
                },
            },
        ),
        (
            StartLivenessSession(FAN, "token-1"),
            {
                "operation": "startSession",
                "arguments": {"globalUserId": "user123", "token": "token-1"},
            },
        ),
        (
            RESULT,
            {
                "operation": "sessionResult",
                "arguments": {"globalUserId": "user123", "sessionId": "session-1"},
            },
        ),
    ],
)
def test_the_function_gets_what_lambda_would_give_it(
    question: Question[object], payload: Mapping[str, object]
) -> None:
    """The payload is the contract's document as Lambda parses it; what is unknown is left out."""
    function = Function({"data": DATA})
    assert ask(LocalIdv(function), question) == NEW
    assert function.payloads == [payload]
    assert "Decimal" not in repr(function.payloads)


def test_a_verdict_is_read() -> None:
    """A session with a verdict is read whole, its confidence to the last digit."""
    judged = {**DATA, "status": "SUCCEEDED", "confidence": 99.1}
    assert ask(LocalIdv(Function({"data": judged})), RESULT) == LivenessSession(
        SESSION, LivenessStatus.SUCCEEDED, NEW.created_at, NEW.expires_at, Decimal("99.1")
    )


def test_no_such_session() -> None:
    """Of a result, 404 is an answer: there is no such session."""
    adapter = LocalIdv(Function({"error": {"code": 404, "message": "anything"}}))
    assert ask(adapter, RESULT) == ("NotFound", "No such liveness session")


@pytest.mark.parametrize(
    ("question", "code"),
    [(START, 400), (START, 404), (START, 409), (START, 500), (RESULT, 400), (RESULT, 503)],
)
def test_other_errors(question: Question[object], code: int) -> None:
    """Every other error is an unavailable function, and its text stays behind."""
    adapter = LocalIdv(Function({"error": {"code": code, "message": "a vendor's text"}}))
    assert ask(adapter, question) == ("Unavailable", IDV, "answered with an error")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (None, "malformed answer"),
        ({"session": DATA}, "malformed answer"),
        ({"data": []}, "malformed answer: data: expected an object"),
        (
            {"data": {**DATA, "confidence": 100.5}},
            "malformed answer: data.confidence: expected a number from 0 to 100",
        ),
        (
            {"data": {**DATA, "confidence": float("nan")}},
            "malformed answer: $: NaN is not JSON",
        ),
        ({"data": {"sessionId": "session-1"}}, "malformed answer: data.status: required"),
    ],
)
def test_malformed_answers(response: object, reason: str) -> None:
    """A malformed answer is an unavailable function; the reason names the path."""
    assert ask(LocalIdv(Function(response)), RESULT) == ("Unavailable", IDV, reason)


def test_answers_come_in_order() -> None:
    """Several questions are answered one for one, in their order."""

    def function(payload: object) -> object:
        match payload:
            case {"arguments": {"sessionId": session_id}}:
                return {"data": {**DATA, "sessionId": session_id}}
            case _:
                return None

    ids = [SessionId("b"), SessionId("a"), SessionId("b")]
    asks = [Ask(cast("Question[object]", LivenessResult(FAN, each))) for each in ids]
    answered = LocalIdv(function).fetch(asks)
    assert [each.answer for each in answered] == [
        attrs.evolve(NEW, session_id=each) for each in ids
    ]


def test_an_outage() -> None:
    """Declared out of order, the function gives no answer and is not called."""
    function = Function({"data": DATA})
    out_of_order = LocalIdv(function, frozenset({IDV}))
    assert ask(out_of_order, START) == ("Unavailable", IDV, "declared out of order")
    assert ask(LocalIdv(function, frozenset({"arm_scoring"})), START) == NEW
    assert len(function.payloads) == 1


def test_it_answers_for_the_function() -> None:
    """It answers every question to the function, and no other."""
    assert LocalIdv(Function(None)).systems == dict.fromkeys(IDV_CALLS, IDV)

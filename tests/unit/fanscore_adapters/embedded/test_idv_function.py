from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar, cast

import attrs
import pytest

from fanscore_adapters.documents.idv import IDV_CALLS
from fanscore_adapters.embedded.idv_function import IdvFunction
from fanscore_core.engine.question import Ask, Question
from fanscore_core.errors import Unavailable
from fanscore_core.ids import GlobalUserId, SessionId
from fanscore_core.liveness import new_session
from fanscore_core.ports.idv_check_liveness import LivenessResult, StartLivenessSession

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


def ask(adapter: IdvFunction, question: Question[AnswerT]) -> object:
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
    assert ask(IdvFunction(Function(response)), RESULT) == ("Unavailable", IDV, reason)


def test_an_outage() -> None:
    """Declared out of order, the function gives no answer and is not called."""
    function = Function({"data": DATA})
    out_of_order = IdvFunction(function, frozenset({IDV}))
    assert ask(out_of_order, START) == ("Unavailable", IDV, "declared out of order")
    assert ask(IdvFunction(function, frozenset({"arm_scoring"})), START) == NEW
    assert len(function.payloads) == 1


def test_it_answers_for_the_function() -> None:
    """It answers every question to the function, and no other."""
    assert IdvFunction(Function(None)).systems == dict.fromkeys(IDV_CALLS, IDV)

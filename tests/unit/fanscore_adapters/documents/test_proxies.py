from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from fanscore_adapters.documents.proxies import CALLS, services_of
from fanscore_core.errors import Unavailable
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.ports.arm_scoring import ArmScore
from tests.contracts.asking import shown

ARM = CALLS[ArmScore]
OUT_OF_RANGE = "malformed answer: data.armScore: expected 0 to 10"
NO_NUMBER = "malformed answer: data.armScore: expected a number"
VENDOR_TEXT = "ORA-00942: fan@example.com"


def test_arm_scoring_is_the_documents() -> None:
    """ARM scores come from ``arm_scoring``."""
    assert services_of(CALLS)[ArmScore] == ARM.service == "arm_scoring"


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        (EventId("evt456"), {"globalUserId": "user123", "eventId": "evt456"}),
        (None, {"globalUserId": "user123"}),
    ],
)
def test_a_request_holds_what_is_known(
    event: EventId | None, arguments: Mapping[str, object]
) -> None:
    """A request names the operation, and leaves out arguments that the question has not."""
    request = ARM.request(ArmScore(GlobalUserId("user123"), event))
    assert request == {"operation": "armScore", "arguments": arguments}


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ({"data": {"armScore": 0}}, Decimal(0)),
        ({"data": {"armScore": Decimal("4.5")}}, Decimal("4.5")),
        ({"data": {"armScore": 10, "band": "x"}}, Decimal(10)),
        ({"error": {"code": 404, "message": VENDOR_TEXT}}, None),
        ({"error": {"code": 404}}, None),
    ],
)
def test_an_answer_is_read(response: object, answer: Decimal | None) -> None:
    """A score from 0 to 10 is the answer; 404 says that there is none."""
    assert ARM.answer(response) == answer


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ({"error": {"code": 500, "message": VENDOR_TEXT}}, "answered with an error"),
        ({"error": {"code": 401, "message": VENDOR_TEXT}}, "answered with an error"),
        ({"error": {"code": "404"}}, "answered with an error"),
        ({"error": {"code": True}}, "answered with an error"),
        ({"error": VENDOR_TEXT}, "answered with an error"),
        ({"error": {"code": 500}, "data": {"armScore": 2}}, "answered with an error"),
        ({"data": {"armScore": 11}}, OUT_OF_RANGE),
        ({"data": {"armScore": Decimal("10.01")}}, OUT_OF_RANGE),
        ({"data": {"armScore": -1}}, OUT_OF_RANGE),
        ({"data": {"armScore": "2"}}, NO_NUMBER),
        ({"data": {"armScore": VENDOR_TEXT}}, NO_NUMBER),
        ({"data": {"armScore": None}}, NO_NUMBER),
        ({"data": {"armScore": True}}, NO_NUMBER),
        ({"data": {"armScore": Decimal("NaN")}}, NO_NUMBER),
        ({"data": {"armScore": float("nan")}}, NO_NUMBER),
        ({"data": {}}, "malformed answer: data.armScore: required"),
        ({"data": {"score": VENDOR_TEXT}}, "malformed answer: data.armScore: required"),
        ({"data": None}, "malformed answer: data: expected an object"),
        ({"data": [VENDOR_TEXT]}, "malformed answer: data: expected an object"),
        ({"errorMessage": VENDOR_TEXT, "errorType": "Unhandled"}, "malformed answer"),
        ({}, "malformed answer"),
        (None, "malformed answer"),
        (VENDOR_TEXT, "malformed answer"),
        ([{"data": {"armScore": 2}}], "malformed answer"),
    ],
)
def test_everything_else_is_unavailable(response: object, reason: str) -> None:
    """An error and a malformed answer are the service's failure, told in our words only."""
    assert shown(ARM.answer(response)) == repr(Unavailable("arm_scoring", reason))

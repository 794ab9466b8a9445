from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from decimal import Decimal
from io import BytesIO
from typing import TypeAlias

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.aws.lambda_ import LambdaProxies
from fanscore_adapters.documents.json_text import json_text
from fanscore_adapters.embedded.stand_ins import Case, Sample, StandIns
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.ports.arm_scoring import ArmScore
from tests.aws.clients import aws_client
from tests.contracts.asking import said

pytestmark = pytest.mark.usefixtures("made_up_credentials")

Responses: TypeAlias = Mapping[str, object]
Open: TypeAlias = Callable[[Responses], AbstractContextManager[Adapter]]
Services: TypeAlias = Callable[[Responses], Adapter]

ARM_SCORING = "arm_scoring"
VENDOR_TEXT = "jdbc:oracle:thin:scott/tiger@10.0.0.7"


@contextmanager
def stand_ins(responses: Responses) -> Iterator[Adapter]:
    """Answer ``armScore`` from a sample with a response for each fan."""
    cases = [
        Case("armScore", {"globalUserId": fan}, response)  # type: ignore[arg-type]  # bad ones too
        for fan, response in responses.items()
    ]
    yield StandIns(Sample({}, {ARM_SCORING: cases}))


@contextmanager
def functions(responses: Responses) -> Iterator[Adapter]:
    """Answer ``armScore`` from a function of Lambda, of which only the network is left out."""

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        fan = json.loads(request.body)["arguments"]["globalUserId"]
        return function_reply(responses[fan])

    with closing(
        aws_client("lambda", prepare=lambda events: events.register("before-send", answer))
    ) as client:
        yield LambdaProxies(client, client, {ARM_SCORING: "our-arm"})


ADAPTERS: Mapping[str, Open] = {"stand-ins": stand_ins, "Lambda": functions}
"""The adapters that answer for the services, each made from the service's responses by fan."""


class Body(BytesIO):
    """A body as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        """Give all of it."""
        return iter([self.getvalue()])


def function_reply(response: object) -> AWSResponse:
    """Make Lambda's reply of what a function returns, to the last digit, or how it failed."""
    failure = response.get("FunctionError") if isinstance(response, dict) else None
    headers = {} if failure is None else {"X-Amz-Function-Error": failure}
    try:
        text = json_text(response)
    except InvalidInput:
        text = json.dumps(response, default=float)  # NaN, as some write it
    return AWSResponse("http://127.0.0.1", 200, headers, Body(text.encode()))


@pytest.fixture(params=ADAPTERS.values(), ids=list(ADAPTERS))
def services(request: pytest.FixtureRequest) -> Iterator[Services]:
    """Give each adapter in turn."""
    made: Open = request.param
    with ExitStack() as to_close:
        yield lambda responses: to_close.enter_context(made(responses))


def arm(fan: str) -> ArmScore:
    """Ask for a fan's risk."""
    return ArmScore(GlobalUserId(fan), EventId("evt456"))


def data(arm_score: object) -> object:
    """Make the response that gives a score."""
    return {"data": {"armScore": arm_score}}


def error(code: object) -> object:
    """Make the response that gives an error."""
    return {"error": {"code": code, "message": VENDOR_TEXT}}


def test_an_adapter_names_the_service_behind_each_question(services: Services) -> None:
    """Each question that a service answers is the adapter's, under the document's name."""
    assert services({}).systems[ArmScore] == ARM_SCORING


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (data(0), Decimal(0)),
        (data(2), Decimal(2)),
        (data(Decimal("4.5")), Decimal("4.5")),
        (data(10), Decimal(10)),
        ({"data": {"armScore": 2, "modelVersion": "arm-7"}}, Decimal(2)),
        (error(404), None),
    ],
)
def test_a_good_response_is_the_answer(
    services: Services, response: object, answer: Decimal | None
) -> None:
    """A risk from 0 to 10 is the answer, and so is that the service knows none (404)."""
    assert said(services({"user123": response}), arm("user123")) == [(answer, ARM_SCORING)]


@pytest.mark.parametrize(
    "response",
    [
        error(400),
        error(401),
        error(403),
        error(500),
        error(503),
        error("404"),
        error(Decimal("404.0")),
        error(None),
        {"error": VENDOR_TEXT},
        {"error": {}},
        {"error": {"code": 500}, "data": {"armScore": 2}},
        data(11),
        data(-1),
        data(Decimal("10.000000000000000000000000000000001")),
        data(Decimal("NaN")),
        data(Decimal("Infinity")),
        data("2"),
        data(VENDOR_TEXT),
        data(True),  # noqa: FBT003  # what a service may send
        data(None),
        data([2]),
        {"data": {}},
        {"data": None},
        {"data": 2},
        {"data": VENDOR_TEXT},
        {"result": {"armScore": 2}},
        {"FunctionError": "Unhandled", "errorMessage": VENDOR_TEXT},
        {},
    ],
    ids=repr,
)
def test_any_other_response_is_unavailable(services: Services, response: object) -> None:
    """An error and a malformed answer make the service unavailable, in our words alone."""
    [(answer, source)] = said(services({"user123": response}), arm("user123"))
    assert (str(answer).partition("(")[0], source) == (Unavailable.__name__, ARM_SCORING)
    assert f"system={ARM_SCORING!r}" in str(answer)
    assert VENDOR_TEXT not in str(answer)


def test_one_fetch_of_many_is_many_fetches_of_one(services: Services) -> None:
    """Questions asked together get the answers that each gets alone, a failing one included."""
    adapter = services({"a": data(1), "b": error(500), "c": error(404), "d": data(4)})
    questions = [arm(fan) for fan in "dbcabd"]
    together = said(adapter, *questions)
    assert together == [said(adapter, question)[0] for question in questions]
    assert [together[0], together[2], together[3]] == [
        (Decimal(4), ARM_SCORING),
        (None, ARM_SCORING),
        (Decimal(1), ARM_SCORING),
    ]


def test_no_questions_are_answered_too(services: Services) -> None:
    """An adapter that is asked nothing answers nothing."""
    assert said(services({})) == []

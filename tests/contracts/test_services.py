from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from decimal import Decimal
from io import BytesIO
from typing import TypeAlias

import attrs
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from fanscore_adapters.adapter import Adapter, by_question
from fanscore_adapters.aws.lambda_ import LambdaProxies
from fanscore_adapters.documents.json_text import json_text
from fanscore_adapters.documents.proxies import CALLS, ProxyCall
from fanscore_adapters.embedded.stand_ins import Case, Sample, StandIns
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.ports.arm_scoring import ArmScore
from tests.aws.clients import aws_client
from tests.contracts.asking import said
from tests.contracts.own_answers import OWN_CALL, ShowsAttended

pytestmark = pytest.mark.usefixtures("made_up_credentials")

Responses: TypeAlias = Mapping[str, object]
Open: TypeAlias = Callable[[ProxyCall, Responses], AbstractContextManager[Adapter]]
VENDOR_TEXT = "jdbc:oracle:thin:scott/tiger@10.0.0.7"


@attrs.frozen
class Declared:
    """A call that a row declares, whose answer is a number from 0 to 10, or 404 for none.

    Attributes:
        call: the row.
        question: asks about a fan.
        member: where the answer has the number; in this file, all say ``armScore``.
    """

    call: ProxyCall
    question: Callable[[str], Question[object]]
    member: str = "armScore"

    def response(self, response: object) -> object:
        """Make the service's response of one of ``armScore``."""
        match response:
            case {"data": {"armScore": number, **others}, **more}:
                return {"data": {self.member: number, **others}, **more}
            case _:
                return response


DECLARED = {
    "ours": Declared(CALLS[ArmScore], lambda fan: ArmScore(GlobalUserId(fan), EventId("evt456"))),
    "one's own": Declared(OWN_CALL, lambda fan: ShowsAttended(GlobalUserId(fan)), "shows"),
}


@contextmanager
def stand_ins(declared: ProxyCall, responses: Responses) -> Iterator[Adapter]:
    """Answer from a sample with a response for each fan."""
    cases = [
        Case(declared.operation, {"globalUserId": fan}, response)  # type: ignore[arg-type]  # bad ones too
        for fan, response in responses.items()
    ]
    sample = Sample({}, {declared.service: cases})
    yield StandIns(sample, calls=by_question([declared]))


@contextmanager
def functions(declared: ProxyCall, responses: Responses) -> Iterator[Adapter]:
    """Answer from a function of Lambda, of which only the network is left out."""

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        asked = json.loads(request.body)
        assert asked["operation"] == declared.operation
        return function_reply(responses[asked["arguments"]["globalUserId"]])

    with closing(
        aws_client("lambda", prepare=lambda events: events.register("before-send", answer))
    ) as client:
        names = {declared.service: "our-function"}
        yield LambdaProxies(client, client, names, by_question([declared]))


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


@attrs.frozen
class Services:
    """What answers a declared call.

    Attributes:
        declared: the call.
        open: makes an adapter from what the service says to ``armScore``, by fan.
    """

    declared: Declared
    open: Callable[[Responses], Adapter]

    @property
    def system(self) -> str:
        """The service."""
        return self.declared.call.service

    def asked(self, fan: str) -> Question[object]:
        """Ask about a fan."""
        return self.declared.question(fan)


@pytest.fixture(params=ADAPTERS.values(), ids=list(ADAPTERS))
def made(request: pytest.FixtureRequest) -> Open:
    """Give each adapter in turn."""
    found: Open = request.param
    return found


@pytest.fixture(params=DECLARED.values(), ids=list(DECLARED))
def services(request: pytest.FixtureRequest, made: Open) -> Iterator[Services]:
    """Give each declared call in turn."""
    declared: Declared = request.param
    with ExitStack() as to_close:

        def opened(responses: Responses) -> Adapter:
            said = {fan: declared.response(each) for fan, each in responses.items()}
            return to_close.enter_context(made(declared.call, said))

        yield Services(declared, opened)


def data(arm_score: object) -> object:
    """Make the response that gives a score."""
    return {"data": {"armScore": arm_score}}


def error(code: object) -> object:
    """Make the response that gives an error."""
    return {"error": {"code": code, "message": VENDOR_TEXT}}


def test_an_adapter_names_the_service_behind_each_question(services: Services) -> None:
    """Each question that a service answers is the adapter's, under the document's name."""
    assert services.open({}).systems == {services.declared.call.question: services.system}


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
    adapter = services.open({"user123": response})
    assert said(adapter, services.asked("user123")) == [(answer, services.system)]


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
    adapter = services.open({"user123": response})
    [(answer, source)] = said(adapter, services.asked("user123"))
    assert (str(answer).partition("(")[0], source) == (Unavailable.__name__, services.system)
    assert f"system={services.system!r}" in str(answer)
    assert VENDOR_TEXT not in str(answer)


def test_one_fetch_of_many_is_many_fetches_of_one(services: Services) -> None:
    """Questions asked together get the answers that each gets alone, a failing one included."""
    adapter = services.open({"a": data(1), "b": error(500), "c": error(404), "d": data(4)})
    questions = [services.asked(fan) for fan in "dbcabd"]
    together = said(adapter, *questions)
    assert together == [said(adapter, question)[0] for question in questions]
    assert [together[0], together[2], together[3]] == [
        (Decimal(4), services.system),
        (None, services.system),
        (Decimal(1), services.system),
    ]


def test_no_questions_are_answered_too(services: Services) -> None:
    """An adapter that is asked nothing answers nothing."""
    assert said(services.open({})) == []

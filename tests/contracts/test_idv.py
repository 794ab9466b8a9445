from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TypeAlias

import attrs
import pytest

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.aws.lambda_ import LambdaProxies
from fanscore_adapters.embedded.idv_function import IdvFunction
from fanscore_adapters.embedded.stand_in_vendor import StandInVendor
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.idv_app import IdvApp
from fanscore_appsync.wiring.parts import source_maker
from fanscore_core.engine.question import Question
from fanscore_core.errors import NotFound, Unavailable
from fanscore_core.ids import GlobalUserId, SessionId
from fanscore_core.liveness import LivenessSession, LivenessStatus, LivenessVerdict, new_session
from fanscore_core.ports.idv_check_liveness import LivenessResult, StartLivenessSession
from tests.aws.clients import aws_client, environment_of
from tests.aws.forwarding import forwarded
from tests.aws.ministack import Ministack
from tests.contracts.asking import said, shown

Function: TypeAlias = Callable[[object], object]
Open: TypeAlias = Callable[[Function], AbstractContextManager[Adapter]]

IDV = "idv_check_liveness"
NAME = "contract-idv"
VENDOR_TEXT = "jdbc:oracle:thin:scott/tiger@10.0.0.7"
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAN = GlobalUserId("user123")
SESSION = SessionId("session-1")
NEW = new_session(SESSION, "token-1", NOW).session

START = StartLivenessSession(FAN, "token-1", Decimal("72.5"), Decimal(2))
RESULT = LivenessResult(FAN, SESSION)

DATA: Mapping[str, object] = {
    "sessionId": "session-1",
    "status": "CREATED",
    "createdAt": "2026-11-01T08:00:00Z",
    "expiresAt": "2026-11-01T08:03:00Z",
    "confidence": None,
}


@contextmanager
def local(function: Function) -> Iterator[Adapter]:
    """Call the function within the process."""
    yield IdvFunction(function)


@contextmanager
def on_lambda(aws: Ministack, function: Function) -> Iterator[Adapter]:
    """Call the function by way of Lambda."""
    with (
        environment_of(aws),
        forwarded(aws, NAME, function),
        closing(aws_client("lambda")) as client,
    ):
        yield LambdaProxies(client, client, {IDV: NAME})


ADAPTERS: Mapping[str, Callable[[pytest.FixtureRequest], Open]] = {
    "local": lambda _: local,
    "Lambda": lambda request: partial(on_lambda, request.getfixturevalue("aws")),
}


@pytest.fixture(params=ADAPTERS.values(), ids=list(ADAPTERS))
def open_idv(request: pytest.FixtureRequest) -> Open:
    """Give what opens each adapter in turn."""
    made: Open = request.param(request)
    return made


@attrs.frozen
class Scripted:
    """A function that answers everything with one document, and keeps what it was called with."""

    response: object
    payloads: list[object] = attrs.field(factory=list)

    def __call__(self, payload: object) -> object:
        """Answer a call."""
        self.payloads.append(payload)
        return self.response


def error(code: object) -> object:
    """Make the response that gives an error."""
    return {"error": {"code": code, "message": VENDOR_TEXT}}


def test_an_adapter_names_the_function_behind_each_question(open_idv: Open) -> None:
    """Both questions are the adapter's, under the document's name."""
    with open_idv(Scripted(None)) as adapter:
        kinds = (StartLivenessSession, LivenessResult)
        assert [adapter.systems[kind] for kind in kinds] == [IDV] * 2


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
def test_what_the_function_is_called_with(
    open_idv: Open, question: Question[LivenessSession], payload: object
) -> None:
    """The function is called once with the whole question, and its session is the answer."""
    function = Scripted({"data": DATA})
    with open_idv(function) as adapter:
        assert said(adapter, question) == [(NEW, IDV)]
    assert function.payloads == [payload]


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({"status": "IN_PROGRESS"}, LivenessVerdict(LivenessStatus.IN_PROGRESS)),
        (
            {"status": "SUCCEEDED", "confidence": 99.1, "more": 1},
            LivenessVerdict(LivenessStatus.SUCCEEDED, Decimal("99.1")),
        ),
        (
            {"status": "FAILED", "confidence": 0},
            LivenessVerdict(LivenessStatus.FAILED, Decimal(0)),
        ),
        ({"status": "EXPIRED"}, LivenessVerdict(LivenessStatus.EXPIRED)),
    ],
)
def test_a_result_is_read_whole(
    open_idv: Open, given: Mapping[str, object], verdict: LivenessVerdict
) -> None:
    """Whatever came of a session is the answer, its confidence to the last digit."""
    with open_idv(Scripted({"data": {**DATA, **given}})) as adapter:
        assert said(adapter, RESULT) == [(NEW.judged(verdict), IDV)]


def test_no_such_session(open_idv: Open) -> None:
    """A 404 says that there is no such session; to a start it is no answer."""
    with open_idv(Scripted(error(404))) as adapter:
        assert said(adapter, RESULT) == [(shown(NotFound("liveness session")), IDV)]
        assert said(adapter, START) == [(shown(Unavailable(IDV, "answered with an error")), IDV)]


@pytest.mark.parametrize(
    "response",
    [
        *map(error, (400, 401, 409, 500, 503, "404", None)),
        {"error": VENDOR_TEXT},
        {"data": None},
        {"data": [DATA]},
        {"data": {"sessionId": "session-1"}},
        {"data": {**DATA, "sessionId": f"{VENDOR_TEXT}\n"}},
        {"data": {**DATA, "status": VENDOR_TEXT}},
        {"data": {**DATA, "createdAt": VENDOR_TEXT}},
        {"data": {**DATA, "confidence": 100.5}},
        {"data": {**DATA, "confidence": float("nan")}},
        {"errorMessage": VENDOR_TEXT},
        VENDOR_TEXT,
        None,
    ],
    ids=repr,
)
def test_any_other_response_is_unavailable(open_idv: Open, response: object) -> None:
    """An error and a malformed answer make the function unavailable, in our words alone."""
    with open_idv(Scripted(response)) as adapter:
        answers = [*said(adapter, START), *said(adapter, RESULT)]
    assert [(str(answer).partition("(")[0], source) for answer, source in answers] == [
        (Unavailable.__name__, IDV)
    ] * 2
    assert VENDOR_TEXT not in str(answers)


def test_one_fetch_of_many_is_many_fetches_of_one(open_idv: Open) -> None:
    """Questions asked together get the answers that each gets alone, a failing one included."""

    def function(payload: object) -> object:
        match payload:
            case {"arguments": {"sessionId": "b"}}:
                return error(500)
            case {"arguments": {"sessionId": session}}:
                return {"data": {**DATA, "sessionId": session}}
            case _:
                return None

    questions = [LivenessResult(FAN, SessionId(each)) for each in "cbac"]
    failed = shown(Unavailable(IDV, "answered with an error"))
    a, c = (attrs.evolve(NEW, session_id=SessionId(each)) for each in "ac")
    with open_idv(function) as adapter:
        together = said(adapter, *questions)
        assert together == [said(adapter, question)[0] for question in questions]
        assert together == [(c, IDV), (failed, IDV), (a, IDV), (c, IDV)]
        assert said(adapter) == []


def test_the_function_of_this_system(open_idv: Open) -> None:
    """Our own function gives one session for one token, its result, and nobody else's."""

    def never(error: Exception) -> str:
        raise AssertionError from error

    with ExitStack() as to_close:
        tables = to_close.enter_context(SqliteTables(IN_MEMORY))
        source = source_maker((Sqlite(tables), StandInVendor()), to_close)
        app = IdvApp(source, never, lambda: NOW, log=lambda _: None)
        adapter = to_close.enter_context(open_idv(lambda payload: app.answer(payload, 10.0)))
        [(started, _)] = said(adapter, START)
        assert isinstance(started, LivenessSession)
        assert started == attrs.evolve(NEW, session_id=started.session_id)
        assert said(adapter, START) == [(started, IDV)]
        alive = started.judged(LivenessVerdict(LivenessStatus.SUCCEEDED, Decimal("99.1")))
        assert said(adapter, LivenessResult(FAN, started.session_id)) == [(alive, IDV)]
        stranger = LivenessResult(GlobalUserId("user456"), started.session_id)
        assert said(adapter, stranger) == [(shown(NotFound("liveness session")), IDV)]

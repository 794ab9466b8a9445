from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from typing import TypeAlias, cast

import attrs
import httpx
import pytest

from fanscore_adapters.adapter import LEAST_S
from fanscore_adapters.http.circuit_breaker import MAX_FAILURES, OPEN_S
from fanscore_adapters.http.client import HttpCall, HttpEndpoint, stateless_client
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.lnaa import Membership
from tests.contracts.asking import shown
from tests.virtual_time import VirtualTime

SYSTEM = "lnaa_api"
URL = "http://lnaa.test/"
QUESTION = cast("Question[object]", Membership(GlobalUserId("user123")))
TIMEOUTS = httpx.Timeout(3.0, connect=1.0)

Handler: TypeAlias = Callable[[httpx.Request], httpx.Response]


@attrs.define
class Line:
    """A party behind a line that does as it is told; time passes only by being told to.

    Attributes:
        script: what happens to each request; after that, 200.
        time: by which everything works.
        timeouts: of each request that went out.
        encodings: those that each request asked for.
        party: what is tested.
    """

    script: list[Handler] = attrs.field(factory=list)
    time: VirtualTime = attrs.field(factory=VirtualTime)
    timeouts: list[Mapping[str, float]] = attrs.field(factory=list)
    encodings: list[str] = attrs.field(factory=list)
    party: HttpEndpoint = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        client = httpx.Client(transport=httpx.MockTransport(self._handle), timeout=TIMEOUTS)
        time = self.time
        self.party = HttpEndpoint(SYSTEM, client, 2.0, time.wait, time.clock, time.now)

    def ask(
        self, expires_at: float = inf, *, attempts: int = 3, degradable: bool = False
    ) -> Answered:
        """Ask, and give an answer that can be compared."""
        call = HttpCall("GET", URL, {}, lambda status, body: (status, body), None, attempts)
        answered = self.party.answer(Ask(QUESTION, degradable, expires_at), call)
        return attrs.evolve(answered, answer=shown(answered.answer))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.timeouts.append(request.extensions["timeout"])
        self.encodings.append(request.headers["Accept-Encoding"])
        return self.script.pop(0)(request) if self.script else httpx.Response(200, content=b"ok")


@pytest.fixture
def line() -> Iterator[Line]:
    """Give a line."""
    made = Line()
    with made.party.client:
        yield made


OK = (200, b"ok")
OPEN = repr(Unavailable(SYSTEM, "not asked after repeated failures"))


def status(code: int, **headers: str) -> Handler:
    """Answer with a status."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(code, headers=named)


def breaking(error: type[httpx.RequestError]) -> Handler:
    """Break the line."""

    def handle(request: httpx.Request) -> httpx.Response:
        raise error("canary", request=request)

    return handle


def hanging(line: Line, seconds: float) -> Handler:
    """Let time pass until the client gives up."""

    def handle(request: httpx.Request) -> httpx.Response:
        line.time.now_s += seconds
        raise httpx.ReadTimeout("canary", request=request)

    return handle


@attrs.frozen
class Slow(httpx.SyncByteStream):
    """A body whose parts take a second each."""

    time: VirtualTime
    parts: Sequence[bytes]

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            self.time.now_s += 1
            yield part


def slowly(line: Line, *parts: bytes) -> Handler:
    """Answer part by part."""
    return lambda _: httpx.Response(200, stream=Slow(line.time, parts))


def unavailable(reason: str) -> str:
    """Spell the error."""
    return repr(Unavailable(SYSTEM, reason))


LATE = repr(DeadlineExceeded(SYSTEM))
DEGRADED = unavailable("no answer in time")


def test_an_answer_says_what_it_cost(line: Line) -> None:
    """An answer comes with the system's name, its seconds and its calls, those in vain included."""
    line.script = [status(503, Retry_After="2"), slowly(line, b"o", b"k")]
    assert line.ask() == Answered(OK, SYSTEM, 4.0, 2)


@pytest.mark.parametrize(("degradable", "answer"), [(False, LATE), (True, DEGRADED)])
@pytest.mark.parametrize("left_s", [LEAST_S - 0.01, 0.0, -5.0])
def test_no_time_to_start(line: Line, left_s: float, degradable: bool, answer: str) -> None:
    """Without a tenth of a second left nothing is sent."""
    line.time.now_s = 100.0
    assert line.ask(100.0 + left_s, degradable=degradable) == Answered(answer, SYSTEM)
    assert line.timeouts == []


@pytest.mark.parametrize(
    ("left_s", "connect_s", "others_s"),
    [(inf, 1.0, 3.0), (60.0, 1.0, 3.0), (2.0, 1.0, 2.0), (0.5, 0.5, 0.5), (LEAST_S, 0.1, 0.1)],
)
def test_timeouts_are_bounded_by_what_is_left(
    line: Line, left_s: float, connect_s: float, others_s: float
) -> None:
    """No timeout of an attempt is longer than the time that is left."""
    assert line.ask(left_s) == Answered(OK, SYSTEM, 0.0, 1)
    assert line.timeouts == [
        {"connect": connect_s, "read": others_s, "write": others_s, "pool": others_s}
    ]


def test_a_client_without_timeouts_gets_them(line: Line) -> None:
    """A timeout that the client does not have is the time that is left."""
    line.party.client.timeout = httpx.Timeout(None)
    line.ask(7.0)
    assert line.timeouts == [dict.fromkeys(("connect", "read", "write", "pool"), 7.0)]


@pytest.mark.parametrize(("degradable", "answer"), [(False, LATE), (True, DEGRADED)])
def test_a_timeout_at_the_deadline_is_late(line: Line, degradable: bool, answer: str) -> None:
    """What does not answer until the time is over is late, and not asked again."""
    line.script = [hanging(line, 1.95)]
    assert line.ask(2.0, degradable=degradable) == Answered(answer, SYSTEM, 1.95, 1)


def test_a_timeout_before_the_deadline_is_not(line: Line) -> None:
    """What does not answer in its own time is unavailable, when it was asked often enough."""
    line.script = [hanging(line, 3.0)] * 3
    reason = unavailable("could not be reached: ReadTimeout")
    assert attrs.evolve(line.ask(60.0), took_s=0.0) == Answered(reason, SYSTEM, calls=3)


@pytest.mark.parametrize(("degradable", "answer"), [(False, LATE), (True, DEGRADED)])
def test_a_slow_body_is_cut_at_the_deadline(line: Line, degradable: bool, answer: str) -> None:
    """A body that comes in drops is read until the time is over."""
    line.script = [slowly(line, *[b"o"] * 1_000)]
    assert line.ask(3.0, degradable=degradable) == Answered(answer, SYSTEM, 3.0, 1)


def test_bodies_are_asked_for_as_they_are(line: Line) -> None:
    """No compression is asked for: what is read is as long as what was sent."""
    line.ask()
    assert line.encodings == ["identity"]


def test_a_wait_that_leaves_no_time_is_not_begun(line: Line) -> None:
    """An attempt that could not start in time is not waited for: the last failure is the answer."""
    line.script = [status(503, Retry_After="1")]
    answer = unavailable("answered with status 503")
    assert line.ask(1.0 + LEAST_S / 2) == Answered(answer, SYSTEM, 0.0, 1)
    assert line.time.waits_s == []


def test_a_wait_that_leaves_time_is_begun(line: Line) -> None:
    """An attempt that can start in time is made."""
    line.script = [status(503, Retry_After="1")]
    assert line.ask(1.0 + 2 * LEAST_S) == Answered(OK, SYSTEM, 1.0, 2)


def test_waits_are_drawn(line: Line) -> None:
    """The waits between attempts differ by chance, and may be twice as long each time."""
    for _ in range(100):
        line.script = [status(500), status(500)]
        assert line.ask().calls == 3
    first_s, second_s = line.time.waits_s[::2], line.time.waits_s[1::2]
    assert len({*first_s, *second_s}) > 100
    assert 0.1 < max(first_s) <= 0.2 < max(second_s) <= 0.4


FAILURES: Mapping[str, Handler] = {
    "no connection": breaking(httpx.ConnectError),
    "no connection in time": breaking(httpx.ConnectTimeout),
    "no free connection in time": breaking(httpx.PoolTimeout),
    "not sent": breaking(httpx.WriteError),
    "broken": breaking(httpx.ReadError),
    "silent": breaking(httpx.ReadTimeout),
    "no HTTP": breaking(httpx.RemoteProtocolError),
    "500": status(500),
    "503": status(503),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=list(FAILURES))
def test_failures_open_the_circuit(line: Line, failure: Handler) -> None:
    """After five failures nothing is sent, until a call that is made after ten seconds succeeds."""
    line.script = [failure] * MAX_FAILURES
    assert [line.ask(attempts=1).calls for _ in range(MAX_FAILURES)] == [1] * MAX_FAILURES
    assert line.ask() == Answered(OPEN, SYSTEM)
    line.time.now_s += OPEN_S
    assert line.ask() == Answered(OK, SYSTEM, 0.0, 1)
    assert line.ask() == Answered(OK, SYSTEM, 0.0, 1)


@pytest.mark.parametrize("code", [200, 302, 400, 401, 404, 429])
def test_answers_keep_the_circuit_closed(line: Line, code: int) -> None:
    """A system that answers is there, whatever it answers."""
    line.script = [status(500)] * 4 + [status(code)] + [status(500)] * 4
    for _ in range(9):
        line.ask(attempts=1)
    assert line.ask() == Answered(OK, SYSTEM, 0.0, 1)


def test_the_attempt_that_opens_the_circuit_is_the_last(line: Line) -> None:
    """An open circuit ends the attempts, with the failure for an answer and without a wait."""
    line.script = [status(500)] * 4 + [status(502)]
    assert line.ask().calls == 3
    waited = len(line.time.waits_s)
    failed = line.ask()
    assert (failed.answer, failed.calls) == (unavailable("answered with status 502"), 2)
    assert len(line.time.waits_s) == waited + 1
    assert line.ask() == Answered(OPEN, SYSTEM)


def test_a_probe_is_one_call(line: Line) -> None:
    """A probe that fails is not repeated, and the circuit stays open."""
    line.script = [status(500)] * (MAX_FAILURES + 1)
    for _ in range(MAX_FAILURES):
        line.ask(attempts=1)
    line.time.now_s += OPEN_S
    assert line.ask().calls == 1
    assert line.ask() == Answered(OPEN, SYSTEM)


def test_a_question_without_time_is_no_probe(line: Line) -> None:
    """What is out of time says nothing about the system, and takes no place of a probe."""
    line.script = [status(500)] * MAX_FAILURES
    for _ in range(MAX_FAILURES):
        line.ask(attempts=1)
    line.time.now_s += OPEN_S
    assert line.ask(line.time.now_s).answer == LATE
    assert line.ask() == Answered(OK, SYSTEM, 0.0, 1)


def test_what_breaks_is_not_told(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """Of an error of the line, only its kind is told."""
    caplog.set_level(logging.DEBUG)
    line.script = [breaking(httpx.ReadError)] * 3
    assert line.ask().answer == unavailable("could not be reached: ReadError")
    assert "canary" not in caplog.text
    assert "canary" not in repr(HttpCall("GET", "canary", {"a": "canary"}, print, "canary"))


def test_no_call_knows_the_one_before() -> None:
    """What a system would have remembered of one fan is not sent with the next fan's call."""
    cookies: list[str | None] = []

    def handle(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("Cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "session=fan-a"})

    with stateless_client(1.0) as made:
        jar = made.cookies.jar
    with httpx.Client(transport=httpx.MockTransport(handle), cookies=jar) as client:
        for path in ("fan-a", "fan-b"):
            client.get(f"{URL}{path}")
    assert cookies == [None, None]

"""An HTTP system of one's own: an adapter around the public ``HttpEndpoint``, over real sockets."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import inf
from typing import cast

import attrs
import pytest

from fanscore_adapters import Adapter, HttpCall, HttpEndpoint, json_reader, one_by_one
from fanscore_adapters.http.circuit_breaker import MAX_FAILURES, OPEN_S
from fanscore_core import Answered, Ask, InvalidInput, Query, Question, Unavailable, exactly
from fanscore_core.errors import DeadlineExceeded
from tests.aws.lnaa_server import Fault, LnaaServer, Reply, Request, json_reply, lnaa_server
from tests.contracts.asking import said
from tests.plain_http import patient_client
from tests.virtual_time import VirtualTime

SYSTEM = "seat_maps"


@attrs.frozen
class FreeSeats(Query[Decimal | None]):
    """How many seats of a section are free; ``None`` where no event is known."""

    event: str = attrs.field(validator=exactly(str))
    section: str = attrs.field(default="A", validator=exactly(str))


def free_seats(document: object) -> Decimal:
    """Read an answer."""
    match document:
        case {"free": int(free)}:
            return Decimal(free)
        case _:
            raise InvalidInput("seats.free", "expected a number")


@attrs.frozen
class SeatMaps:
    """The adapter, as somebody else would write it."""

    url: str
    endpoint: HttpEndpoint
    headers: Mapping[str, str] = {}

    systems: Mapping[type[Question[object]], str] = attrs.field(
        default={FreeSeats: SYSTEM}, init=False
    )
    split = staticmethod(one_by_one)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer each."""
        return [
            self.endpoint.answer(ask, self._call(cast("FreeSeats", ask.question))) for ask in asks
        ]

    def _call(self, asked: FreeSeats) -> HttpCall:
        return HttpCall(
            "GET",
            self.url,
            self.headers,
            json_reader(SYSTEM, free_seats, {404: None}),
            max_attempts=3,
            path=("events", asked.event, "seats"),
            query={"section": asked.section},
        )


@attrs.frozen
class Desk:
    """A server on loopback, the time by which it is asked, and the adapter."""

    server: LnaaServer
    time: VirtualTime
    endpoint: HttpEndpoint

    def ask(
        self, event: str = "evt456", section: str = "A", headers: Mapping[str, str] = {}
    ) -> object:
        """Ask once, and give the answer as it can be compared."""
        adapter: Adapter = SeatMaps(self.server.url, self.endpoint, headers)
        ((answer, system),) = said(adapter, FreeSeats(event, section))
        assert system == SYSTEM
        return answer

    @property
    def paths(self) -> list[str]:
        """What was asked for."""
        return [request.path for request in self.server.requests]


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Serve, and connect."""
    time = VirtualTime()
    with lnaa_server() as server, patient_client() as client:
        endpoint = HttpEndpoint(SYSTEM, client, wait=time.wait, clock=time.clock, now=time.now)
        yield Desk(server, time, endpoint)


def unavailable(reason: str) -> str:
    """Spell the error."""
    return repr(Unavailable(SYSTEM, reason))


def test_an_answer_is_read(desk: Desk) -> None:
    """A document becomes an answer, and a status that is known is one by itself."""
    desk.server.script = [json_reply({"free": 4}), Reply(404)]
    assert [desk.ask(), desk.ask()] == [Decimal(4), None]
    request = Request("GET", "/events/evt456/seats?section=A", None, None)
    assert desk.server.requests == [request, request]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (json_reply({"free": "4"}), "malformed answer: seats.free: expected a number"),
        (Reply(200, b"<html>"), "malformed answer"),
        (Reply(200, b"\xff"), "malformed answer"),
        (Reply(204), "malformed answer"),
        (Reply(200, b"[" * 100_000), "malformed answer"),
        (Reply(302, b"", {"Location": "/elsewhere"}), "answered with status 302"),
        (Reply(403, b"canary"), "answered with status 403"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_no_answer(desk: Desk, reply: Reply, reason: str) -> None:
    """What is not an answer is ``Unavailable`` in our words, and is asked for once."""
    desk.server.script = [reply]
    assert desk.ask() == unavailable(reason)
    assert len(desk.server.requests) == 1


def test_attempts(desk: Desk) -> None:
    """A 5xx and a lost connection are followed by another attempt, after a pause."""
    desk.server.script = [Reply(503), Fault.RESET, json_reply({"free": 4})]
    assert desk.ask() == Decimal(4)
    assert (len(desk.server.requests), len(desk.time.waits_s)) == (3, 2)


def test_a_system_may_say_how_long_to_wait(desk: Desk) -> None:
    """``Retry-After`` is obeyed up to ``max_wait_s``, beyond which nobody waits."""
    desk.server.script = [Reply(429, b"", {"Retry-After": "2"}), json_reply({"free": 4})]
    assert desk.ask() == Decimal(4)
    assert desk.time.waits_s == [2.0]
    desk.server.script = [Reply(429, b"", {"Retry-After": "3"})]
    assert desk.ask() == unavailable("answered with status 429")
    assert desk.time.waits_s == [2.0]


def test_the_circuit(desk: Desk) -> None:
    """A system that keeps failing is not asked for a while, then tried once."""
    desk.server.script = [Reply(500)] * MAX_FAILURES
    failed, left_alone = "answered with status 500", "not asked after repeated failures"
    assert [desk.ask() for _ in range(3)] == list(map(unavailable, (failed, failed, left_alone)))
    assert len(desk.server.requests) == MAX_FAILURES
    desk.time.now_s += OPEN_S
    desk.server.script = [json_reply({"free": 4})]
    assert desk.ask() == Decimal(4)


@pytest.mark.parametrize(("left_s", "calls"), [(0.05, 0), (inf, 1)])
def test_the_deadline(desk: Desk, left_s: float, calls: int) -> None:
    """A call is begun only if there is time for it."""
    desk.server.script = [json_reply({"free": 4})]
    ask = Ask(cast("Question[object]", FreeSeats("evt456")), expires_at=left_s)
    (answered,) = SeatMaps(desk.server.url, desk.endpoint).fetch([ask])
    late = repr(DeadlineExceeded(SYSTEM))
    assert repr(answered.answer) == (repr(Decimal(4)) if calls else late)
    assert answered.calls == len(desk.server.requests) == calls


@pytest.mark.parametrize(
    ("event", "segment"),
    [
        ("a/b", "a%2Fb"),
        ("a?b=c#d", "a%3Fb%3Dc%23d"),
        ("%2e%2e", "%252e%252e"),
        ("a b+c", "a%20b%2Bc"),
        ("...", "..."),
        ("ü€", "%C3%BC%E2%82%AC"),
        ("a\r\nX-Evil: 1", "a%0D%0AX-Evil%3A%201"),
        ("\0", "%00"),
        ("a\\b", "a%5Cb"),
        ("@evil.test:80", "%40evil.test%3A80"),
    ],
)
def test_any_value_is_one_segment(desk: Desk, event: str, segment: str) -> None:
    """Whatever a value of the path is, the server is asked for it as one segment."""
    desk.server.script = [json_reply({"free": 4})]
    assert desk.ask(event) == Decimal(4)
    assert desk.paths == [f"/events/{segment}/seats?section=A"]


@pytest.mark.parametrize("event", ["", ".", "..", "\ud800"])
def test_values_that_lead_elsewhere_are_not_sent(desk: Desk, event: str) -> None:
    """A value that a server could take for another folder is ``Unavailable``, and not sent."""
    assert desk.ask(event) == unavailable("no URL can name this id")
    assert desk.paths == []


def test_a_query_says_what_it_is_given(desk: Desk) -> None:
    """A value of the query cannot add another, nor end the line."""
    desk.server.script = [json_reply({"free": 4})]
    assert desk.ask(section="A&all=1 #\r\nü") == Decimal(4)
    assert desk.paths == ["/events/evt456/seats?section=A%26all%3D1%20%23%0D%0A%C3%BC"]


def test_what_is_too_long_is_not_sent(desk: Desk) -> None:
    """A URL that no server need take is not sent."""
    assert desk.ask("a" * 8000) == unavailable("the URL would be longer than 8000")
    assert desk.paths == []


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "ü", " a", "a ", "\0", "\ud800"])
def test_no_header_breaks_the_request(desk: Desk, value: str) -> None:
    """A header that none may be is ``Unavailable``, and no failure of the system's."""
    answers = [desk.ask(headers={"X-Fan": value}) for _ in range(MAX_FAILURES)]
    assert answers == [unavailable("a header is not printable ASCII")] * MAX_FAILURES
    desk.server.script = [json_reply({"free": 4})]
    assert desk.ask(headers={"X-Fan": "a\tb c", "X-Empty": ""}) == Decimal(4)
    assert len(desk.server.requests) == 1


def test_a_body_must_be_text(desk: Desk) -> None:
    """A body that cannot be written as UTF-8 is not sent."""
    call = HttpCall("POST", desk.server.url, {}, lambda *_: None, "\ud800")
    answered = desk.endpoint.answer(Ask(cast("Question[object]", FreeSeats("a"))), call)
    assert repr(answered) == repr(
        Answered(Unavailable(SYSTEM, "the body has half characters"), SYSTEM)
    )


def test_nothing_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Neither ids nor headers nor answers are in a log, nor in the repr of a call."""
    caplog.set_level(logging.DEBUG, "fanscore")
    desk.server.script = [json_reply({"canary": 1})]
    desk.ask("canary", "canary", {"Authorization": "canary"})
    assert "canary" not in caplog.text
    call = HttpCall("GET", "a", {}, print, path=("canary",), query={"canary": "canary"})
    assert "canary" not in repr(call)

"""Servers that answer little by little, without end: no call outlives its deadline."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TypeAlias, cast

import attrs
import httpx
import pytest

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.http.circuit_breaker import MAX_FAILURES
from fanscore_adapters.http.client import HttpCall, HttpEndpoint, stateless_client
from fanscore_adapters.http.environment import HttpEnvironment
from fanscore_adapters.http.lnaa import Lnaa, lnaa_client
from fanscore_adapters.http.webhooks import Webhooks, webhook_client
from fanscore_core.engine.question import Ask, Question
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.consumers import PostNotification
from fanscore_core.ports.lnaa import ActivateMembership, Membership
from tests.contracts.asking import shown
from tests.contracts.user_events import BARE

SYSTEM = "lnaa_api"
BYTE_S = 0.002
"""How long the server waits between two bytes."""

TICK_S = 0.01
"""How long each look at the clock takes, so that time passes with what is read, and no faster."""

TOO_LATE_S = 600.0
"""When a test gives up on a call that does not come back."""

Say: TypeAlias = Callable[[bytes], None]

DRIPS: Mapping[str, tuple[bytes, bytes]] = {
    "status": (b"HTTP/1.1 200 ", b"O"),
    "header name": (b"HTTP/1.1 200 OK\r\n", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"x: 1\r\n"),
    "header value": (b"HTTP/1.1 200 OK\r\nx: ", b"1"),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "size of a chunk": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"0"),
    "body without end": (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
}
"""What the server says at once, and then again and again."""


@attrs.define
class Ticking:
    """A clock that every look moves on."""

    now_s: float = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        self.now_s += TICK_S
        return self.now_s


@contextmanager
def dripping(at_once: bytes, drip: bytes) -> Iterator[tuple[str, Event]]:
    """Serve on loopback until the event is set; give the URL and the event."""
    released = Event()
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[Thread] = []

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(at_once)
            while not released.wait(BYTE_S):
                if not drip:
                    connection.recv(4096)
                for number in drip:
                    connection.sendall(bytes([number]))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threads.append(Thread(target=answer, args=(connection,)))
                threads[-1].start()

    accepting = Thread(target=serve)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", released
    finally:
        released.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join()
        for each in threads:
            each.join()


def came_back(call: Callable[[], object], released: Event) -> object:
    """Make a call in a thread, and give what it came to before the server let go of it."""
    results: list[object] = []
    thread = Thread(target=lambda: results.append(call()))
    thread.start()
    thread.join(TOO_LATE_S)
    is_held = thread.is_alive()
    released.set()
    thread.join()
    assert not is_held
    return results[0]


def lnaa(url: str, client: httpx.Client) -> Adapter:
    """Make the adapter of LNAA."""
    return Lnaa(url, "token", client, lambda _: None, Ticking())


def webhooks(url: str, client: httpx.Client) -> Adapter:
    """Make the adapter of the endpoints."""
    return Webhooks({"notification_endpoint": url}, client, lambda _: None, Ticking())


FAN = GlobalUserId("user123")
ASKED: Sequence[
    tuple[Callable[[], httpx.Client], Callable[[str, httpx.Client], Adapter], object]
] = [
    (lnaa_client, lnaa, Membership(FAN)),
    (lnaa_client, lnaa, ActivateMembership(FAN, "key")),
    (webhook_client, webhooks, PostNotification(BARE, "key")),
]


@pytest.mark.parametrize("name", DRIPS)
@pytest.mark.parametrize(("client", "adapter", "question"), ASKED, ids=["read", "write", "post"])
def test_the_deadline_holds(
    name: str,
    client: Callable[[], httpx.Client],
    adapter: Callable[[str, httpx.Client], Adapter],
    question: object,
) -> None:
    """A call ends at its deadline wherever in the answer the drip is, and its thread is free."""
    with dripping(*DRIPS[name]) as (url, released), client() as used:
        asked = adapter(url, used)
        ask = Ask(cast("Question[object]", question), expires_at=1.0)
        (answered,) = cast(
            "Sequence[object]", came_back(lambda: [asked.fetch([ask])[0].answer], released)
        )
    (system,) = {asked.systems[type(question)]}  # type: ignore[index]  # a type of question
    assert shown(answered) == repr(DeadlineExceeded(system))


@pytest.mark.parametrize("name", ["headers", "early hints"])
def test_an_attempt_has_an_end_too(name: str) -> None:
    """An attempt takes at most as long as connecting and reading may, and counts as a failure."""
    with dripping(*DRIPS[name]) as (url, released), stateless_client(0.5) as client:
        party = HttpEndpoint(SYSTEM, client, 0.0, lambda _: None, Ticking())
        call = HttpCall("GET", url, {}, lambda status, _: status)
        ask = Ask(cast("Question[object]", Membership(FAN)), expires_at=10_000.0)
        answers = came_back(
            lambda: [shown(party.answer(ask, call).answer) for _ in range(MAX_FAILURES + 1)],
            released,
        )
    failed = repr(Unavailable(SYSTEM, "could not be reached: ReadTimeout"))
    left_alone = repr(Unavailable(SYSTEM, "not asked after repeated failures"))
    assert answers == [*[failed] * MAX_FAILURES, left_alone]


def test_a_server_that_reads_slowly() -> None:
    """A long body that is read little by little is given up at the deadline."""
    with dripping(b"", b"") as (url, released), stateless_client(30.0) as client:
        party = HttpEndpoint(SYSTEM, client, 0.0, lambda _: None, Ticking())
        call = HttpCall("POST", url, {}, lambda status, _: status, "x" * 50_000_000)
        ask = Ask(cast("Question[object]", Membership(FAN)), expires_at=1.0)
        answer = came_back(lambda: shown(party.answer(ask, call).answer), released)
    assert answer == repr(DeadlineExceeded(SYSTEM))


@pytest.mark.parametrize("target", ["http://lnaa.test/", "https://lnaa.test/"])
def test_a_proxy(target: str) -> None:
    """A proxy that drips is no other than a server that does."""
    with dripping(*DRIPS["headers"]) as (url, released):
        environment = HttpEnvironment({"http": url, "https": url})
        with stateless_client(3.0, environment) as client:
            party = HttpEndpoint(SYSTEM, client, 0.0, lambda _: None, Ticking())
            call = HttpCall("GET", target, {}, lambda status, _: status)
            ask = Ask(cast("Question[object]", Membership(FAN)), expires_at=1.0)
            answer = came_back(lambda: shown(party.answer(ask, call).answer), released)
    assert answer == repr(DeadlineExceeded(SYSTEM))

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from threading import Thread
from typing import cast

import attrs
import httpx
import pytest

from fanscore_adapters.documents.user_event import detail_document
from fanscore_adapters.http.circuit_breaker import MAX_FAILURES
from fanscore_adapters.http.webhooks import (
    MAX_ATTEMPTS,
    MAX_WAIT_S,
    TIMEOUT_S,
    Webhooks,
    webhook_client,
)
from fanscore_core.consumer_mark import LEASE
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.ports.consumers import Post, PostNotification, PostSync
from fanscore_core.scalars import Email
from fanscore_core.user_events import UserEvent, UserWithdrawal
from tests.impatience import UNHEARD, impatient_client
from tests.virtual_time import VirtualTime

EVENT = UserEvent(
    "e-1",
    datetime(2026, 11, 1, 8, tzinfo=UTC),
    GlobalUserId("user123"),
    MemberId("m-1"),
    CampaignId("c-1"),
    Email("canary@example.com"),
)
NOTIFICATION = PostNotification(EVENT, "key-1")
SYNC = PostSync(EVENT, "key-2")
SYSTEMS: Mapping[type, str] = {
    PostNotification: "notification_endpoint",
    PostSync: "sync_endpoint",
}


@attrs.frozen
class Response:
    """What the endpoint answers a request with."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b"a body of the endpoint's"


@attrs.define
class Endpoint:
    """A real server on loopback.

    Attributes:
        url: where it is.
        responses: what it answers, one after the other, and then with 200; ``None`` is not heard.
        received: path, chosen headers and body of each request.
    """

    url: str
    responses: list[Response | None] = attrs.field(factory=list)
    received: list[tuple[str, Mapping[str, str], object]] = attrs.field(factory=list)


HEADERS = ("Content-Type", "Event-Type", "Idempotency-Key")
"""What endpoints are told besides the event."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Serve an endpoint."""
    served = Endpoint("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: self.headers[name] for name in HEADERS}
            served.received.append((self.path, headers, json.loads(body)))
            response = served.responses.pop(0) if served.responses else Response(200)
            if response is None:
                response = Response(200, {UNHEARD: "all"})
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            with suppress(ConnectionError):  # the client need not read it all
                self.wfile.write(response.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        server.shutdown()
        thread.join()


@attrs.define
class Desk:
    """Webhooks whose waits are noted and not waited.

    Attributes:
        url: of both endpoints.
        time: by which everything works.
    """

    url: str
    time: VirtualTime = attrs.field(factory=VirtualTime)

    @property
    def waits_s(self) -> list[float]:
        """How long each wait would have been."""
        return self.time.waits_s

    def post(self, *posts: Post, expires_at: float = inf) -> Sequence[Answered]:
        """Post, and give the answers without how long they took."""
        time = self.time
        with impatient_client() as client:
            urls = dict.fromkeys(SYSTEMS.values(), self.url)
            webhooks = Webhooks(urls, client, time.wait, time.clock, time.now)
            answers = webhooks.fetch(
                [
                    Ask(cast("Question[object]", post), degradable=False, expires_at=expires_at)
                    for post in posts
                ]
            )
        return [attrs.evolve(answered, took_s=0.0) for answered in answers]

    def failure(self) -> str:
        """Post a notification, and give the error that is the answer."""
        (answered,) = self.post(NOTIFICATION)
        assert answered.source == "notification_endpoint"
        return repr(answered.answer)


def unavailable(reason: str) -> str:
    """Spell the error of the notification endpoint."""
    return repr(Unavailable("notification_endpoint", reason))


def posted(system: str = "notification_endpoint", calls: int = 1) -> Answered:
    """Make the answer to a post that succeeded."""
    return Answered(None, system, calls=calls)


def request(key: str) -> tuple[str, Mapping[str, str], object]:
    """Make the request that an endpoint is to receive."""
    values = ("application/json", "user.upsert", key)
    return "/hook", dict(zip(HEADERS, values, strict=True)), detail_document(EVENT)


def test_events_are_posted(endpoint: Endpoint) -> None:
    """Each endpoint gets the event's detail as JSON, with the idempotency key."""
    desk = Desk(endpoint.url)
    assert desk.post(NOTIFICATION, SYNC) == [posted(), posted("sync_endpoint")]
    assert endpoint.received == [request("key-1"), request("key-2")]
    assert desk.waits_s == []


def test_a_withdrawal_is_told_by_its_type(endpoint: Endpoint) -> None:
    """An endpoint knows by a header that a fan withdrew."""
    withdrawal = UserWithdrawal("w-1", EVENT.occurred_at, EVENT.global_user_id, EVENT.campaign_id)
    assert Desk(endpoint.url).post(PostSync(withdrawal, "key-3")) == [posted("sync_endpoint")]
    headers = dict(zip(HEADERS, ("application/json", "user.withdraw", "key-3"), strict=True))
    assert endpoint.received == [("/hook", headers, detail_document(withdrawal))]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_success(endpoint: Endpoint, status: int) -> None:
    """Whatever 2xx an endpoint answers, and whatever body, it has the event."""
    endpoint.responses = [Response(status, body=b"")]
    assert Desk(endpoint.url).post(NOTIFICATION) == [posted()]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599])
def test_what_may_pass_is_tried_again(endpoint: Endpoint, status: int) -> None:
    """After a 429 or 5xx the same request is sent again, after a wait."""
    endpoint.responses = [Response(status)]
    desk = Desk(endpoint.url)
    assert desk.post(NOTIFICATION) == [posted(calls=2)]
    assert endpoint.received == [request("key-1")] * 2
    (waited_s,) = desk.waits_s
    assert 0 <= waited_s <= MAX_WAIT_S


def test_attempts_are_bounded(endpoint: Endpoint) -> None:
    """An endpoint that keeps failing is unavailable, by its name and with its last status."""
    endpoint.responses = [Response(500), Response(502), Response(503), Response(504)]
    desk = Desk(endpoint.url)
    assert desk.failure() == unavailable("answered with status 503")
    assert len(endpoint.received) == MAX_ATTEMPTS == 3
    assert len(desk.waits_s) == MAX_ATTEMPTS - 1


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 409, 422])
def test_what_will_not_pass_is_not_tried_again(endpoint: Endpoint, status: int) -> None:
    """A refusal is told at once, and no redirect is followed."""
    endpoint.responses = [Response(status, {"Location": f"{endpoint.url}/elsewhere"})]
    assert Desk(endpoint.url).failure() == unavailable(f"answered with status {status}")
    assert endpoint.received == [request("key-1")]


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_may_say_how_long_to_wait(endpoint: Endpoint, status: int) -> None:
    """``Retry-After`` is waited for, if it is short."""
    endpoint.responses = [Response(status, {"Retry-After": "2"})]
    desk = Desk(endpoint.url)
    assert desk.post(SYNC) == [posted("sync_endpoint", calls=2)]
    assert desk.waits_s == [2.0]


def test_an_endpoint_that_needs_longer_is_left_alone(endpoint: Endpoint) -> None:
    """A long ``Retry-After`` is not waited for: the event is delivered again later."""
    endpoint.responses = [Response(429, {"Retry-After": "3600"})]
    desk = Desk(endpoint.url)
    assert desk.failure() == unavailable("answered with status 429")
    assert desk.waits_s == []


def test_an_endpoint_may_say_until_when_to_wait(endpoint: Endpoint) -> None:
    """``Retry-After`` may be a date, and is waited for if that is soon."""
    endpoint.responses = [Response(503, {"Retry-After": "Sun, 01 Nov 2026 08:00:02 GMT"})]
    desk = Desk(endpoint.url)
    assert desk.post(SYNC) == [posted("sync_endpoint", calls=2)]
    assert desk.waits_s == [2.0]


@pytest.mark.parametrize("text", ["Sun, 01 Nov 2026 08:00:00 GMT", "-1", "soon", "1.5", "²"])
def test_a_wait_that_is_none_asks_for_nothing(endpoint: Endpoint, text: str) -> None:
    """A ``Retry-After`` that is neither a number of seconds nor a date to come is passed over."""
    endpoint.responses = [Response(503, {"Retry-After": text})]
    desk = Desk(endpoint.url)
    assert desk.post(SYNC) == [posted("sync_endpoint", calls=2)]
    assert len(desk.waits_s) == 1


def test_an_endpoint_that_is_not_there_is_unavailable() -> None:
    """A refused connection is tried again, and then told in our words."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        desk = Desk(f"http://127.0.0.1:{taken.getsockname()[1]}/hook")
        assert desk.failure() == unavailable("could not be reached: ConnectError")
    assert len(desk.waits_s) == MAX_ATTEMPTS - 1


def test_a_silent_endpoint_is_unavailable(endpoint: Endpoint) -> None:
    """An endpoint that does not answer in time is tried again, and then unavailable."""
    endpoint.responses = [None] * MAX_ATTEMPTS
    desk = Desk(endpoint.url)
    assert desk.failure() == unavailable("could not be reached: ReadTimeout")
    assert len(endpoint.received) == MAX_ATTEMPTS


def test_a_slow_answer_is_followed_by_a_good_one(endpoint: Endpoint) -> None:
    """After a timeout the same request is sent again."""
    endpoint.responses = [None]
    desk = Desk(endpoint.url)
    assert desk.post(NOTIFICATION) == [posted(calls=2)]
    assert endpoint.received == [request("key-1")] * 2


def test_a_post_that_is_out_of_time_is_not_made(endpoint: Endpoint) -> None:
    """Without time left, nothing is posted."""
    late = DeadlineExceeded("notification_endpoint")
    [answered] = Desk(endpoint.url).post(NOTIFICATION, expires_at=0.05)
    assert (repr(answered.answer), answered.calls, endpoint.received) == (repr(late), 0, [])


def test_an_endless_body_does_not_matter(endpoint: Endpoint) -> None:
    """The status is the answer; of the body no more is read than may be."""
    endpoint.responses = [Response(200, body=b"canary" * 1_000_000)]
    assert Desk(endpoint.url).post(NOTIFICATION) == [posted()]


def test_each_endpoint_has_its_own_circuit(endpoint: Endpoint) -> None:
    """An endpoint that keeps failing is left alone, and the other one is not."""
    endpoint.responses = [Response(500)] * MAX_FAILURES
    desk = Desk(endpoint.url)
    answers = desk.post(NOTIFICATION, NOTIFICATION, NOTIFICATION, SYNC)
    assert [(repr(answered.answer), answered.calls) for answered in answers] == [
        (unavailable("answered with status 500"), 3),
        (unavailable("answered with status 500"), 2),
        (unavailable("not asked after repeated failures"), 0),
        ("None", 1),
    ]
    assert len(endpoint.received) == MAX_FAILURES + 1


def test_posts_go_out_at_the_same_time() -> None:
    """Each post of a round is a call of its own, which no other waits for."""
    with webhook_client() as client:
        webhooks = Webhooks({"sync_endpoint": "http://a"}, client)
        assert webhooks.split([Ask(cast("Question[object]", SYNC))] * 3) == [[0], [1], [2]]


def test_nothing_personal_is_logged(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    """Neither what is posted nor what comes back stands in any log line or error."""
    endpoint.responses = [Response(500, body=b"canary"), Response(400, body=b"canary")]
    with caplog.at_level(logging.DEBUG):
        shown = Desk(endpoint.url).failure()
    assert "canary" not in shown + caplog.text


def test_only_what_is_configured_is_answered() -> None:
    """An endpoint without a URL is left to another adapter."""
    with webhook_client() as client:
        both = Webhooks(dict.fromkeys(SYSTEMS.values(), "http://a"), client)
        one = Webhooks({"sync_endpoint": "http://a"}, client)
        assert both.systems == SYSTEMS
        assert one.systems == {PostSync: "sync_endpoint"}


def test_a_post_ends_before_its_lease() -> None:
    """All attempts at a post, each as slow as it may be, end before the lease of the mark."""
    with webhook_client() as client:
        assert client.timeout == httpx.Timeout(TIMEOUT_S)
        assert client.follow_redirects is False
    longest_s = MAX_ATTEMPTS * 2 * TIMEOUT_S + (MAX_ATTEMPTS - 1) * MAX_WAIT_S
    assert longest_s < LEASE.total_seconds()

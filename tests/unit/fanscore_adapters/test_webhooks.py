from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import cast

import attrs
import httpx
import pytest

from fanscore_adapters.user_event_json import detail_document
from fanscore_adapters.webhooks import (
    MAX_ATTEMPTS,
    MAX_WAIT_S,
    TIMEOUT_S,
    Webhooks,
    endpoint_url,
    webhook_client,
)
from fanscore_core.consumption import LEASE
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.ports.consumers import Post, PostNotification, PostSync
from fanscore_core.query import Answered, Ask, Question
from fanscore_core.scalars import Email
from fanscore_core.user_events import UserEvent

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
        responses: what it answers, one after the other, and then with 200; ``None`` is silence.
        received: path, chosen headers and body of each request.
        may_end: set when silence may end.
    """

    url: str
    responses: list[Response | None] = attrs.field(factory=list)
    received: list[tuple[str, Mapping[str, str], object]] = attrs.field(factory=list)
    may_end: Event = attrs.field(factory=Event)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Serve an endpoint."""
    served = Endpoint("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: self.headers[name] for name in ("Content-Type", "Idempotency-Key")}
            served.received.append((self.path, headers, json.loads(body)))
            response = served.responses.pop(0) if served.responses else Response(200)
            if response is None:
                served.may_end.wait()
                return
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        served.may_end.set()
        server.shutdown()
        thread.join()


@attrs.define
class Desk:
    """Webhooks whose waits are noted and not waited.

    Attributes:
        url: of both endpoints.
        timeout_s: of the client.
        waits_s: how long each wait would have been.
    """

    url: str
    timeout_s: float = 5.0
    waits_s: list[float] = attrs.field(factory=list)

    def post(self, *posts: Post) -> Sequence[Answered]:
        """Post, and give the answers without how long they took."""
        with httpx.Client(timeout=self.timeout_s, trust_env=False) as client:
            webhooks = Webhooks(
                dict.fromkeys(SYSTEMS.values(), self.url), client, self.waits_s.append
            )
            answers = webhooks.fetch([Ask(cast("Question[object]", post)) for post in posts])
        return [attrs.evolve(answered, took_s=0.0) for answered in answers]

    def failure(self) -> str:
        """Post a notification, and give the error that is the answer."""
        (answered,) = self.post(NOTIFICATION)
        assert answered.source == "notification_endpoint"
        return repr(answered.answer)


def unavailable(reason: str) -> str:
    """Spell the error of the notification endpoint."""
    return repr(Unavailable("notification_endpoint", reason))


def request(key: str) -> tuple[str, Mapping[str, str], object]:
    """Make the request that an endpoint is to receive."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    return "/hook", headers, detail_document(EVENT)


def test_events_are_posted(endpoint: Endpoint) -> None:
    """Each endpoint gets the event's detail as JSON, with the idempotency key."""
    desk = Desk(endpoint.url)
    assert desk.post(NOTIFICATION, SYNC) == [
        Answered(None, "notification_endpoint"),
        Answered(None, "sync_endpoint"),
    ]
    assert endpoint.received == [request("key-1"), request("key-2")]
    assert desk.waits_s == []


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_success(endpoint: Endpoint, status: int) -> None:
    """Whatever 2xx an endpoint answers, and whatever body, it has the event."""
    endpoint.responses = [Response(status, body=b"")]
    assert Desk(endpoint.url).post(NOTIFICATION) == [Answered(None, "notification_endpoint")]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599])
def test_what_may_pass_is_tried_again(endpoint: Endpoint, status: int) -> None:
    """After a 429 or 5xx the same request is sent again, after a wait."""
    endpoint.responses = [Response(status)]
    desk = Desk(endpoint.url)
    assert desk.post(NOTIFICATION) == [Answered(None, "notification_endpoint")]
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
    assert desk.post(SYNC) == [Answered(None, "sync_endpoint")]
    assert desk.waits_s == [2.0]


def test_an_endpoint_that_needs_longer_is_left_alone(endpoint: Endpoint) -> None:
    """A long ``Retry-After`` is not waited for: the event is delivered again later."""
    endpoint.responses = [Response(429, {"Retry-After": "3600"})]
    desk = Desk(endpoint.url)
    assert desk.failure() == unavailable("answered with status 429")
    assert desk.waits_s == []


@pytest.mark.parametrize("text", ["Sun, 01 Nov 2026 08:00:00 GMT", "-1", "soon", "1.5", "²"])
def test_a_wait_that_is_no_number_asks_for_nothing(endpoint: Endpoint, text: str) -> None:
    """A ``Retry-After`` that is not a number of seconds is passed over."""
    endpoint.responses = [Response(503, {"Retry-After": text})]
    desk = Desk(endpoint.url)
    assert desk.post(SYNC) == [Answered(None, "sync_endpoint")]
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
    desk = Desk(endpoint.url, timeout_s=0.05)
    assert desk.failure() == unavailable("could not be reached: ReadTimeout")
    assert len(endpoint.received) == MAX_ATTEMPTS


def test_a_slow_answer_is_followed_by_a_good_one(endpoint: Endpoint) -> None:
    """After a timeout the same request is sent again."""
    endpoint.responses = [None]
    desk = Desk(endpoint.url, timeout_s=0.2)
    assert desk.post(NOTIFICATION) == [Answered(None, "notification_endpoint")]
    assert endpoint.received == [request("key-1")] * 2


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


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/x", "https://example.com", "HTTPS://a.b/?c"])
def test_urls_are_accepted(url: str) -> None:
    """An http or https URL with a host is an endpoint."""
    assert endpoint_url("FANSCORE_SYNC_URL", url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com",
        "http://",
        "http://[",
        "http://a:99999999",
        "http://a\x00b",
        "/",
    ],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """What one cannot post to is refused by the name of the setting, and not told."""
    with pytest.raises(InvalidInput) as refused:
        endpoint_url("FANSCORE_SYNC_URL", url)
    assert str(refused.value) == "FANSCORE_SYNC_URL: expected an http or https URL"

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import islice
from threading import Event, Thread

import attrs
import httpx
import pytest

from fanscore_adapters.http.environment import read_http_environment
from fanscore_appsync.local.auth.jwks import (
    MAX_SIZE,
    MAX_WAITING,
    TIMEOUT_S,
    FixedKeys,
    JwksClient,
    jwks_http_client,
)
from fanscore_core.errors import InvalidInput, Unavailable
from tests.patience import AMPLE_S

URL = "https://example.com/.well-known/jwks.json"
OLD: Mapping[str, object] = {"keys": [{"kid": "old"}]}
NEW: Mapping[str, object] = {"keys": [{"kid": "new"}]}
PATIENCE_S = AMPLE_S - 1
"""How long a test waits for another thread: less than those who wait for a fetch."""


@attrs.define
class Clock:
    """A clock that stands still until it is set."""

    now_s: float = 1_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now_s


@attrs.define
class Issuer:
    """What answers, and what it was asked."""

    clock: Clock = attrs.field(factory=Clock)
    answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, json=OLD)
    requests: list[httpx.Request] = attrs.field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.requests.append(request)
        return self.answer()

    def gives(self, jwks: Mapping[str, object]) -> None:
        """Answer with these keys from now on."""
        self.answer = lambda: httpx.Response(200, json=jwks)

    def fails(self) -> None:
        """Answer no more."""
        self.answer = lambda: httpx.Response(503)


@pytest.fixture
def issuer() -> Issuer:
    """Give an issuer."""
    return Issuer()


def client_of(issuer: Issuer, url: str = URL) -> JwksClient:
    """Make a client of an issuer. It would follow redirects, had it a say."""
    transport = httpx.MockTransport(issuer)
    return JwksClient(
        url,
        lambda: httpx.AsyncClient(transport=transport, follow_redirects=True),
        issuer.clock,
        AMPLE_S,
    )


@pytest.fixture
def keys(issuer: Issuer) -> JwksClient:
    """Give the client of the issuer."""
    return client_of(issuer)


def renewed(keys: JwksClient) -> Mapping[str, object]:
    """Give the keys once the fetch that is under way, or due, has ended."""
    keys.renewed()
    return keys.current()


def test_keys_are_fetched_once(issuer: Issuer, keys: JwksClient) -> None:
    """The first to ask makes the keys be fetched; they are kept for ten minutes."""
    assert issuer.requests == []
    assert keys.current() == OLD
    issuer.gives(NEW)
    issuer.clock.now_s += 600
    assert keys.current() == OLD
    issuer.clock.now_s += 0.1
    assert renewed(keys) == NEW
    assert [(each.method, str(each.url)) for each in issuer.requests] == [("GET", URL)] * 2


def test_keys_are_kept_through_an_outage(issuer: Issuer, keys: JwksClient) -> None:
    """Old keys are used on as long as no new ones can be had, and asked for every ten seconds."""
    keys.current()
    issuer.fails()
    for _ in range(8):
        issuer.clock.now_s += 3_600
        assert renewed(keys) == OLD
        issuer.clock.now_s += 9.9
        assert renewed(keys) == OLD
    assert len(issuer.requests) == 9
    issuer.gives(NEW)
    issuer.clock.now_s += 0.1
    assert renewed(keys) == NEW


def test_an_unknown_key_is_fetched_for_at_most_every_ten_seconds(
    issuer: Issuer, keys: JwksClient
) -> None:
    """Whatever the tokens name, their issuer is asked once in ten seconds."""
    keys.current()
    issuer.gives(NEW)
    answers = []
    for seconds in (0, 9.9, 0.1, 0, 9.9, 0.1):
        issuer.clock.now_s += seconds
        answers.append((keys.renewed(), len(issuer.requests)))
    assert answers == [(OLD, 1), (OLD, 1), (NEW, 2), (NEW, 2), (NEW, 2), (NEW, 3)]


def test_an_unknown_key_costs_no_keys(issuer: Issuer, keys: JwksClient) -> None:
    """Where new keys cannot be had, the old ones are given."""
    keys.current()
    issuer.fails()
    issuer.clock.now_s += 10
    assert (keys.renewed(), len(issuer.requests)) == (OLD, 2)


def test_without_keys_there_is_no_answer(issuer: Issuer, keys: JwksClient) -> None:
    """An issuer that never answered is named, asked again after ten seconds, and then heard."""
    issuer.fails()
    for ask in (keys.current, keys.renewed, keys.current):
        with pytest.raises(Unavailable) as raised:
            ask()
        assert (raised.value.system, raised.value.reason) == ("jwks", "answered with status 503")
    assert len(issuer.requests) == 1
    issuer.gives(NEW)
    issuer.clock.now_s += 10
    assert keys.current() == NEW


def raised_by(error: Exception) -> Callable[[], httpx.Response]:
    """Make an answer that is none."""

    def answer() -> httpx.Response:
        raise error

    return answer


def answered(content: bytes, **headers: str) -> Callable[[], httpx.Response]:
    """Make an answer."""
    return lambda: httpx.Response(200, content=content, headers=headers)


NOT_JSON = "the answer is not JSON without repeated keys"
NOT_KEYS = "the answer is not a key set"
UNUSABLE: Mapping[str, tuple[Callable[[], httpx.Response], str]] = {
    "refused": (
        raised_by(httpx.ConnectError("vendor text")),
        "could not be reached: ConnectError",
    ),
    "slow": (raised_by(httpx.ReadTimeout("vendor text")), "could not be reached: ReadTimeout"),
    "redirect": (
        lambda: httpx.Response(302, headers={"Location": URL}),
        "answered with status 302",
    ),
    "missing": (lambda: httpx.Response(404, json=OLD), "answered with status 404"),
    "other success": (lambda: httpx.Response(203, json=OLD), "answered with status 203"),
    "too long": (answered(b" " * MAX_SIZE + b"{}"), "the answer is too long"),
    "compressed": (
        answered(gzip.compress(json.dumps(OLD).encode()), **{"Content-Encoding": "gzip"}),
        "the answer is compressed",
    ),
    "empty": (answered(b""), NOT_JSON),
    "page": (answered(b"<html>"), NOT_JSON),
    "bytes": (answered(b'{"keys":[{"kid":"\xff"}]}'), NOT_JSON),
    "deep": (answered(b"[" * 60_000), NOT_JSON),
    "keys twice": (answered(b'{"keys":[{}],"keys":[{}]}'), NOT_JSON),
    "modulus twice": (answered(b'{"keys":[{"n":"a","n":"b"}]}'), NOT_JSON),
    "list": (answered(b"[{}]"), NOT_KEYS),
    "no keys": (answered(b"{}"), NOT_KEYS),
    "empty keys": (answered(b'{"keys":[]}'), NOT_KEYS),
    "keys by name": (answered(b'{"keys":{"a":{}}}'), NOT_KEYS),
    "a key that is none": (answered(b'{"keys":[{},"a"]}'), NOT_KEYS),
}


@pytest.mark.parametrize(("answer", "reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_answers(
    caplog: pytest.LogCaptureFixture,
    issuer: Issuer,
    keys: JwksClient,
    answer: Callable[[], httpx.Response],
    reason: str,
) -> None:
    """An answer that is no key set costs one request, is logged in our words, and is not kept."""
    issuer.answer = answer
    with pytest.raises(Unavailable) as raised:
        keys.current()
    assert (raised.value.reason, len(issuer.requests)) == (reason, 1)
    logged = [json.loads(each.message) for each in caplog.records if each.name == "fanscore"]
    assert logged == [{"failed": ["jwks"], "reasons": [f"jwks: {reason}"]}]
    issuer.gives(OLD)
    issuer.clock.now_s += 10
    assert keys.current() == OLD


@pytest.mark.parametrize(("answer", "_reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_answers_do_not_replace_keys(
    issuer: Issuer, keys: JwksClient, answer: Callable[[], httpx.Response], _reason: str
) -> None:
    """Keys that are kept outlive every unusable answer."""
    keys.current()
    issuer.answer = answer
    issuer.clock.now_s += 601
    assert (renewed(keys), len(issuer.requests)) == (OLD, 2)


@contextmanager
def dripping(beginning: bytes) -> Iterator[tuple[str, Thread]]:
    """Serve an answer that goes on for as long as somebody listens; then the thread ends."""
    is_over = Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(beginning)
            while not is_over.wait(0.01):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=drip)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/jwks", thread
        finally:
            is_over.set()
            thread.join()


@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nname: ", b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n"],
    ids=["headers", "body"],
)
def test_an_answer_that_drips_is_given_up(beginning: bytes) -> None:
    """A fetch lasts no longer than its deadline, however busy the issuer seems."""
    with dripping(beginning) as (url, thread):
        keys = JwksClient(url, jwks_http_client, Clock(), 0.2)
        with pytest.raises(Unavailable):
            keys.current()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        with pytest.raises(Unavailable) as raised:
            keys.renewed()
    assert raised.value.reason == "the answer took too long"


def test_the_longest_answer(issuer: Issuer, keys: JwksClient) -> None:
    """An answer of 64 KiB is read."""
    text = json.dumps(OLD).encode()
    issuer.answer = answered(text + b" " * (MAX_SIZE - len(text)))
    assert keys.current() == OLD


def test_nothing_compressed_is_asked_for(issuer: Issuer, keys: JwksClient) -> None:
    """The request says that the answer may not be compressed."""
    keys.current()
    assert issuer.requests[0].headers["Accept-Encoding"] == "identity"


@attrs.frozen
class Held:
    """An answer that is held back.

    Attributes:
        jwks: what it will be.
        is_asked: whether a request has come.
        may_go: whether it may be answered.
    """

    jwks: Mapping[str, object]
    is_asked: Event = attrs.field(factory=Event)
    may_go: Event = attrs.field(factory=Event)

    def __call__(self) -> httpx.Response:
        """Answer when it is allowed to."""
        self.is_asked.set()
        assert self.may_go.wait(PATIENCE_S)
        return httpx.Response(200, json=self.jwks)


def test_those_who_have_no_keys_share_a_fetch(issuer: Issuer, keys: JwksClient) -> None:
    """Many who ask at once, while the first fetch is under way, make no second."""
    issuer.answer = held = Held(OLD)
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(keys.current) for _ in range(4)]
        asked += [threads.submit(keys.renewed) for _ in range(4)]
        assert held.is_asked.wait(PATIENCE_S)
        held.may_go.set()
        assert [each.result(PATIENCE_S) for each in asked] == [OLD] * 8
    assert len(issuer.requests) == 1


def test_those_who_have_keys_wait_for_nobody(issuer: Issuer, keys: JwksClient) -> None:
    """Keys that are old are given at once, also to the one for whom new ones are fetched."""
    keys.current()
    issuer.answer = held = Held(NEW)
    issuer.clock.now_s += 601
    assert [keys.current(), keys.current()] == [OLD, OLD]
    assert held.is_asked.wait(PATIENCE_S)
    assert keys.current() == OLD
    held.may_go.set()
    assert (renewed(keys), len(issuer.requests)) == (NEW, 2)


def test_unknown_keys_keep_nobody_waiting(issuer: Issuer, keys: JwksClient) -> None:
    """While tokens with unknown keys wait for new ones, known keys are given at once."""
    keys.current()
    issuer.answer = held = Held(NEW)
    issuer.clock.now_s += 601
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(keys.renewed)
        assert held.is_asked.wait(PATIENCE_S)
        assert keys.current() == OLD
        held.may_go.set()
        assert waiting.result(PATIENCE_S) == NEW
    assert len(issuer.requests) == 2


def test_only_so_many_wait_for_new_keys(issuer: Issuer, keys: JwksClient) -> None:
    """Of more tokens with unknown keys than may wait, the rest are told at once what is known."""
    keys.current()
    issuer.answer = held = Held(NEW)
    issuer.clock.now_s += 10
    with ThreadPoolExecutor(MAX_WAITING + 4) as threads:
        asked = [threads.submit(keys.renewed) for _ in range(MAX_WAITING + 4)]
        done = [each.result() for each in islice(as_completed(asked, PATIENCE_S), 4)]
        held.may_go.set()
        assert done == [OLD] * 4
        everybody = [each.result(PATIENCE_S) for each in asked]
    assert (everybody.count(OLD), everybody.count(NEW)) == (4, MAX_WAITING)
    assert (renewed(keys), len(issuer.requests)) == (NEW, 2)


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://example.com:8443/jwks",
        "http://127.0.0.1/jwks",
        "http://127.0.0.1:8080/jwks",
        "http://127.8.9.10/jwks",
        "http://[::1]:8080/jwks",
        "http://localhost/jwks",
        "HTTP://LOCALHOST/jwks",
    ],
)
def test_urls_that_keys_may_come_from(issuer: Issuer, url: str) -> None:
    """Keys come over https, or over http from this machine."""
    assert client_of(issuer, url).current() == OLD


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://example.com/jwks", "expected an https URL; http is for loopback only"),
        ("http://localhost.example.com/", "expected an https URL; http is for loopback only"),
        ("http://127.0.0.1.example.com/", "expected an https URL; http is for loopback only"),
        ("http://192.0.2.1/jwks", "expected an https URL; http is for loopback only"),
        ("http://0.0.0.0/jwks", "expected an https URL; http is for loopback only"),
        ("ftp://example.com/jwks", "expected an https URL; http is for loopback only"),
        ("file://localhost/etc/passwd", "expected an https URL; http is for loopback only"),
        ("https://user:password@example.com/", "expected a URL with a host and no password"),
        ("http://localhost@example.com/", "expected a URL with a host and no password"),
        ("https:///jwks", "expected a URL with a host and no password"),
        ("example.com/jwks", "expected a URL with a host and no password"),
        ("", "expected a URL with a host and no password"),
        ("https://example.com:port/", "expected a URL"),
        ("https://\ud800/", "expected a URL"),
        ("\0", "expected a URL"),
    ],
)
def test_urls_that_keys_may_not_come_from(issuer: Issuer, url: str, problem: str) -> None:
    """Another URL is refused before anything is fetched, and not repeated."""
    with pytest.raises(InvalidInput) as raised:
        client_of(issuer, url)
    assert (str(raised.value), issuer.requests) == (f"jwks: {problem}", [])


@pytest.mark.parametrize(
    "error", [ImportError("socksio"), ValueError("canary"), InvalidInput("a", "b")]
)
def test_a_client_that_cannot_be_made(error: Exception) -> None:
    """Whatever goes wrong in the thread is told to those who wait, by its kind alone."""

    def fails() -> httpx.AsyncClient:
        raise error

    keys = JwksClient("https://issuer.test/jwks", fails, Clock())
    with pytest.raises(Unavailable) as raised:
        keys.current()
    assert raised.value.reason == f"could not be asked: {type(error).__name__}"


def test_keys_are_fetched_by_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy is that of the environment that was read at start, and of no other."""
    monkeypatch.setenv("ALL_PROXY", "socks5://[")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        proxy = f"http://127.0.0.1:{server.server_port}"
        environment = read_http_environment({"HTTP_PROXY": proxy})
        url = "http://localhost/jwks"
        keys = JwksClient(url, partial(jwks_http_client, url, environment), Clock())
        assert keys.current() == OLD
        thread.join()


def test_fixed_keys_stay() -> None:
    """Keys that never change are given as they are."""
    fixed = FixedKeys(OLD)
    assert (fixed.current(), fixed.renewed()) == (OLD, OLD)


class Handler(BaseHTTPRequestHandler):
    """Answers with the old keys."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(OLD).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_keys_are_fetched_over_http() -> None:
    """The client works against a real server, and gives up after three seconds of silence."""
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/jwks"
        assert JwksClient(url, jwks_http_client, Clock(), AMPLE_S).current() == OLD
        thread.join()
        assert jwks_http_client().timeout == httpx.Timeout(TIMEOUT_S)

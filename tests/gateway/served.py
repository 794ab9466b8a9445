"""A gateway over real HTTP on loopback, whose handler can be looked at."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Thread
from typing import cast

import attrs
import httpx
import uvicorn

from fanscore_appsync.app import Response
from fanscore_appsync.local.auth.api_keys import InvalidApiKey
from fanscore_appsync.local.auth.invalid_token import InvalidToken, TokenFault
from fanscore_appsync.local.graphql.execution import GraphQL
from fanscore_appsync.local.graphql.handler_calls import HandlerCalls
from fanscore_appsync.local.graphql.limits import Limits
from fanscore_appsync.local.http.credentials import Credentials
from fanscore_appsync.local.http.gateway import NOTHING, Development, Gateway
from fanscore_appsync.local.http.serving import http_protocol
from fanscore_appsync.testing import user
from tests.e2e.local_system import LocalSystem, local_system
from tests.patience import AMPLE_S
from tests.plain_http import NO_TLS

API_KEY = "da2-key"
PATIENT = Limits(request_s=AMPLE_S)
"""Limits of requests that a busy machine keeps, too."""

TOKENS: Mapping[str, Mapping[str, object]] = {
    "token-of-user123": {**user("user123"), "sourceIp": ["127.0.0.1"]},
    "token-of-top-fan": {**user("top-fan"), "sourceIp": ["127.0.0.1"]},
}
FAN = {"authorization": "token-of-user123"}
KEY = {"x-api-key": API_KEY}

Handler = Callable[[object, float], Response]
Json = Mapping[str, object]


def identify(token: str, _source_ip: Sequence[str]) -> Mapping[str, object]:
    """Tell whose token it is."""
    if token not in TOKENS:
        raise InvalidToken(TokenFault.SIGNATURE)
    return TOKENS[token]


def check_key(key: str) -> str:
    """Check an API key."""
    if key != API_KEY:
        raise InvalidApiKey
    return "key"


def admit(_key: str) -> None:
    """Let every call through."""


CREDENTIALS = Credentials(identify, check_key, admit)


@attrs.frozen
class Served:
    """A gateway that is being served.

    Attributes:
        client: calls it.
        address: where it listens.
        events: what the handler got, in order; a list for a batch.
        reports: unforeseen errors.
        system: that answers, unless another handler does.
    """

    client: httpx.Client
    address: tuple[str, int]
    events: list[object]
    reports: list[Exception]
    system: LocalSystem

    def post(self, query: str, headers: Json | None = None, **parameters: object) -> httpx.Response:
        """Send a query as a fan."""
        body = {"query": query, **parameters}
        given = cast("Mapping[str, str]", FAN if headers is None else headers)
        return self.client.post("/graphql", json=body, headers=given)

    def asked(self, query: str, headers: Json | None = None, **parameters: object) -> object:
        """Give the response to a query, as JSON."""
        response = self.post(query, headers, **parameters)
        assert response.status_code == 200
        return response.json()

    def raw(self, request: bytes, *, is_whole: bool = True) -> bytes:
        """Send bytes, and give what comes back until the gateway closes the connection.

        Args:
            request: the bytes.
            is_whole: whether to say then that nothing follows.
        """
        with socket.create_connection(self.address, timeout=AMPLE_S) as connection:
            parts: list[bytes] = []
            # Who is slow to send finds a connection reset that was to be closed.
            with suppress(ConnectionError):
                connection.sendall(request)
                if is_whole:
                    connection.shutdown(socket.SHUT_WR)
                parts.extend(iter(lambda: connection.recv(65536), b""))
            return b"".join(parts)


@contextmanager
def served(
    handler: Handler | None = None,
    limits: Limits = PATIENT,
    change: Callable[[Gateway], Gateway] = lambda gateway: gateway,
    headers_s: float = AMPLE_S,
    develop: Callable[[LocalSystem], Development] = lambda _system: NOTHING,
) -> Iterator[Served]:
    """Serve a gateway.

    Args:
        handler: answers events; the default is the whole system with the sample's data.
        limits: of requests; the default is the usual ones, but for time.
        change: changes what the gateway is made of.
        headers_s: how long headers may take.
        develop: makes what is given to a developer.
    """
    events: list[object] = []
    reports: list[Exception] = []

    def report(error: Exception) -> str:
        reports.append(error)
        return f"report-{len(reports) - 1}"

    with (
        local_system() as system,
        ThreadPoolExecutor(8) as threads,
        ThreadPoolExecutor(8) as token_threads,
    ):
        answer = handler or system.app.answer

        def recording(event: object, time_left_s: float) -> Response:
            events.append(json.loads(json.dumps(event)))
            return answer(event, time_left_s)

        graphql = GraphQL(HandlerCalls(recording, threads, report), limits)
        gateway = Gateway(
            graphql, CREDENTIALS, report, token_threads, limits, development=develop(system)
        )
        with (
            _running(change(gateway), headers_s) as address,
            # A connection for each request: one that lay idle may be closed while it is used again.
            httpx.Client(
                base_url=f"http://{address[0]}:{address[1]}",
                verify=NO_TLS,
                timeout=AMPLE_S,
                limits=httpx.Limits(max_keepalive_connections=0),
            ) as client,
        ):
            yield Served(client, address, events, reports, system)


@contextmanager
def _running(gateway: Gateway, headers_s: float) -> Iterator[tuple[str, int]]:
    config = uvicorn.Config(
        gateway.app,
        http=http_protocol(headers_s),
        log_level="critical",
        lifespan="off",
        ws="none",
        proxy_headers=False,
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    thread = Thread(target=server.run, args=([listening],))
    address = listening.getsockname()
    thread.start()
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join()
        listening.close()

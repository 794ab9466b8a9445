"""A small HTTP server on loopback that stands before another, and can be told to misbehave.

What it is not told about, it passes on and answers with what comes back. It knows what it was
asked, and what of it was done.
"""

from __future__ import annotations

import json
import re
import socket
import struct
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import TypeAlias

import attrs

from tests.aws.lnaa_server import Reply
from tests.aws.ministack import HOST
from tests.patience import AMPLE_S

TRICKLE_S = 0.1
"""Between two bytes of a body that trickles."""

UNHEARD = "X-Unheard"
"""The header of an answer that an ``Impatience`` does not hear."""

_function = re.compile(r"/2015-03-31/functions/[^/]+/invocations").fullmatch


@attrs.frozen
class Request:
    """What a client sent.

    Attributes:
        method: of HTTP.
        path: with all that follows it.
        headers: of it.
        body: of it.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """The operation of AWS's API, such as ``PutItem``."""
        if _function(self.path):
            return "Invoke"
        return self.headers.get("X-Amz-Target", self.path).rpartition(".")[2]

    @property
    def document(self) -> dict[str, Collection[object]]:
        """The body, which is JSON; of its members, only objects and lists are of interest."""
        read: dict[str, Collection[object]] = json.loads(self.body)
        return read

    def saying(self, document: object) -> Request:
        """Give the same request with another body."""
        return attrs.evolve(self, body=json.dumps(document).encode())


@attrs.frozen
class Exchange:
    """A request, and what can be done about it.

    Attributes:
        request: what the client sent.
        server: that was asked.
    """

    request: Request
    server: FaultyServer
    _handler: _Handler = attrs.field(repr=False)

    def pass_on(self, request: Request | None = None) -> Reply:
        """Have the request done, or another instead; give the reply."""
        return self.server.done_by_upstream(request or self.request)

    def reply(self, reply: Reply, *, length: int | None = None) -> None:
        """Answer; a length that is not the body's is a lie."""
        self._handler.head(reply, len(reply.body) if length is None else length)
        self._handler.wfile.write(reply.body)

    def trickle(self, reply: Reply) -> None:
        """Answer byte by byte, until the server is let go on."""
        self._handler.head(reply, len(reply.body))
        for index in range(len(reply.body)):
            if self.server.may_end.wait(TRICKLE_S):
                self._handler.wfile.write(reply.body[index:])
                return
            self._handler.wfile.write(reply.body[index : index + 1])
            self.server.is_holding.set()

    def wait(self) -> None:
        """Do nothing, until the server is let go on."""
        self.hang_up()
        may_end = self.server.may_end
        self.server.is_holding.set()
        may_end.wait()

    def be_unheard(self) -> None:
        """Let an impatient client time out: at once, so that it does not depend on the machine."""
        self.reply(Reply(HTTPStatus.OK, b"", {UNHEARD: "true"}))

    def hang_up(self) -> None:
        """Let the connection end."""
        self._handler.close_connection = True

    def reset(self) -> None:
        """Let the connection end without the usual farewell."""
        self._handler.reset()


Behaviour: TypeAlias = Callable[[Exchange], None]
"""What a server does about a request."""


@attrs.define
class FaultyServer:
    """What the server was told and asked.

    Attributes:
        upstream_port: of the server behind it, on loopback.
        url: where it is.
        script: what to do about the next requests of an operation, one after the other.
        always: what to do about every request of an operation that the script is silent on.
        connections: how many were made.
        requests: all that came.
        done: those of the requests that were passed on, and answered.
        may_end: set when waiting may end.
        is_holding: set while a request is held up.
    """

    upstream_port: int
    url: str = ""
    script: defaultdict[str, deque[Behaviour]] = attrs.field(factory=lambda: defaultdict(deque))
    always: dict[str, Behaviour] = attrs.field(factory=dict)
    connections: int = 0
    requests: list[Request] = attrs.field(factory=list)
    done: list[str] = attrs.field(factory=list)
    may_end: Event = attrs.field(factory=Event)
    is_holding: Event = attrs.field(factory=Event)
    _lock: Lock = attrs.field(factory=Lock, init=False, repr=False)

    @property
    def asked(self) -> list[str]:
        """The operations of all requests."""
        return [request.operation for request in self.requests]

    def tell(self, operation: str, *behaviours: Behaviour) -> None:
        """Say what to do about the next requests of an operation."""
        self.script[operation].extend(behaviours)

    def recover(self) -> None:
        """Let go on what waits, behave from now on, and forget what was asked and done."""
        self.may_end.set()
        self.may_end, self.is_holding = Event(), Event()
        self.script.clear()
        self.always.clear()
        self.requests.clear()
        self.done.clear()

    def behaviour(self, request: Request) -> Behaviour:
        """Note a request, and say what to do about it."""
        operation = request.operation
        with self._lock:
            self.requests.append(request)
            script = self.script[operation]
            return script.popleft() if script else self.always.get(operation, passed_on)

    def done_by_upstream(self, request: Request) -> Reply:
        """Have a request done."""
        connection = HTTPConnection(HOST, self.upstream_port, timeout=AMPLE_S)
        with closing(connection):
            headers = {**request.headers, "Content-Length": str(len(request.body))}
            connection.request(request.method, request.path, request.body, headers)
            response = connection.getresponse()
            kept = {name: value for name, value in response.getheaders() if _is_kept(name)}
            reply = Reply(response.status, response.read(), kept)
        with self._lock:
            self.done.append(request.operation)
        return reply


def passed_on(exchange: Exchange) -> None:
    """Answer as the server behind does."""
    exchange.reply(exchange.pass_on())


@contextmanager
def faulty_server(upstream_port: int) -> Iterator[FaultyServer]:
    """Serve before a server on loopback; whoever has connected must have closed at the end."""
    state = FaultyServer(upstream_port)

    class Handler(_Handler):
        server_state = state

    with _Server((HOST, 0), Handler) as server:
        state.url = f"http://{HOST}:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            state.may_end.set()
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    # All may connect before the first is served: a connection that had to wait would time out.
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_state: FaultyServer

    def handle(self) -> None:
        """Serve a connection; the client need not stay to the end."""
        self.server_state.connections += 1
        with suppress(ConnectionError, ValueError):
            super().handle()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request = Request(self.command, self.path, dict(self.headers), body)
        behave = self.server_state.behaviour(request)
        behave(Exchange(request, self.server_state, self))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def head(self, reply: Reply, length: int) -> None:
        """Send all but the body."""
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()  # it keeps the socket open
        self.connection.close()


def _is_kept(header: str) -> bool:
    name = header.lower()
    return name.startswith("x-amz") or name == "content-type"

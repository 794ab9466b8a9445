"""LNAA as a small HTTP server on loopback, which can be told to misbehave.

It is for one test at a time, and knows what it was asked and what it did.
"""

from __future__ import annotations

import enum
import json
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import unquote

import attrs

from tests.impatience import UNHEARD

TOKEN = "canary-token"

NEW_MEMBER: Mapping[str, object] = {"isMember": True, "tier": "basic", "since": "2026-11-01"}
"""What an activation makes of a fan."""

ENDLESS = 100_000_000
"""More bytes than anybody should read."""


@attrs.frozen
class Reply:
    """A reply that is whole."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {"Content-Type": "application/json"}


def json_reply(document: object, status: int = 200) -> Reply:
    """Make a reply of a document."""
    return Reply(status, json.dumps(document).encode())


class Fault(enum.Enum):
    """A reply that is not whole."""

    GARBAGE = "bytes that are no HTTP"
    RESET = "the connection breaks before anything is done"
    LOST = "it is done, and then the connection breaks"
    SILENCE = "nothing, until the server stops"
    UNHEARD = "an answer that an ``Impatient`` client does not hear"
    STALL = "half a body, and then nothing"
    HALF_HEARD = "half a body, of which an ``Impatient`` client does not hear the rest"
    CUT = "half a body, and then the connection ends"
    FLOOD = "a body without end"


@attrs.frozen
class Request:
    """What the server was asked."""

    method: str
    path: str
    token: str | None
    idempotency_key: str | None


@attrs.define
class LnaaServer:
    """What LNAA knows, and what happened to it.

    Attributes:
        url: where it is.
        members: the document of each member; an activation adds one.
        replies: what is said of some fans, whatever is asked.
        script: what is said instead, one after the other.
        requests: what it was asked.
        activated: the fan of each idempotency key that it has acted upon.
        connections: how many were made.
        may_end: set when silence may end.
    """

    url: str = ""
    members: dict[str, Mapping[str, object]] = attrs.field(factory=dict)
    replies: dict[str, Reply] = attrs.field(factory=dict)
    script: list[Reply | Fault] = attrs.field(factory=list)
    requests: list[Request] = attrs.field(factory=list)
    activated: dict[str, str] = attrs.field(factory=dict)
    connections: int = 0
    may_end: Event = attrs.field(factory=Event)

    def reply(self, request: Request) -> Reply:
        """Do what is asked."""
        _, _, fan, *operation = map(unquote, request.path.split("/"))
        if request.token != f"Bearer {TOKEN}":
            return Reply(401)
        if fan in self.replies:
            return self.replies[fan]
        if operation and request.idempotency_key is not None:
            self._activate(fan, request.idempotency_key)
        return json_reply(self.members[fan]) if fan in self.members else Reply(404)

    def _activate(self, fan: str, key: str) -> None:
        if key not in self.activated:
            self.activated[key] = fan
            self.members[fan] = NEW_MEMBER


@contextmanager
def lnaa_server() -> Iterator[LnaaServer]:
    """Serve LNAA."""
    lnaa = LnaaServer()

    class Handler(_Handler):
        state = lnaa

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        lnaa.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield lnaa
        finally:
            lnaa.may_end.set()
            server.shutdown()
            thread.join()


@contextmanager
def nobody() -> Iterator[str]:
    """Give a URL where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: LnaaServer

    def handle(self) -> None:
        """Serve a connection; the client need not stay to the end."""
        self.state.connections += 1
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._serve()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        request = Request(
            self.command,
            self.path,
            self.headers["Authorization"],
            self.headers["Idempotency-Key"],
        )
        self.state.requests.append(request)
        said = self.state.script.pop(0) if self.state.script else self.state.reply(request)
        if isinstance(said, Reply):
            self._reply(said)
        else:
            self.close_connection = True
            self._fail(said, request)

    def _reply(self, reply: Reply) -> None:
        self._head(reply.status, reply.headers, len(reply.body))
        self.wfile.write(reply.body)

    def _head(self, status: int, headers: Mapping[str, str], length: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _fail(self, fault: Fault, request: Request) -> None:
        match fault:
            case Fault.GARBAGE:
                self.wfile.write(b"220 smtp.example.com ready\r\n\r\n")
            case Fault.RESET:
                self._reset()
            case Fault.LOST:
                self.state.reply(request)
                self._reset()
            case Fault.SILENCE:
                self.state.may_end.wait()
            case Fault.UNHEARD | Fault.HALF_HEARD:
                self._half({UNHEARD: "all" if fault is Fault.UNHEARD else "rest"})
            case Fault.STALL:
                self._half()
                self.state.may_end.wait()
            case Fault.CUT:
                self._half()
            case Fault.FLOOD:
                self._head(200, {}, ENDLESS)
                for _ in range(ENDLESS // 10_000):
                    self.wfile.write(b" " * 10_000)

    def _half(self, headers: Mapping[str, str] | None = None) -> None:
        self._head(200, headers or {}, 100)
        self.wfile.write(b'{"isMember": true')

    def _reset(self) -> None:
        """Let the connection end without the usual farewell."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()  # it keeps the socket open
        self.connection.close()

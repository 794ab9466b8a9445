"""The CRM's Lambda function and the partner's HTTP server, in one; both answer by the fan."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

SHOWS: Mapping[str, object] = {
    "user123": {"data": {"shows": 5}},
    "a/b@example.com": {"data": {"shows": 3}},
    "three-speak-for": {"data": {"shows": 9}},
    "crm-error": {"error": {"code": 500, "message": "no"}},
    "crm-text": {"data": {"shows": "many"}},
    "crm-nothing": None,
}
FAILED = {"crm-fails": {"errorMessage": "no", "errorType": "KeyError"}}
CARDS: Mapping[str, tuple[int, bytes]] = {
    "user789": (200, b'{"active": true, "since": 2019}'),
    "a/b@example.com": (200, b'{"active": true}'),
    "three-speak-for": (200, b'{"active": true}'),
    "no-longer": (200, b'{"active": false}'),
    "partner-forbids": (403, b'{"active": true}'),
    "partner-text": (200, b'{"active": "yes"}'),
    "partner-no-json": (200, b"<html>"),
    "partner-list": (200, b"[]"),
    "partner-fails": (500, b""),
}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # the base class calls it so
        """Be Lambda."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fan = json.loads(body)["arguments"]["globalUserId"]
        answer = FAILED.get(fan) or SHOWS.get(fan, {"data": {"shows": 0}})
        errors = {"X-Amz-Function-Error": "Unhandled"} if fan in FAILED else {}
        self._answer(200, json.dumps(answer).encode(), errors)

    def do_GET(self) -> None:  # the base class calls it so
        """Be the partner."""
        fan = unquote(self.path.removeprefix("/cards/"))
        self._answer(*CARDS.get(fan, (404, b"")), {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def systems() -> Iterator[str]:
    """Run both, and lend the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from tests.gateway.program import PROGRAM, environment, serving
from tests.patience import AMPLE_S

SCORE = '{api{accountFanscore(globalUserId:"user123",eventId:"evt456"){score}}}'
ENTRY = 'mutation{upsertEntry(input:{campaignId:"camp1",requestId:"r1"}){status}}'


def test_serve(tmp_path: Path) -> None:
    """The program serves the API to the tokens and the key that it tells of."""
    with serving(tmp_path) as program:
        fan = {"authorization": program.token("user123")}
        response = program.post(SCORE, fan)
        assert response.json() == {"data": {"api": {"accountFanscore": {"score": 87}}}}
        key = {"x-api-key": program.found(r"API key: (\S+)")}
        query = '{demand{eventDetails(eventId:"evt123"){name}}}'
        assert program.post(query, key).json()["data"] == {
            "demand": {"eventDetails": {"name": "The Small Show"}}
        }
        wish = {"sub": "user123", "groups": ["a"]}
        token = httpx.post(f"{program.url}/dev/token", json=wish).json()["token"]
        assert program.post(SCORE, {"authorization": token}).json() == response.json()
        assert program.post(SCORE, {"authorization": f"{token}x"}).status_code == 401
        assert program.post(SCORE, {"x-api-key": "other"}).status_code == 401
        traced = program.post(SCORE, {**fan, "x-fanscore-trace": "1"}).json()
        assert set(traced) == {"data", "extensions"}
        assert "text/html" in httpx.get(program.url).headers["content-type"]
        assert program.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stopping(tmp_path: Path, how: signal.Signals) -> None:
    """The program ends on a signal, with status 0 and without another word."""
    with serving(tmp_path) as program:
        assert program.stop(how) == 0
        assert program.process.stderr is not None
        assert program.process.stderr.read() == ""


class _Endpoint(BaseHTTPRequestHandler):
    """An endpoint for notifications that answers when it is allowed to."""

    asked: Event
    allowed: Event

    def do_POST(self) -> None:
        """Answer a post."""
        self.rfile.read(int(self.headers["content-length"]))
        self.asked.set()
        self.allowed.wait(AMPLE_S)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def endpoint() -> Iterator[tuple[str, type[_Endpoint]]]:
    """Serve an endpoint."""

    class Endpoint(_Endpoint):
        asked = Event()
        allowed = Event()

    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", Endpoint
        finally:
            Endpoint.allowed.set()
            server.shutdown()
            thread.join()


def states(database: Path) -> Sequence[str]:
    """List what is undelivered, as the program does."""
    done = subprocess.run(
        [PROGRAM, "events", "list", "--db", str(database)],
        check=True,
        capture_output=True,
        text=True,
        env=environment(),
    )
    return [line.partition("\t")[2].partition("\t")[0] for line in done.stdout.splitlines()]


def test_deliveries_that_have_begun_come_to_their_end(tmp_path: Path) -> None:
    """Stopping waits for a delivery that has begun; nothing is lost or left half done."""
    database = tmp_path / "fans.db"
    with endpoint() as (url, kind):
        subprocess.run([PROGRAM, "sample", str(database)], check=True, capture_output=True)
        environ = {"FANSCORE_NOTIFICATION_URL": url}
        with serving(tmp_path, "--db", str(database), environ=environ) as program:
            response = program.post(ENTRY, {"authorization": program.token("user123")})
            assert response.json() == {"data": {"upsertEntry": {"status": "ACCEPTED"}}}
            assert kind.asked.wait(AMPLE_S)
            program.process.send_signal(signal.SIGTERM)
            kind.allowed.set()
            assert program.process.wait(timeout=AMPLE_S) == 0
    assert states(database) == []


def test_undelivered_events_stay(tmp_path: Path) -> None:
    """What could not be delivered is there, and due again, after the program has ended."""
    database = tmp_path / "fans.db"
    subprocess.run([PROGRAM, "sample", str(database)], check=True, capture_output=True)
    with serving(tmp_path, "--db", str(database), "--outage", "notification_endpoint") as program:
        program.post(ENTRY, {"authorization": program.token("user123")})
        assert program.stop(signal.SIGTERM) == 0
    assert "notification" in states(database)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_headers_that_do_not_come(tmp_path: Path) -> None:
    """The program keeps no connection on which no request begins."""
    with serving(tmp_path, "--limit", "request_s=1") as program:
        host, port = program.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=AMPLE_S) as connection:
            connection.sendall(b"POST /graphql HTTP/1.1\r\nhost: ")
            assert connection.recv(1000) == b""


def test_requests_in_flight_finish(tmp_path: Path) -> None:
    """A request whose body is still coming when the program is told to stop is answered."""
    with serving(tmp_path) as program:
        host, port = program.url.removeprefix("http://").split(":")
        body = json.dumps({"query": "{__typename}"}).encode()
        key = program.found(r"API key: (\S+)")
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: {host}:{port}\r\nx-api-key: {key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            "expect: 100-continue\r\n\r\n"
        )
        with socket.create_connection((host, int(port)), timeout=AMPLE_S) as connection:
            connection.sendall(head.encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 100")  # it waits for the body
            program.process.send_signal(signal.SIGTERM)
            connection.sendall(body)
            answer = b"".join(iter(lambda: connection.recv(1000), b""))
        assert answer.endswith(b'{"data":{"__typename":"Query"}}')
        assert program.process.wait(timeout=AMPLE_S) == 0

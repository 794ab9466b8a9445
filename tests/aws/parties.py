"""The parties that are no part of ministack, as one small HTTP server on loopback.

LNAA answers from a sample, the webhooks keep what is posted, Rekognition sees a face in everyone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http import HTTPMethod, HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

import attrs

from fanscore_adapters.documents.json_text import json_text
from fanscore_adapters.embedded.stand_in_vendor import ALIVE, session_of
from fanscore_adapters.embedded.stand_ins import Case, Sample
from tests.aws.ministack import HOST

LNAA_TOKEN = "lnaa-token"
LNAA = "lnaa_api"

_lnaa_path = re.compile(r"/lnaa/members/([^/]+)(/activation)?").fullmatch


@attrs.frozen
class Post:
    """What was posted to a webhook.

    Attributes:
        path: ``/notification`` or ``/sync``.
        idempotency_key: the header.
        document: the body.
    """

    path: str
    idempotency_key: str
    document: object


@attrs.frozen
class Request:
    """What a client sent.

    Attributes:
        method: of HTTP.
        path: with nothing after it.
        headers: by their names as they were sent.
        body: all of it.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@attrs.frozen
class Response:
    """What a client gets: a status, and a document as JSON."""

    status: int
    document: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen
class Parties:
    """A server that runs.

    Attributes:
        url: where it is.
        lnaa: what LNAA answers; the first case that fits counts.
        posts: what was posted so far.
        sessions: the liveness sessions so far.
    """

    url: str
    lnaa: Sequence[Case]
    posts: list[Post] = attrs.field(factory=list)
    sessions: set[str] = attrs.field(factory=set)

    @property
    def environ(self) -> Mapping[str, str]:
        """The settings with which fanscore finds the parties."""
        return {
            "FANSCORE_LNAA_URL": f"{self.url}/lnaa",
            "FANSCORE_LNAA_TOKEN": LNAA_TOKEN,
            "FANSCORE_NOTIFICATION_URL": f"{self.url}/notification",
            "FANSCORE_SYNC_URL": f"{self.url}/sync",
            "AWS_ENDPOINT_URL_REKOGNITION": self.url,
        }

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        service, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
        if service == "RekognitionService":
            return self._liveness(operation, json.loads(request.body))
        if found := _lnaa_path(request.path):
            operation = "activation" if found[2] else "membership"
            return self._member(request, unquote(found[1]), operation)
        if request.path in ("/notification", "/sync"):
            key = request.headers["Idempotency-Key"]
            self.posts.append(Post(request.path, key, json.loads(request.body)))
            return Response(HTTPStatus.OK)
        return Response(HTTPStatus.NOT_FOUND)

    def _member(self, request: Request, member: str, operation: str) -> Response:
        if request.headers.get("Authorization") != f"Bearer {LNAA_TOKEN}":
            return Response(HTTPStatus.UNAUTHORIZED)
        if (request.method == HTTPMethod.POST) != (operation == "activation"):
            return Response(HTTPStatus.METHOD_NOT_ALLOWED)
        asked = {"operation": operation, "arguments": {"globalUserId": member}}
        for case in self.lnaa:
            if case.fits(asked):
                return _response_of(case.answer(asked))
        return Response(HTTPStatus.NOT_FOUND)

    def _liveness(self, operation: str, asked: Mapping[str, str]) -> Response:
        if operation == "CreateFaceLivenessSession":
            created = session_of(asked["ClientRequestToken"])
            self.sessions.add(created)
            return Response(HTTPStatus.OK, {"SessionId": created})
        session = asked["SessionId"]
        if session not in self.sessions:
            return Response(HTTPStatus.BAD_REQUEST, {"__type": "SessionNotFoundException"})
        verdict = {"Status": ALIVE.status.value, "Confidence": ALIVE.confidence}
        return Response(HTTPStatus.OK, {"SessionId": session, **verdict})


@contextmanager
def parties(sample: Sample) -> Iterator[Parties]:
    """Serve the parties on a free port."""
    with ThreadingHTTPServer((HOST, 0), _handler_of(lambda: served)) as server:
        served = Parties(f"http://{HOST}:{server.server_port}", sample.services.get(LNAA, ()))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


def _handler_of(served: Callable[[], Parties]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle(self) -> None:
            """Serve a connection; a client may be killed at any time."""
            with suppress(ConnectionError):
                super().handle()

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, self.path, dict(self.headers), body)
            response = served().answer(request)
            content = json_text(response.document).encode()
            self.send_response(response.status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _do  # noqa: N815  # the names that http.server wants

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _response_of(answer: Mapping[str, object]) -> Response:
    match answer:
        case {"data": dict(data)}:
            return Response(HTTPStatus.OK, data)
        case {"error": {"code": int(code)}}:
            return Response(code)
        case _:
            return Response(HTTPStatus.INTERNAL_SERVER_ERROR)

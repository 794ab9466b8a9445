"""Functions on a server whose calls come back to this process, where a test can look at them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.aws.functions import create_function
from tests.aws.ministack import HOST, Ministack

FORWARD_TO = "MINISTACK_LAMBDA_PROXY_URL"


@contextmanager
def forwarded(aws: Ministack, name: str, function: Callable[[object], object]) -> Iterator[None]:
    """Make a function that is called in this process, and remove it in the end.

    Args:
        aws: where.
        name: of the function.
        function: takes and gives JSON documents, and does not raise.
    """
    with ThreadingHTTPServer((HOST, 0), _handler_of(function)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            url = f"http://{HOST}:{server.server_port}"
            create_function(aws, name, "nothing.handler", {}, {FORWARD_TO: url})
            yield
            aws.client("lambda").delete_function(FunctionName=name)
        finally:
            server.shutdown()
            thread.join()


def _handler_of(function: Callable[[object], object]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payload = self.rfile.read(int(self.headers["Content-Length"]))
            content = json.dumps(function(json.loads(payload))).encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler

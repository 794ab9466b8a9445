"""The partner's adapter against a real HTTP server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

import pytest
from presale.api import PARTNER
from presale.partner import Partner
from presale.questions import PARTNER_API, PartnerCard

from fanscore_adapters import HttpEndpoint, stateless_client
from fanscore_core import Ask, GlobalUserId, InvalidInput, Unavailable

ANSWERS = {
    "/cards/user123": (200, b'{"active": true, "since": 2019}'),
    "/cards/user456": (200, b'{"active": false}'),
    "/cards/a/b@example.com": (200, b'{"active": true}'),
    "/cards/broken": (200, b'{"active": "yes"}'),
    "/cards/failing": (500, b""),
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = ANSWERS.get(unquote(self.path), (404, b""))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def partner() -> Iterator[Partner]:
    """Run the partner's system, and lend the adapter that asks it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    with ExitStack() as closing:
        client = closing.enter_context(stateless_client(2.0))
        endpoint = HttpEndpoint(PARTNER_API, client, wait=lambda _: None)
        yield Partner(f"http://127.0.0.1:{server.server_port}", endpoint)
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("fan", "expected"),
    [("user123", True), ("user456", False), ("nobody", False), ("a/b@example.com", True)],
)
def test_who_has_a_card(fan: str, expected: bool) -> None:
    """The partner says who has a card; a fan that it does not know has none."""
    with partner() as adapter:
        (answered,) = adapter.fetch([Ask(PartnerCard(GlobalUserId(fan)))])
    assert (answered.answer, answered.source, answered.calls) == (expected, PARTNER_API, 1)


@pytest.mark.parametrize(
    ("fan", "reason", "calls"),
    [
        ("broken", "malformed answer: data.active: expected true or false", 1),
        ("failing", "answered with status 500", 3),
    ],
)
def test_what_is_no_answer(fan: str, reason: str, calls: int) -> None:
    """An answer that is none is unavailable, with a reason; what may pass is asked for again."""
    with partner() as adapter:
        (answered,) = adapter.fetch([Ask(PartnerCard(GlobalUserId(fan)))])
    expected = repr(Unavailable(PARTNER_API, reason))
    assert (repr(answered.answer), answered.calls) == (expected, calls)


@pytest.mark.parametrize("url", ["", "partner.example.com", "https://a:b@example.com"])
def test_the_url_is_checked_at_start(url: str) -> None:
    """A URL that cannot be used is refused when the function starts, by its name."""
    with pytest.raises(InvalidInput, match=r"^PRESALE_PARTNER_URL: "):
        PARTNER.check({"PRESALE_PARTNER_URL": url})

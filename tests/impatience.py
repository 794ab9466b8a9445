"""An HTTP client that times out exactly where a server says so.

A client with a short timeout would give up answers, too, that a busy machine is slow to give.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import httpx

from tests.patience import AMPLE_S
from tests.plain_http import NO_TLS

UNHEARD = "X-Unheard"
"""The header of an answer of which nothing is heard (``all``), or not the end (``rest``)."""


def impatient_client() -> httpx.Client:
    """Make a client that waits long for what it is to hear."""
    return httpx.Client(transport=Impatient(), timeout=AMPLE_S, trust_env=False)


@attrs.frozen
class _Begun(httpx.SyncByteStream):
    """A body that does not come to its end."""

    def __iter__(self) -> Iterator[bytes]:
        """Give the beginning."""
        yield b"{"
        raise httpx.ReadTimeout("unheard")

    def close(self) -> None:
        """Do nothing: what was behind it has been closed."""


@attrs.define
class Impatient(httpx.BaseTransport):
    """Sends as the usual transport does, and does not hear what it is not to hear."""

    _transport: httpx.HTTPTransport = attrs.field(
        factory=lambda: httpx.HTTPTransport(verify=NO_TLS, trust_env=False)
    )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        response = self._transport.handle_request(request)
        match response.headers.get(UNHEARD):
            case "all":
                response.close()
                raise httpx.ReadTimeout("unheard", request=request)
            case "rest":
                response.close()
                return httpx.Response(response.status_code, stream=_Begun())
            case _:
                return response

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

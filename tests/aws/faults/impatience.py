"""A client that times out exactly where a faulty server says so.

A client with a short timeout would give up answers, too, that a busy machine is slow to give. What
happens after a timeout is all botocore's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import attrs
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

from fanscore_adapters.aws.client import Events
from tests.aws.faults.server import UNHEARD
from tests.patience import AMPLE_S


@attrs.frozen
class Impatience:
    """Sends what a client sends, and does not hear what it is not to hear."""

    _session: URLLib3Session

    def prepare(self, events: Events) -> None:
        """Stand in for the client's own way to the network."""
        events.register("before-send", self._send)

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        response = self._session.send(request)
        if UNHEARD in response.headers:
            _ = response.content  # so that the connection is free again
            raise ReadTimeoutError(endpoint_url=request.url)
        return response


@contextmanager
def impatience() -> Iterator[Impatience]:
    """Make one, and close its connections in the end."""
    with closing(URLLib3Session(timeout=AMPLE_S)) as session:
        yield Impatience(session)

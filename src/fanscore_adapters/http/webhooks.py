"""Posting user events to endpoints over HTTP, again where that may help (docs/reference/events.md).

The same ``Idempotency-Key`` goes with each attempt, so that the receiver can tell them for one.
Bodies are never logged, neither ours nor the endpoint's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from time import monotonic, sleep
from typing import cast

import attrs
import httpx

from fanscore_adapters.adapter import one_by_one
from fanscore_adapters.documents.user_event import ENDPOINTS, detail_text
from fanscore_adapters.http.client import HttpCall, HttpEndpoint, stateless_client, utc_now
from fanscore_adapters.http.environment import DIRECT, HttpEnvironment
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import Unavailable
from fanscore_core.ports.consumers import Post
from fanscore_core.user_events import detail_type

# Together, the attempts of one post stay below the lease of a consumer's mark (30 s): three
# times connecting and reading, and twice waiting.
TIMEOUT_S = 3.0
MAX_ATTEMPTS = 3
MAX_WAIT_S = 2.0


def webhook_client(
    timeout_s: float = TIMEOUT_S, environment: HttpEnvironment = DIRECT
) -> httpx.Client:
    """Make the client to post with.

    Args:
        timeout_s: for connecting, for each read and for each write.
        environment: names proxies and certificates.
    """
    return stateless_client(timeout_s, environment)


@attrs.frozen
class Webhooks:
    """The adapter that posts to the endpoints that are configured.

    An endpoint that keeps failing is not asked for a while, each on its own.

    Attributes:
        urls: by system, such as ``notification_endpoint``; checked by ``endpoint_url``.
        client: made by ``webhook_client``; may be used by several threads.
        wait: lets seconds pass between attempts.
        clock: seconds, never going back; the clock of ``Ask.expires_at``.
        now: the time of day.
    """

    urls: Mapping[str, str]
    client: httpx.Client
    wait: Callable[[float], None] = sleep
    clock: Callable[[], float] = monotonic
    now: Callable[[], datetime] = utc_now
    _parties: Mapping[str, HttpEndpoint] = attrs.field(init=False, repr=False)

    split = staticmethod(one_by_one)

    @_parties.default
    def _make_parties(self) -> Mapping[str, HttpEndpoint]:
        return {
            system: HttpEndpoint(
                system,
                self.client,
                MAX_WAIT_S,
                self.wait,
                self.clock,
                self.now,
            )
            for system in self.urls
        }

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The endpoint behind each effect."""
        return {effect: system for effect, system in ENDPOINTS.items() if system in self.urls}

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Post each, one after the other."""
        return [self._perform(ask, cast("Post", ask.question)) for ask in asks]

    def _perform(self, ask: Ask, post: Post) -> Answered:
        system = ENDPOINTS[type(post)]
        call = HttpCall(
            "POST",
            self.urls[system],
            {
                "Content-Type": "application/json",
                "Event-Type": detail_type(post.event),
                "Idempotency-Key": post.idempotency_key,
            },
            partial(_read, system),
            detail_text(post.event),
            MAX_ATTEMPTS,
        )
        return self._parties[system].answer(ask, call)


def _read(system: str, status: int, _body: bytes | None) -> Unavailable | None:
    """Any success means that the endpoint has the event."""
    if httpx.codes.is_success(status):
        return None
    return Unavailable(system, f"answered with status {status}")

"""Asking LNAA over HTTP (docs/reference/services.md).

A membership is asked for again where that may help. An activation is sent once: its field takes no
``requestId``, so that what its ``Idempotency-Key`` makes one is the attempts of one request alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from time import monotonic, sleep
from typing import cast
from urllib.parse import quote

import attrs
import httpx

from fanscore_adapters.adapter import one_by_one
from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.documents.proxies import LNAA_CALLS, ProxyCall
from fanscore_adapters.http.circuit_breaker import CircuitBreaker
from fanscore_adapters.http.client import HttpCall, HttpEndpoint, stateless_client, utc_now
from fanscore_adapters.http.environment import DIRECT, HttpEnvironment
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ports.lnaa import ActivateMembership, Membership
from fanscore_core.systems import LNAA_API

TIMEOUT_S = 3.0
MAX_ATTEMPTS = 3
MAX_WAIT_S = 2.0

_SYSTEMS: Mapping[type[Question[object]], str] = dict.fromkeys(LNAA_CALLS, LNAA_API)


def lnaa_client(
    timeout_s: float = TIMEOUT_S, environment: HttpEnvironment = DIRECT
) -> httpx.Client:
    """Make the client to ask with.

    Args:
        timeout_s: for connecting, for each read and for each write.
        environment: names proxies and certificates.
    """
    return stateless_client(timeout_s, environment)


@attrs.frozen
class Lnaa:
    """The adapter that asks LNAA.

    Attributes:
        url: checked by ``base_url``.
        token: checked by ``bearer_token``.
        client: made by ``lnaa_client``; may be used by several threads.
        wait: lets seconds pass between attempts.
        clock: seconds, never going back; the clock of ``Ask.expires_at``.
        now: the time of day.
    """

    url: str
    token: str = attrs.field(repr=False)
    client: httpx.Client
    wait: Callable[[float], None] = sleep
    clock: Callable[[], float] = monotonic
    now: Callable[[], datetime] = utc_now
    _party: HttpEndpoint = attrs.field(init=False, repr=False)

    split = staticmethod(one_by_one)

    @_party.default
    def _make_party(self) -> HttpEndpoint:
        breaker = CircuitBreaker(self.clock)
        return HttpEndpoint(
            LNAA_API, self.client, breaker, MAX_WAIT_S, self.wait, self.clock, self.now
        )

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """LNAA behind each question."""
        return _SYSTEMS

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer each, one after the other."""
        return [self._answer(ask) for ask in asks]

    def _answer(self, ask: Ask) -> Answered:
        question = cast("Membership | ActivateMembership", ask.question)
        return self._party.answer(ask, self._call(question))

    def _call(self, question: Membership | ActivateMembership) -> HttpCall:
        url = f"{self.url}/members/{quote(question.global_user_id, safe='')}"
        headers = {"Accept": "application/json", "Authorization": f"Bearer {self.token}"}
        read = partial(_read, LNAA_CALLS[type(question)])
        if isinstance(question, Membership):
            return HttpCall("GET", url, headers, read, max_attempts=MAX_ATTEMPTS)
        headers["Idempotency-Key"] = question.idempotency_key
        return HttpCall("POST", f"{url}/activation", headers, read)


def _read(call: ProxyCall, status: int, body: bytes | None) -> object:
    if status in call.known_errors:
        return call.known_errors[status]
    if not httpx.codes.is_success(status):
        return Unavailable(LNAA_API, f"answered with status {status}")
    try:
        document = parse_stored_json((body or b"").decode())
    except (InvalidInput, UnicodeDecodeError):
        return Unavailable(LNAA_API, "malformed answer")
    return call.answer({"data": document})

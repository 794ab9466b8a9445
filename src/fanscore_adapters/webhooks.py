"""Posting user events to endpoints over HTTP, again where that may help (docs/reference/events.md).

The same ``Idempotency-Key`` goes with each attempt, so that the receiver can tell them for one.
Bodies are never logged, neither ours nor the endpoint's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter, sleep
from typing import cast
from urllib.parse import urlsplit

import attrs
import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from fanscore_adapters.user_event_json import ENDPOINTS, post_document
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ports.consumers import Post
from fanscore_core.query import Answered, Ask, Question

# Together, the attempts of one post stay below the lease of a consumer's mark (30 s): three
# times connecting and reading, and twice waiting.
TIMEOUT_S = 3.0
MAX_ATTEMPTS = 3
MAX_WAIT_S = 2.0

_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500

_jittered_wait_s = wait_random_exponential(multiplier=0.2, max=MAX_WAIT_S)


def endpoint_url(name: str, text: str) -> str:
    """Check the URL of an endpoint.

    Args:
        name: what an error calls it, such as the environment variable.
        text: the URL.

    Raises:
        InvalidInput: it is no URL that one can post to.
    """
    if not _is_http_url(text):
        raise InvalidInput(name, "expected an http or https URL")
    return text


def webhook_client(timeout_s: float = TIMEOUT_S) -> httpx.Client:
    """Make the client to post with: it follows no redirects, which would take data elsewhere.

    Args:
        timeout_s: for connecting, for each read and for each write.
    """
    return httpx.Client(timeout=timeout_s, follow_redirects=False)


@attrs.frozen
class PostFailedError(Exception):
    """An attempt failed.

    Attributes:
        reason: why, in our words.
        may_help: whether it may help to try again soon.
        wait_s: how long the endpoint asks to wait first.
    """

    reason: str
    may_help: bool
    wait_s: float = 0.0


@attrs.frozen
class Webhooks:
    """The adapter that posts to the endpoints that are configured.

    Attributes:
        urls: by system, such as ``notification_endpoint``; checked by ``endpoint_url``.
        client: made by ``webhook_client``; may be used by several threads.
        wait: lets seconds pass between attempts.
    """

    urls: Mapping[str, str]
    client: httpx.Client
    wait: Callable[[float], None] = sleep

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The endpoint behind each effect."""
        return {effect: system for effect, system in ENDPOINTS.items() if system in self.urls}

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Post each, one after the other."""
        return [self._perform(cast("Post", ask.question)) for ask in asks]

    def _perform(self, post: Post) -> Answered:
        system = ENDPOINTS[type(post)]
        started_at = perf_counter()
        attempts = Retrying(
            retry=retry_if_exception(_may_help),
            stop=stop_after_attempt(MAX_ATTEMPTS),
            wait=_wait_s,
            sleep=self.wait,
            reraise=True,
        )
        try:
            attempts(self._post, self.urls[system], post)
            answer = None
        except PostFailedError as failure:
            answer = Unavailable(system, failure.reason)
        return Answered(answer, system, perf_counter() - started_at)

    def _post(self, url: str, post: Post) -> None:
        try:
            response = self.client.post(
                url,
                content=post_document(post),
                headers={
                    "Content-Type": "application/json",
                    "Idempotency-Key": post.idempotency_key,
                },
            )
        except httpx.RequestError as error:
            reason = f"could not be reached: {type(error).__name__}"
            raise PostFailedError(reason, may_help=True) from error
        if not response.is_success:
            raise _refused(response)


def _is_http_url(text: str) -> bool:
    try:
        httpx.URL(text)
        url = urlsplit(text)
        return url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except (httpx.InvalidURL, ValueError):  # such as a port that is out of range
        return False


def _refused(response: httpx.Response) -> PostFailedError:
    status = response.status_code
    wait_s = _asked_wait_s(response)
    is_passing = status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR
    # An endpoint that needs longer is left alone: the event is delivered again later.
    may_help = is_passing and wait_s <= MAX_WAIT_S
    return PostFailedError(f"answered with status {status}", may_help, wait_s)


def _asked_wait_s(response: httpx.Response) -> float:
    """Read ``Retry-After`` in seconds; what else stands there asks for nothing."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _may_help(error: BaseException) -> bool:
    return isinstance(error, PostFailedError) and error.may_help


def _wait_s(state: RetryCallState) -> float:
    failure = state.outcome.exception() if state.outcome else None
    asked_s = failure.wait_s if isinstance(failure, PostFailedError) else 0.0
    return max(asked_s, _jittered_wait_s(state))

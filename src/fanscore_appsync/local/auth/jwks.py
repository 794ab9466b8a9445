"""JSON Web Key Sets: fetched from their issuer, and kept."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Protocol

import attrs
import httpx

from fanscore_adapters.documents.json_text import parse_json
from fanscore_adapters.http.endpoints import is_loopback
from fanscore_adapters.http.environment import DIRECT, HttpEnvironment
from fanscore_adapters.http.transport import tls_context
from fanscore_core.errors import InvalidInput, Unavailable

MAX_AGE_S = 600.0
"""After that the keys are fetched anew, and used on until they are there."""

PAUSE_S = 10.0
"""The least time from the end of one fetch to the next, whatever the tokens ask for."""

TIMEOUT_S = 3.0
"""For connecting, for each read and each write."""

DEADLINE_S = 5.0
"""For the whole fetch, and for those who wait for one."""

MAX_WAITING = 16
"""How many who have keys wait for newer ones at the same time; others go on with the old ones."""

MAX_SIZE = 65_536
"""Of an answer, in bytes."""

SYSTEM = "jwks"

Jwks = Mapping[str, object]

_OK = 200

_log = logging.getLogger("fanscore")


class KeySource(Protocol):
    """Where the keys of an issuer come from. Used by several threads at once."""

    def current(self) -> Jwks:
        """Return the keys.

        Raises:
            Unavailable: no keys could be fetched.
        """
        ...

    def renewed(self) -> Jwks:
        """Return the keys, new ones if they can be had, for a token whose key is not among them.

        Raises:
            Unavailable: no keys could be fetched.
        """
        ...


@attrs.frozen
class FixedKeys:
    """Keys that never change, such as those of the development issuer."""

    jwks: Jwks

    def current(self) -> Jwks:
        """Return the keys."""
        return self.jwks

    def renewed(self) -> Jwks:
        """Return the same keys."""
        return self.jwks


class JwksClient:
    """Fetches keys from their issuer, one fetch at a time, and keeps them through an outage.

    A fetch has a thread of its own, so that those who have keys need not wait for it.
    """

    def __init__(
        self,
        url: str,
        open_client: Callable[[], httpx.AsyncClient],
        monotonic: Callable[[], float],
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """Fetch nothing yet.

        Args:
            url: of the key set, over https; http is for loopback only.
            open_client: makes a client for each fetch, as ``jwks_http_client`` does.
            monotonic: a clock in seconds that never goes back.
            deadline_s: for a whole fetch, and for those who wait for one.

        Raises:
            InvalidInput: the URL is not allowed.
        """
        self._url = _checked_url(url)
        self._open_client = open_client
        self._monotonic = monotonic
        self._deadline_s = deadline_s
        self._starting = Lock()
        self._waiting = BoundedSemaphore(MAX_WAITING)
        self._is_done = Event()
        self._is_done.set()
        self._jwks: Jwks | None = None
        self._fetched_at = self._tried_at = float("-inf")
        self._reason = "no answer"

    def current(self) -> Jwks:
        """Return the keys; only those who have none wait for a fetch.

        Raises:
            Unavailable: no keys could be fetched.
        """
        if self._monotonic() - self._fetched_at <= MAX_AGE_S:
            return self._kept()
        is_done = self._start()
        if self._jwks is None:
            is_done.wait(self._deadline_s)
        return self._kept()

    def renewed(self) -> Jwks:
        """Return the keys, fetched anew unless that was done just now, or too many wait for it.

        Raises:
            Unavailable: no keys could be fetched.
        """
        is_done = self._start()
        if self._jwks is None:
            is_done.wait(self._deadline_s)
        elif self._waiting.acquire(blocking=False):
            try:
                is_done.wait(self._deadline_s)
            finally:
                self._waiting.release()
        return self._kept()

    def _kept(self) -> Jwks:
        if self._jwks is None:
            raise Unavailable(SYSTEM, self._reason)
        return self._jwks

    def _start(self) -> Event:
        """Start a fetch, unless one is under way or was just now; give what is set at its end."""
        with self._starting:
            if self._is_done.is_set() and self._monotonic() - self._tried_at >= PAUSE_S:
                is_done = Event()
                Thread(
                    target=self._renew, args=(is_done,), name="fanscore-jwks", daemon=True
                ).start()
                self._is_done = is_done
            return self._is_done

    def _renew(self, is_done: Event) -> None:
        try:
            self._jwks = asyncio.run(self._fetch())
            self._fetched_at = self._monotonic()
        except Unavailable as error:
            self._reason = error.reason
            _log.warning(json.dumps({"failed": [SYSTEM], "reasons": [f"{SYSTEM}: {error.reason}"]}))
        except Exception as error:  # noqa: BLE001  # nobody else would hear of it
            self._reason = f"could not be asked: {type(error).__name__}"
        finally:
            self._tried_at = self._monotonic()
            is_done.set()

    async def _fetch(self) -> Jwks:
        try:
            async with asyncio.timeout(self._deadline_s), self._open_client() as client:
                return _read_jwks(await self._body(client))
        except TimeoutError as error:
            raise Unavailable(SYSTEM, "the answer took too long") from error
        except (httpx.HTTPError, OSError) as error:
            reason = f"could not be reached: {type(error).__name__}"
            raise Unavailable(SYSTEM, reason) from error

    async def _body(self, client: httpx.AsyncClient) -> bytes:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        async with client.stream(
            "GET", self._url, headers=headers, follow_redirects=False
        ) as response:
            return await _read_body(response)


def jwks_http_client(url: str = "", environment: HttpEnvironment = DIRECT) -> httpx.AsyncClient:
    """Make the client to fetch keys with. Of the environment it reads nothing itself.

    Args:
        url: of the key set.
        environment: names proxies and certificates.

    Raises:
        InvalidInput: certificates cannot be read any more.
    """
    return httpx.AsyncClient(
        timeout=TIMEOUT_S,
        follow_redirects=False,
        proxy=environment.proxy_of(url),
        verify=tls_context(environment),
        trust_env=False,
    )


async def _read_body(response: httpx.Response) -> bytes:
    """Read an answer as far as it is worth it. What is compressed may grow, so is refused."""
    if response.status_code != _OK:
        raise Unavailable(SYSTEM, f"answered with status {response.status_code}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Unavailable(SYSTEM, "the answer is compressed")
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_SIZE:
            raise Unavailable(SYSTEM, "the answer is too long")
    return body


def _checked_url(text: str) -> str:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise InvalidInput("jwks", "expected a URL") from None
    if url.userinfo or not url.host:
        raise InvalidInput("jwks", "expected a URL with a host and no password")
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.host)):
        raise InvalidInput("jwks", "expected an https URL; http is for loopback only")
    return text


def _read_jwks(body: bytes) -> Jwks:
    try:
        document = parse_json(body.decode("utf-8"))
    except (InvalidInput, UnicodeDecodeError):
        raise Unavailable(SYSTEM, "the answer is not JSON without repeated keys") from None
    if type(document) is not dict or not _is_key_list(document.get("keys")):
        raise Unavailable(SYSTEM, "the answer is not a key set")
    return document


def _is_key_list(keys: object) -> bool:
    """Whether there are keys; an issuer that signs with none has mislaid them."""
    return isinstance(keys, list) and bool(keys) and all(type(key) is dict for key in keys)

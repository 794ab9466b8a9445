"""JSON Web Key Sets: fetched from their issuer, and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from threading import Lock
from typing import Protocol

import attrs
import httpx

from fanscore_adapters.documents import parse_json
from fanscore_core.errors import InvalidInput, Unavailable

MAX_AGE_S = 600.0
"""After that the keys are fetched anew, and used on until they are there."""

PAUSE_S = 10.0
"""The least time from the end of one fetch to the next, whatever the tokens ask for."""

TIMEOUT_S = 3.0
"""For connecting, for each read and each write."""

DEADLINE_S = 5.0
"""For the whole fetch."""

MAX_SIZE = 65_536
"""Of an answer, in bytes."""

SYSTEM = "jwks"

Jwks = Mapping[str, object]

_OK = 200


class KeySource(Protocol):
    """Where the keys of an issuer come from. Used by several threads at once."""

    def current(self) -> Jwks:
        """Give the keys.

        Raises:
            Unavailable: there are none.
        """
        ...

    def renewed(self) -> Jwks:
        """Give the keys, new ones if they can be had, for a token whose key is not among them.

        Raises:
            Unavailable: there are none.
        """
        ...


@attrs.frozen
class FixedKeys:
    """Keys that never change, such as those of the development issuer."""

    jwks: Jwks

    def current(self) -> Jwks:
        """Give the keys."""
        return self.jwks

    def renewed(self) -> Jwks:
        """Give the same keys."""
        return self.jwks


class JwksClient:
    """Fetches keys from their issuer, one fetch at a time, and keeps them through an outage."""

    def __init__(self, url: str, client: httpx.Client, monotonic: Callable[[], float]) -> None:
        """Fetch nothing yet.

        Args:
            url: of the key set, over https; http is for loopback only.
            client: as ``jwks_http_client`` makes it.
            monotonic: a clock in seconds that never goes back.

        Raises:
            InvalidInput: the URL is not allowed.
        """
        self._url = _checked_url(url)
        self._client = client
        self._monotonic = monotonic
        self._fetching = Lock()
        self._jwks: Jwks | None = None
        self._fetched_at = self._tried_at = float("-inf")
        self._reason = "no answer"

    def current(self) -> Jwks:
        """Give the keys; only those who have none wait for a fetch.

        Raises:
            Unavailable: there are none.
        """
        if self._monotonic() - self._fetched_at > MAX_AGE_S:
            self._renew(wait=self._jwks is None)
        return self._kept()

    def renewed(self) -> Jwks:
        """Give the keys, fetched anew unless that was done just now.

        Raises:
            Unavailable: there are none.
        """
        self._renew(wait=True)
        return self._kept()

    def _kept(self) -> Jwks:
        if self._jwks is None:
            raise Unavailable(SYSTEM, self._reason)
        return self._jwks

    def _renew(self, *, wait: bool) -> None:
        if not self._fetching.acquire(timeout=DEADLINE_S if wait else 0):
            return
        try:
            if self._monotonic() - self._tried_at >= PAUSE_S:
                self._try()
        finally:
            self._fetching.release()

    def _try(self) -> None:
        try:
            self._jwks = self._fetch()
            self._fetched_at = self._monotonic()
        except Unavailable as error:
            self._reason = error.reason
        finally:
            self._tried_at = self._monotonic()

    def _fetch(self) -> Jwks:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        try:
            with self._client.stream(
                "GET", self._url, headers=headers, follow_redirects=False
            ) as response:
                return _read_jwks(self._body(response))
        except httpx.HTTPError as error:
            reason = f"could not be reached: {type(error).__name__}"
            raise Unavailable(SYSTEM, reason) from error

    def _body(self, response: httpx.Response) -> bytes:
        """Read an answer as far as it is worth it. What is compressed may grow, so is refused."""
        if response.status_code != _OK:
            raise Unavailable(SYSTEM, f"answered with status {response.status_code}")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Unavailable(SYSTEM, "the answer is compressed")
        expires_at = self._monotonic() + DEADLINE_S
        body = b""
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MAX_SIZE:
                raise Unavailable(SYSTEM, "the answer is too long")
            if self._monotonic() > expires_at:
                raise Unavailable(SYSTEM, "the answer took too long")
        return body


def jwks_http_client() -> httpx.Client:
    """Make the client to fetch keys with."""
    return httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)


def _checked_url(text: str) -> str:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise InvalidInput("jwks", "expected a URL") from None
    if url.userinfo or not url.host:
        raise InvalidInput("jwks", "expected a URL with a host and no password")
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.host)):
        raise InvalidInput("jwks", "expected an https URL; http is for loopback only")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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

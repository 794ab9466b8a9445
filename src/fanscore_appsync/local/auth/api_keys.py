"""API keys: made, kept hashed, and checked.

A key is 256 random bits, so nobody finds it by trying, and a plain SHA-256 hides it well. A slow
hash such as scrypt is for what people think up, and would cost every request its time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

import attrs

from fanscore_adapters.documents.converter import StrictConverter, camel
from fanscore_adapters.documents.json_text import parse_json
from fanscore_core.errors import FanscoreError, InvalidInput

DEVELOPMENT_KEY = "da2-fanscore-development"
"""Anybody knows it, so it is for a gateway on loopback."""

KEY_BYTES = 32
MIN_LIFETIME = timedelta(days=1)
MAX_LIFETIME = timedelta(days=365)
"""As for the keys of AppSync."""

PREFIX = "da2-"
"""That AppSync's keys begin with."""

_matches_hash = re.compile(r"[0-9a-f]{64}").fullmatch


@attrs.frozen
class InvalidApiKey(FanscoreError):
    """An API key is not one of ours, or has expired; the caller does not learn which."""

    def __str__(self) -> str:
        return "The API key is not valid"


@attrs.frozen
class ApiKey:
    """What is kept of a key.

    Attributes:
        id: what it is called in settings, logs and limits.
        hash: SHA-256 of the key, in 64 lower-case hexadecimal digits.
        expires_at: from then on it is refused.
    """

    id: str
    hash: str
    expires_at: datetime

    def __attrs_post_init__(self) -> None:
        if not self.id:
            raise InvalidInput("id", "expected a name")
        if not _matches_hash(self.hash):
            raise InvalidInput("hash", "expected 64 lower-case hexadecimal digits")
        if self.expires_at.tzinfo is None:
            raise InvalidInput("expires_at", "expected a time with offset")


@attrs.frozen
class ApiKeys:
    """The keys of a gateway. No two have one id or one hash."""

    keys: tuple[ApiKey, ...]

    def __attrs_post_init__(self) -> None:
        for name, values in (
            ("ids", {key.id for key in self.keys}),
            ("hashes", {key.hash for key in self.keys}),
        ):
            if len(values) < len(self.keys):
                raise InvalidInput("apiKeys", f"two keys have equal {name}")

    def check(self, key: str, now: datetime) -> str:
        """Return the id of a key. Every key is compared, so the time tells nothing.

        Raises:
            InvalidApiKey: it is not one of these, or has expired.
        """
        given = _hash(key)
        found = [each for each in self.keys if compare_digest(each.hash, given)]
        if not found or found[0].expires_at <= now:
            raise InvalidApiKey
        return found[0].id


_converter = StrictConverter(camel, forbid_extra_keys=True)


def parse_api_keys(text: str) -> ApiKeys:
    """Read a JSON list of ``{"id", "hash", "expiresAt"}``.

    Raises:
        InvalidInput: it is no such list; names the path of the mistake.
    """
    return ApiKeys(_converter.structure(parse_json(text), tuple[ApiKey, ...], "apiKeys"))


def api_key_document(key: ApiKey) -> object:
    """Make what stands in the list for a key."""
    return _converter.unstructure(key)


def new_api_key(
    name: str, lifetime: timedelta, now: datetime, random_bytes: Callable[[int], bytes]
) -> tuple[str, ApiKey]:
    """Make a key: the key itself, which is kept nowhere, and what is kept of it.

    Args:
        name: what to call it.
        lifetime: 1 to 365 days.
        now: the time.
        random_bytes: ``secrets.token_bytes``.

    Raises:
        InvalidInput: the name is empty, or the lifetime is not within bounds.
    """
    if not MIN_LIFETIME <= lifetime <= MAX_LIFETIME:
        raise InvalidInput("lifetime", "expected 1 to 365 days")
    key = PREFIX + random_bytes(KEY_BYTES).hex()
    return key, ApiKey(name, _hash(key), now + lifetime)


def development_keys(now: datetime) -> ApiKeys:
    """Return the keys of a gateway that was given none: ``DEVELOPMENT_KEY``, for a year."""
    return ApiKeys((ApiKey("development", _hash(DEVELOPMENT_KEY), now + MAX_LIFETIME),))


def _hash(key: str) -> str:
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

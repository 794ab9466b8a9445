"""Checks of what says where a system is called over HTTP, and with which token.

For the start: it needs no HTTP client, whose import takes long.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from fanscore_core.errors import InvalidInput

_RULE = "expected an http or https URL"

MAX_URL = 8000
"""The longest URL that is asked for: so much, servers should take (RFC 9110, 4.1)."""

# In a URL these mean the folder itself and the one above it, encoded or not (RFC 3986, 6.2.2).
_FOLDERS = frozenset({".", ".."})

_is_visible = re.compile(r"[!-~]+").fullmatch
_is_host = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?").fullmatch
_is_token = re.compile(r"[A-Za-z0-9._~+/-]+=*").fullmatch


def endpoint_url(name: str, text: str) -> str:
    """Check the URL of an endpoint.

    Args:
        name: what an error calls it, such as the environment variable.
        text: the URL.

    Raises:
        InvalidInput: it is no URL that one can call; it is not repeated.
    """
    _split(name, text)
    return text


def base_url(name: str, text: str) -> str:
    """Check the URL that paths are added to, and give it without a slash at the end.

    Args:
        name: what an error calls it, such as the environment variable.
        text: the URL.

    Raises:
        InvalidInput: no path can be added to it, or it holds a user; it is not repeated.
    """
    if _split(name, text).username is not None or "?" in text or "#" in text:
        raise InvalidInput(name, "expected a URL without user, query and fragment")
    return text.rstrip("/")


def url_to(base: str, path: Sequence[str], query: Mapping[str, str]) -> str:
    """Add a path and a query to a URL, each value percent-encoded whatever is in it.

    Args:
        base: checked by ``base_url``.
        path: one segment each; ``.`` and ``..`` mean folders, encoded or not (RFC 3986, 6.2.2), and
            cannot be one.
        query: names and values.

    Raises:
        InvalidInput: no URL can say this; no value is repeated.
    """
    if (path or query) and ("?" in base or "#" in base):
        raise InvalidInput("url", "no path can be added to a URL with query or fragment")
    if not all(map(_is_segment, path)):
        raise InvalidInput("path", "no URL can name this id")
    try:
        segments = (f"/{quote(each, safe='')}" for each in path)
        added = f"?{urlencode(query, quote_via=quote, safe='')}" if query else ""
        url = "".join((base, *segments, added))
    except UnicodeEncodeError:  # half of a surrogate pair
        raise InvalidInput("path", "no URL can name this id") from None
    if len(url) > MAX_URL:
        raise InvalidInput("path", f"the URL would be longer than {MAX_URL}")
    return url


def _is_segment(value: str) -> bool:
    return value != "" and value not in _FOLDERS


def is_confidential(text: str) -> bool:
    """Return whether nobody on the way reads what is sent to a URL: by TLS, or on this machine."""
    try:
        url = urlsplit(text)
    except ValueError:
        return False
    return url.scheme == "https" or is_loopback(url.hostname or "")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine: ``localhost``, or an address of loopback."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bearer_token(name: str, text: str) -> str:
    """Check a bearer token (RFC 6750, 2.1).

    Args:
        name: what an error calls it, such as the environment variable.
        text: the token.

    Raises:
        InvalidInput: it is not one; the message does not repeat it.
    """
    if not _is_token(text):
        raise InvalidInput(name, "expected a bearer token")
    return text


def _split(name: str, text: str) -> SplitResult:
    try:
        url = urlsplit(text)
        is_good = url.scheme in {"http", "https"} and url.port != 0 and _names_a_host(url)
    except ValueError:  # such as a port that is out of range
        raise InvalidInput(name, _RULE) from None
    if not is_good or not _is_visible(text):
        raise InvalidInput(name, _RULE)
    return url


def _names_a_host(url: SplitResult) -> bool:
    host = url.hostname or ""
    return bool(IPv6Address(host) if ":" in host else _is_host(host))

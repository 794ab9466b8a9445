"""What the environment says of HTTP: proxies, hosts that need none, and whom TLS trusts.

The variables and what they mean are those that curl knows
(https://everything.curl.dev/usingcurl/proxies/env.html). httpx reads them too, yet takes
``NO_PROXY=[::1]`` for a mistake, and fails at others in whatever way it happens to.

For the start: it needs no HTTP client, whose import takes long.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import attrs

from fanscore_core.errors import InvalidInput

_PROXY_RULE = "expected an http or https URL of a proxy"
_NO_PROXY_RULE = "expected host names and addresses, separated by commas"

_is_visible = re.compile(r"[!-~]+").fullmatch
_split_exception = re.compile(
    r"(?:[A-Za-z]+://)?(?P<host>\*?\.?[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
).fullmatch


@attrs.frozen
class DirectHosts:
    """Hosts that are called without a proxy: a name with all below it, or a block of addresses.

    Attributes:
        name: in lower case.
        block: of addresses; ``None`` for a name.
        port: ``None`` for any.
    """

    name: str = ""
    block: IPv4Network | IPv6Network | None = None
    port: int | None = None

    def include(self, host: str, port: int | None) -> bool:
        """Whether a host is one of these."""
        if self.port is not None and self.port != port:
            return False
        if self.block is None:
            return host == self.name or host.endswith(f".{self.name}")
        try:
            return ip_address(host) in self.block
        except ValueError:
            return False


@attrs.frozen
class HttpEnvironment:
    """How systems are reached over HTTP.

    Attributes:
        proxies: by the scheme of what is called, ``http`` or ``https``; may hold passwords.
        direct: hosts that are called without one.
        cert_file: the certificates that TLS trusts, instead of those that come with httpx.
        cert_dir: a folder of them, from ``SSL_CERT_DIR``.
    """

    proxies: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    direct: tuple[DirectHosts, ...] = ()
    cert_file: str | None = None
    cert_dir: str | None = None

    def proxy_of(self, url: str) -> str | None:
        """Return the URL of the proxy that a URL is called by; ``None`` for none."""
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        port = port or {"http": 80, "https": 443}.get(parts.scheme)
        if any(each.include(host, port) for each in self.direct):
            return None
        return self.proxies.get(parts.scheme)


DIRECT = HttpEnvironment()
"""No proxies, and the certificates that come with httpx."""


def read_http_environment(environ: Mapping[str, str]) -> HttpEnvironment:
    """Read how systems are reached.

    Args:
        environ: of it count ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``, of
            which the spelling in lower case goes first, ``SSL_CERT_FILE``, or else
            ``SSL_CERT_DIR``, and ``SSLKEYLOGFILE``.

    Raises:
        InvalidInput: naming the variable; a value is not repeated, since it may hold a password.
    """
    proxies = {
        scheme: proxy
        for scheme in ("http", "https")
        if (proxy := proxy_url(environ, f"{scheme}_proxy", "all_proxy"))
    }
    variable, text = _first(environ, "no_proxy") or ("NO_PROXY", "")
    exceptions = {each.strip() for each in text.split(",")} - {""}
    if "*" in exceptions:
        return HttpEnvironment({}, (), *_certificates(environ))
    direct = tuple(_direct_hosts(variable, each) for each in sorted(exceptions))
    return HttpEnvironment(proxies, direct, *_certificates(environ))


def proxy_url(environ: Mapping[str, str], *names: str) -> str | None:
    """Return the URL of the proxy that the first of some variables names, if one does.

    Args:
        environ: the environment.
        names: of the variables, in lower case; upper case counts too.

    Raises:
        InvalidInput: it is no URL of a proxy; names the variable.
    """
    variable, text = _first(environ, *names) or ("", "")
    if not text:
        return None
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        is_good = bool(parts.hostname) and parts.port != 0
    except ValueError:  # such as a port that is out of range
        raise InvalidInput(variable, _PROXY_RULE) from None
    extra = parts.path not in {"", "/"} or parts.query or parts.fragment
    if not is_good or parts.scheme not in {"http", "https"} or extra or not _is_visible(url):
        raise InvalidInput(variable, _PROXY_RULE)
    return url


def check_certificates(variable: str, path: str) -> None:
    """Check a file of certificates to trust.

    Raises:
        InvalidInput: it is not one; names the variable.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except (OSError, ValueError):  # the latter for a path that no file can have
        raise InvalidInput(variable, "expected a file of certificates") from None


def _first(environ: Mapping[str, str], *names: str) -> tuple[str, str] | None:
    for name in names:
        for spelling in (name, name.upper()):
            if environ.get(spelling):
                return spelling, environ[spelling]
    return None


def _direct_hosts(variable: str, text: str) -> DirectHosts:
    block = _block(text)
    if block is not None:
        return DirectHosts(block=block)
    found = _split_exception(text)
    if found is None:
        raise InvalidInput(variable, _NO_PROXY_RULE)
    host, port = found["host"], None if found["port"] is None else int(found["port"])
    return DirectHosts(host.lower().lstrip("*").strip("."), _block(host), port)


def _block(text: str) -> IPv4Network | IPv6Network | None:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return ip_network(bare, strict=False)
    except ValueError:
        return None


def _certificates(environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if environ.get("SSLKEYLOGFILE"):  # that Python's own contexts of TLS write to
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).keylog_filename = environ["SSLKEYLOGFILE"]
        except (OSError, ValueError):
            raise InvalidInput("SSLKEYLOGFILE", "expected a file that can be written") from None
    if file:
        check_certificates("SSL_CERT_FILE", file)
        return file, None
    if folder and not Path(folder).is_dir():
        raise InvalidInput("SSL_CERT_DIR", "expected a folder of certificates")
    return None, folder or None

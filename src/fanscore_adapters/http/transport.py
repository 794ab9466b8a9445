"""The way out over HTTP: no call outlives its deadline, from connecting to the last byte.

httpx bounds each read and each write on its own: a server that sends one byte now and then, even of
its headers, would hold a thread for as long as it likes. Here each of them has no more than what is
left of the call. Looking a host's name up is bounded by the system's resolver alone.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import cast
from urllib.parse import unquote, urlsplit

import attrs
import httpcore
import httpx

from fanscore_adapters.http.environment import HttpEnvironment
from fanscore_core.errors import InvalidInput

MAX_CONNECTIONS = 100
MAX_IDLE = 20
IDLE_S = 5.0
"""As httpx has them by default."""

PIECE = 16_384
"""As many bytes are written at a time as the system takes at once, if the other side reads."""

_left_s: ContextVar[Callable[[], float]] = ContextVar("left_s", default=lambda: inf)

_SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)


@contextmanager
def within(left_s: Callable[[], float]) -> Iterator[None]:
    """Bound what this thread sends and receives by the seconds that are left."""
    token = _left_s.set(left_s)
    try:
        yield
    finally:
        _left_s.reset(token)


def tls_context(environment: HttpEnvironment) -> ssl.SSLContext:
    """Make the context of TLS, with the certificates that the environment names.

    Raises:
        InvalidInput: they cannot be read any more.
    """
    try:
        if environment.cert_file is None and environment.cert_dir is None:
            return httpx.create_ssl_context(trust_env=False)
        return ssl.create_default_context(cafile=environment.cert_file, capath=environment.cert_dir)
    except OSError as error:
        raise InvalidInput("SSL_CERT_FILE", f"cannot be read: {type(error).__name__}") from None


class DeadlineTransport(httpx.BaseTransport):
    """Sends requests, by the proxies of the environment. May be used by several threads."""

    def __init__(self, environment: HttpEnvironment) -> None:
        """Connect nothing yet.

        Args:
            environment: names proxies and certificates.
        """
        self._environment = environment
        tls = tls_context(environment)
        proxies = sorted(set(environment.proxies.values()))
        self._pools: Mapping[str | None, httpcore.ConnectionPool] = {
            None: httpcore.ConnectionPool(
                ssl_context=tls,
                max_connections=MAX_CONNECTIONS,
                max_keepalive_connections=MAX_IDLE,
                keepalive_expiry=IDLE_S,
                network_backend=_Backend(),
            ),
            **{proxy: _proxy_pool(proxy, tls) for proxy in proxies},
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and receive the head of its response.

        Raises:
            httpx.TransportError: as any transport of httpx.
        """
        url = request.url
        pool = self._pools[self._environment.proxy_of(str(url))]
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=cast("Iterable[bytes]", request.stream),
            extensions=request.extensions,
        )
        with _told_as_httpx():
            received = pool.handle_request(sent)
        return httpx.Response(
            received.status,
            headers=received.headers,
            stream=_Body(received),
            extensions=received.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()


def _proxy_pool(url: str, tls: ssl.SSLContext) -> httpcore.HTTPProxy:
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port is None else f":{parts.port}"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return httpcore.HTTPProxy(
        f"{parts.scheme}://{host}{port}/",
        proxy_auth=(user.encode(), password.encode()) if user or password else None,
        ssl_context=tls,
        proxy_ssl_context=tls if parts.scheme == "https" else None,
        max_connections=MAX_CONNECTIONS,
        max_keepalive_connections=MAX_IDLE,
        keepalive_expiry=IDLE_S,
        network_backend=_Backend(),
    )


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _told_as_httpx():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextmanager
def _told_as_httpx() -> Iterator[None]:
    """Raise httpx's error of the same name, as its own transport does."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
    ) as error:
        kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__)
        raise kind(str(error)) from error


class _Backend(httpcore.NetworkBackend):
    """Connects to one address of a host after the other, while there is time."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError("no address")
        for address in _addresses(host, port):
            try:
                return _Stream(
                    httpcore.SyncBackend().connect_tcp(
                        address,
                        port,
                        _at_most(timeout, httpcore.ConnectTimeout),
                        local_address,
                        socket_options,
                    )
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


@attrs.frozen(eq=False)
class _Stream(httpcore.NetworkStream):
    stream: httpcore.NetworkStream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _at_most(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), PIECE):
            piece = buffer[start : start + PIECE]
            self.stream.write(piece, _at_most(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        bounded = _at_most(timeout, httpcore.ConnectTimeout)
        return _Stream(self.stream.start_tls(ssl_context, server_hostname, bounded))

    def get_extra_info(self, info: str) -> object:
        return self.stream.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _at_most(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    left_s = _left_s.get()()
    if left_s <= 0:
        raise late
    if left_s == inf:
        return timeout
    return left_s if timeout is None else min(timeout, left_s)

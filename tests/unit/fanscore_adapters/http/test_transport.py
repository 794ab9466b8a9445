from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import httpx
import pytest

from fanscore_adapters.http.client import stateless_client
from fanscore_adapters.http.environment import HttpEnvironment, read_http_environment
from fanscore_adapters.http.transport import DeadlineTransport, tls_context
from fanscore_core.errors import InvalidInput

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: 1\r\n\r\nok"
REFUSED = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"


@contextmanager
def serving(reply: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answer on loopback with one reply to each connection; give where, and what was received."""
    received: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    received.append(connection.recv(65536))
                    connection.sendall(reply)

    thread = Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}", received
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def lines(received: Sequence[bytes]) -> list[str]:
    """Give the lines of the only request."""
    (request,) = received
    return request.decode().lower().split("\r\n")


def test_without_a_proxy() -> None:
    """A response comes whole, and nothing of the environment goes with the request."""
    with serving(OK) as (address, received), stateless_client(5.0) as client:
        response = client.get(f"http://{address}/a?b=%20")
        assert (response.status_code, response.content, response.headers["x-a"]) == (
            200,
            b"ok",
            "1",
        )
    assert lines(received)[0] == "get /a?b=%20 http/1.1"
    assert not [each for each in lines(received) if each.startswith("authorization")]


def test_by_a_proxy() -> None:
    """A system over http is asked for of the proxy, which is told who asks."""
    with serving(OK) as (address, received):
        proxy = f"http://us%65r:p%40ss@{address}"
        environment = read_http_environment({"HTTP_PROXY": proxy})
        with stateless_client(5.0, environment) as client:
            assert client.get("http://lnaa.test/a").content == b"ok"
    assert lines(received)[0] == "get http://lnaa.test/a http/1.1"
    assert "proxy-authorization: basic dxnlcjpwqhnz" in lines(received)


def test_through_a_proxy() -> None:
    """A system over https is reached through the proxy; one that refuses is an error of httpx."""
    with serving(REFUSED) as (address, received):
        environment = read_http_environment({"HTTPS_PROXY": address})
        with stateless_client(5.0, environment) as client, pytest.raises(httpx.ProxyError):
            client.get("https://lnaa.test/a")
    assert lines(received)[0] == "connect lnaa.test:443 http/1.1"


def test_an_exception() -> None:
    """What needs no proxy is called without one, IPv6 in brackets too."""
    environ = {"ALL_PROXY": "http://127.0.0.1:9", "NO_PROXY": "[::1],127.0.0.0/8"}
    with (
        serving(OK) as (address, _),
        stateless_client(5.0, read_http_environment(environ)) as client,
    ):
        assert client.get(f"http://{address}/").content == b"ok"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:9/", httpx.ConnectError),
        ("http://no-such-host.invalid/", httpx.ConnectError),
        ("ftp://127.0.0.1/", httpx.UnsupportedProtocol),
    ],
)
def test_errors(url: str, error: type[httpx.TransportError]) -> None:
    """What goes wrong on the way is an error of httpx."""
    with stateless_client(5.0) as client, pytest.raises(error):
        client.get(url)


def test_an_answer_that_is_no_http() -> None:
    """A server that speaks another protocol is an error of httpx."""
    with (
        serving(b"220 mail.test ESMTP\r\n") as (address, _),
        stateless_client(5.0) as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get(f"http://{address}/")


def test_a_body_that_breaks_off() -> None:
    """A body that ends too soon is an error of httpx."""
    reply = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"
    with (
        serving(reply) as (address, _),
        stateless_client(5.0) as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get(f"http://{address}/")


def test_nothing_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client reads no environment: what was checked at start is what counts."""
    for name in ("ALL_PROXY", "HTTP_PROXY", "SSL_CERT_FILE", "NO_PROXY"):
        monkeypatch.setenv(name, "socks5://[")
    with serving(OK) as (address, _), stateless_client(5.0) as client:
        assert client.get(f"http://{address}/").content == b"ok"


def test_certificates_that_are_gone(tmp_path: Path) -> None:
    """Certificates that were there at start and are gone are a mistake that names the variable."""
    environment = HttpEnvironment(cert_file=str(tmp_path / "gone.pem"))
    for make in (tls_context, DeadlineTransport):
        with pytest.raises(InvalidInput) as refused:
            make(environment)
        assert str(refused.value) == "SSL_CERT_FILE: cannot be read: FileNotFoundError"

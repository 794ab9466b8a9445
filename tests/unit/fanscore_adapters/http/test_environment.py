from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import certifi
import pytest

from fanscore_adapters.http.environment import DIRECT, HttpEnvironment, read_http_environment
from fanscore_core.errors import InvalidInput

PROXY = "http://proxy.test:3128"
HTTP, HTTPS = "http://lnaa.test/members", "https://lnaa.test/members"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, [None, None]),
        ({"HTTP_PROXY": ""}, [None, None]),
        ({"HTTP_PROXY": PROXY}, [PROXY, None]),
        ({"HTTPS_PROXY": PROXY}, [None, PROXY]),
        ({"ALL_PROXY": PROXY}, [PROXY, PROXY]),
        ({"all_proxy": PROXY, "ALL_PROXY": "http://other.test"}, [PROXY, PROXY]),
        ({"https_proxy": PROXY, "ALL_PROXY": "http://other.test"}, ["http://other.test", PROXY]),
        ({"HTTPS_PROXY": "proxy.test:3128"}, [None, PROXY]),
        (
            {"HTTPS_PROXY": "https://user:p%40ss@proxy.test/"},
            [None, "https://user:p%40ss@proxy.test/"],
        ),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "*"}, [None, None]),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "other.test, *"}, [None, None]),
        ({"ALL_PROXY": PROXY, "no_proxy": "lnaa.test"}, [None, None]),
        ({"ALL_PROXY": PROXY, "NO_PROXY": "lnaa.test:443"}, [PROXY, None]),
    ],
)
def test_proxies(environ: Mapping[str, str], expected: list[str | None]) -> None:
    """A system is called by the proxy of its scheme, or else of all, unless it is an exception."""
    read = read_http_environment(environ)
    assert [read.proxy_of(url) for url in (HTTP, HTTPS)] == expected


@pytest.mark.parametrize(
    ("exceptions", "url", "is_direct"),
    [
        ("[::1]", "http://[::1]:8080/", True),
        ("::1", "http://[::1]:8080/", True),
        ("[::1]:8080", "http://[::1]:8080/", True),
        ("[::1]:8081", "http://[::1]:8080/", False),
        ("[::1]", "http://[::2]/", False),
        ("2001:db8::/32", "https://[2001:db8::7]/", True),
        ("127.0.0.1", "http://127.0.0.1/", True),
        ("10.0.0.0/8", "http://10.1.2.3/", True),
        ("10.1.2.3/8", "http://10.9.9.9/", True),
        ("10.0.0.0/8", "http://11.1.2.3/", False),
        ("10.0.0.0/8", "http://ten.test/", False),
        ("localhost", "http://LOCALHOST/", True),
        ("lnaa.test", "https://a.lnaa.test/", True),
        ("lnaa.test", "https://anotherlnaa.test/", False),
        (".lnaa.test", "https://a.lnaa.test/", True),
        (".lnaa.test", "https://lnaa.test/", True),
        ("*.lnaa.test", "https://a.lnaa.test/", True),
        ("LNAA.test", "https://lnaa.test./", True),
        ("https://lnaa.test", "https://lnaa.test/", True),
        ("a.test,,lnaa.test ", "https://lnaa.test/", True),
        (",", "https://lnaa.test/", False),
    ],
)
def test_exceptions(exceptions: str, url: str, *, is_direct: bool) -> None:
    """Hosts are excepted by name with all below it, by address, by block, and by port."""
    read = read_http_environment({"ALL_PROXY": PROXY, "NO_PROXY": exceptions})
    assert (read.proxy_of(url) is None) is is_direct


PROXY_RULE = "expected an http or https URL of a proxy"
FILE_RULE = "expected a file of certificates"


@pytest.mark.parametrize(
    ("environ", "mistake"),
    [
        ({"ALL_PROXY": "socks5://secret@proxy.test"}, f"ALL_PROXY: {PROXY_RULE}"),
        ({"http_proxy": "http://"}, f"http_proxy: {PROXY_RULE}"),
        ({"HTTPS_PROXY": "http://proxy.test:99999"}, f"HTTPS_PROXY: {PROXY_RULE}"),
        ({"HTTPS_PROXY": "http://proxy.test:0"}, f"HTTPS_PROXY: {PROXY_RULE}"),
        ({"HTTPS_PROXY": "http://[::1"}, f"HTTPS_PROXY: {PROXY_RULE}"),
        ({"HTTPS_PROXY": "http://a b"}, f"HTTPS_PROXY: {PROXY_RULE}"),
        ({"HTTPS_PROXY": "http://proxy.test/path"}, f"HTTPS_PROXY: {PROXY_RULE}"),
        ({"HTTPS_PROXY": "http://proxy.test?q"}, f"HTTPS_PROXY: {PROXY_RULE}"),
        (
            {"NO_PROXY": "[::1"},
            "NO_PROXY: expected host names and addresses, separated by commas",
        ),
        (
            {"no_proxy": "a b"},
            "no_proxy: expected host names and addresses, separated by commas",
        ),
        ({"SSL_CERT_FILE": "/nonexistent"}, f"SSL_CERT_FILE: {FILE_RULE}"),
        ({"SSL_CERT_FILE": "/"}, f"SSL_CERT_FILE: {FILE_RULE}"),
        ({"SSL_CERT_FILE": __file__}, f"SSL_CERT_FILE: {FILE_RULE}"),
        ({"SSL_CERT_DIR": "/nonexistent"}, "SSL_CERT_DIR: expected a folder of certificates"),
        ({"SSLKEYLOGFILE": "/nonexistent/x"}, "SSLKEYLOGFILE: expected a file that can be written"),
    ],
)
def test_mistakes(environ: Mapping[str, str], mistake: str) -> None:
    """What no client can go by is refused, naming the variable and not repeating its value."""
    with pytest.raises(InvalidInput) as refused:
        read_http_environment(environ)
    assert str(refused.value) == mistake


def test_certificates(tmp_path: Path) -> None:
    """A file of certificates goes before a folder of them."""
    file, folder = certifi.where(), str(tmp_path)
    assert read_http_environment({}) == DIRECT
    assert read_http_environment({"SSL_CERT_DIR": folder}) == HttpEnvironment(cert_dir=folder)
    both = {"SSL_CERT_FILE": file, "SSL_CERT_DIR": folder}
    assert read_http_environment(both) == HttpEnvironment(cert_file=file)


def test_nothing_of_a_proxy_is_shown() -> None:
    """The password of a proxy is in no text of the environment."""
    assert "secret" not in repr(read_http_environment({"ALL_PROXY": "http://a:secret@b.test"}))

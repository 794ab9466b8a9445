from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.http.endpoints import (
    base_url,
    bearer_token,
    endpoint_url,
    is_confidential,
    url_to,
)
from fanscore_core.errors import InvalidInput


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:80/x",
        "https://example.com",
        "HTTPS://a.b/?c",
        "http://[::1]:8080/",
        "http://localhost",
        "http://my_host.internal.",
        "https://user:secret@example.com/hook",
    ],
)
def test_urls_are_accepted(url: str) -> None:
    """An http or https URL with a host can be called."""
    assert endpoint_url("FANSCORE_SYNC_URL", url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com",
        "http://",
        "http://[",
        "http://a:99999999",
        "http://a\x00b",
        "http://a b",
        "http://a/b c",
        "http://a/\n",
        "http://:80",
        "http://a:0",
        "http://a:b",
        "http://a..b",
        "http://.a",
        "http://[::zz]",
        "http://[1.2.3.4]:80",
        "http://ä.example.com",
        "http://" + "a" * 64,
        "/",
    ],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """What one cannot call is refused by the name of the setting, and not told."""
    with pytest.raises(InvalidInput) as refused:
        endpoint_url("FANSCORE_SYNC_URL", url)
    assert str(refused.value) == "FANSCORE_SYNC_URL: expected an http or https URL"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://lnaa.example.com", "https://lnaa.example.com"),
        ("http://127.0.0.1:80/v1/", "http://127.0.0.1:80/v1"),
    ],
)
def test_base_urls_are_accepted(text: str, url: str) -> None:
    """Paths can be added to any path; a slash at the end does not matter."""
    assert base_url("FANSCORE_LNAA_URL", text) == url


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ftp://a", "expected an http or https URL"),
        ("https://user:canary@a", "expected a URL without user, query and fragment"),
        ("", "expected an http or https URL"),
        ("https://a?b=c", "expected a URL without user, query and fragment"),
        ("https://a/#b", "expected a URL without user, query and fragment"),
    ],
)
def test_other_base_urls_are_refused(text: str, problem: str) -> None:
    """A URL to which no path can be added is refused by the name of the setting, and not told."""
    with pytest.raises(InvalidInput) as refused:
        base_url("FANSCORE_LNAA_URL", text)
    assert str(refused.value) == f"FANSCORE_LNAA_URL: {problem}"


@pytest.mark.parametrize("token", ["a", "eyJhbGciOi.eyJzdWIi.c2ln-_~+/=="])
def test_tokens_are_accepted(token: str) -> None:
    """A token is what a bearer may carry."""
    assert bearer_token("FANSCORE_LNAA_TOKEN", token) == token


@pytest.mark.parametrize(
    "token", ["", "canary\n", "canary token", "canary\r\nX: y", "canäry", "=", "Bearer canary"]
)
def test_other_tokens_are_refused(token: str) -> None:
    """What would break the header is refused by the name of the setting, and never told."""
    with pytest.raises(InvalidInput) as refused:
        bearer_token("FANSCORE_LNAA_TOKEN", token)
    assert str(refused.value) == "FANSCORE_LNAA_TOKEN: expected a bearer token"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/x", True),
        ("HTTPS://example.com", True),
        ("http://127.0.0.1:4566", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]:80/", True),
        ("http://localhost:80", True),
        ("http://LOCALHOST", True),
        ("http://example.com", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://[::]/", False),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("http://localhost:80@example.com", False),
        ("http://2130706433", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_what_is_sent_in_confidence(url: str, expected: bool) -> None:
    """Over https, and within this machine, nobody on the way reads what is sent."""
    assert is_confidential(url) is expected


def test_a_path_is_added() -> None:
    """Path and query are added to a base URL; without either, a URL stays as it is."""
    assert url_to("https://a/b", (), {}) == "https://a/b"
    assert url_to("https://a/b?c=%2e#d", (), {}) == "https://a/b?c=%2e#d"
    assert url_to("https://a/b", ("c d", "e"), {}) == "https://a/b/c%20d/e"
    assert url_to("https://a/b", (), {"c": "&", "d/": "="}) == "https://a/b?c=%26&d%2F=%3D"


@pytest.mark.parametrize("base", ["https://a/b?c", "https://a/b#c"])
def test_a_path_is_not_added_to_a_query(base: str) -> None:
    """Nothing can be added to a URL that goes on after its path."""
    for path, query in ((("d",), {}), ((), {"d": "e"})):
        with pytest.raises(InvalidInput) as raised:
            url_to(base, path, query)
        assert str(raised.value) == "url: no path can be added to a URL with query or fragment"


@given(st.lists(st.text(min_size=1), min_size=1), st.dictionaries(st.text(), st.text()))
def test_a_path_says_what_it_was_made_of(path: list[str], query: dict[str, str]) -> None:
    """Each value comes back from its segment, and each pair of the query: none adds another."""
    try:
        parts = urlsplit(url_to("https://a/b", path, query))
    except InvalidInput:
        return
    assert [unquote(each) for each in parts.path.split("/")[2:]] == path
    assert parse_qsl(parts.query, keep_blank_values=True) == list(query.items())
    assert (parts.netloc, parts.fragment) == ("a", "")

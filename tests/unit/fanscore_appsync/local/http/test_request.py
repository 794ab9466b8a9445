from __future__ import annotations

import pytest
from starlette.requests import Request

from fanscore_appsync.local.http.request import (
    GRAPHQL_RESPONSE,
    JSON,
    MALFORMED,
    Parameters,
    Unacceptable,
    accepted_type,
    appsync_headers,
    is_loopback,
    parameters_of_body,
    parameters_of_url,
)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html", JSON),
        (JSON, JSON),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}; charset=utf-8", GRAPHQL_RESPONSE),
        ("APPLICATION/GRAPHQL-RESPONSE+JSON", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}, {JSON}", GRAPHQL_RESPONSE),
        (f"{JSON}, {GRAPHQL_RESPONSE}", JSON),
        (f"{GRAPHQL_RESPONSE}, {JSON};q=0.9", GRAPHQL_RESPONSE),
        (f"{JSON};q=0.9, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0.5, */*", JSON),
        (f"{GRAPHQL_RESPONSE}, */*;q=0.1", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0", JSON),
        (f"{GRAPHQL_RESPONSE};q=x", JSON),
        (f"{GRAPHQL_RESPONSE};q=nan", JSON),
        (",;,q=;=", JSON),
    ],
)
def test_the_content_type_of_an_answer(accept: str | None, content_type: str) -> None:
    """The draft's own type is used where it is asked for before plain JSON."""
    assert accepted_type(accept) == content_type


def test_headers() -> None:
    """Headers are handed on in lower case, repeated ones as a list, cookies and hops not at all."""
    given = [
        (b"Accept", b"a/b"),
        (b"accept", b"c/d"),
        (b"X-Own", b"one, two"),
        (b"cookie", b"secret=1"),
        (b"connection", b"close"),
        (b"x-fanscore-iam-role", b"admin"),
    ]
    scope = {"type": "http", "headers": [(name.lower(), value) for name, value in given]}
    assert appsync_headers(Request(scope)) == {"accept": ["a/b", "c/d"], "x-own": "one, two"}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104  # not listened on
        ("192.0.2.1", False),
        ("::", False),
        ("", False),
        ("localhost.example.com", False),
    ],
)
def test_loopback(host: str, *, expected: bool) -> None:
    """An address of this machine alone is told from the others."""
    assert is_loopback(host) is expected


def test_parameters_of_a_body() -> None:
    """A body holds a query, and maybe variables, the name of an operation, and extensions."""
    whole = b'{"query":"{a}","variables":{"a":[1,null]},"operationName":"A","extensions":{}}'
    assert parameters_of_body(whole) == Parameters("{a}", {"a": [1, None]}, "A")
    nulls = b'{"query":"","variables":null,"operationName":null,"extensions":null,"other":1}'
    assert parameters_of_body(nulls) == Parameters("", {}, None)
    astral = '{"query":"\\ud83c\\udfab 🎫"}'.encode()
    assert parameters_of_body(astral) == Parameters("🎫 🎫", {}, None)


def test_parameters_of_a_url() -> None:
    """In a URL, maps are JSON text."""
    given = {"query": "{a}", "variables": '{"a":1}', "operationName": "A"}
    assert parameters_of_url(given) == Parameters("{a}", {"a": 1}, "A")
    assert parameters_of_url({"query": "{a}"}) == Parameters("{a}", {}, None)


def shown(error: Unacceptable) -> tuple[int, str, str]:
    """Give what a caller sees of an error."""
    return error.status, error.error_type, error.message


def test_what_is_empty_is_absent() -> None:
    """Empty parameters are those that some clients send for what they do not say."""
    body = b'{"query":"{a}","variables":"","operationName":"","extensions":""}'
    assert parameters_of_body(body) == Parameters("{a}", {}, None)
    given = {"query": "{a}", "variables": "", "operationName": "", "extensions": ""}
    assert parameters_of_url(given) == Parameters("{a}", {}, None)
    with pytest.raises(Unacceptable) as raised:
        parameters_of_url({"query": ""})
    assert shown(raised.value) == (400, MALFORMED, "The parameter query is not a string")


@pytest.mark.parametrize(
    "body",
    [
        b'{"query":"{a}","query":"{b}"}',
        b'{"query":"{a}","variables":{},"variables":{}}',
        b'{"query":"{a}","variables":{"a":1,"\\u0061":2}}',
    ],
)
def test_repeated_keys(body: bytes) -> None:
    """A key that stands twice in an object is refused: readers disagree on which of them counts."""
    with pytest.raises(Unacceptable) as raised:
        parameters_of_body(body)
    assert shown(raised.value) == (400, MALFORMED, "The body repeats a key")


@pytest.mark.parametrize("text", ["{", "[1]", "1", '"x"', "NaN"])
def test_variables_of_a_url_that_are_no_map(text: str) -> None:
    """Variables that are no JSON map are refused."""
    with pytest.raises(Unacceptable) as raised:
        parameters_of_url({"query": "{a}", "variables": text})
    assert (raised.value.status, str(raised.value)) in {
        (400, "The parameter variables is not JSON"),
        (400, "The parameter variables is not a map"),
    }

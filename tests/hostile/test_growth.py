"""What is read on the way in takes work in proportion to its length, counted, never timed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, TypeAlias, cast

import h11
import pytest
from graphql import GraphQLError
from starlette.datastructures import QueryParams
from starlette.requests import Request

from fanscore_appsync.local.auth.api_keys import InvalidApiKey, parse_api_keys
from fanscore_appsync.local.auth.invalid_token import InvalidToken
from fanscore_appsync.local.graphql.aws_scalars import read_json
from fanscore_appsync.local.graphql.execution import api_schema
from fanscore_appsync.local.graphql.limits import DEFAULT_LIMITS
from fanscore_appsync.local.graphql.parsing import Documents, Refused
from fanscore_appsync.local.http.request import (
    MAX_HEADERS,
    Unacceptable,
    accepted_type,
    appsync_headers,
    parameters_of_body,
    parameters_of_url,
)
from tests.counted import no_collections
from tests.gateway.served import CREDENTIALS, KEY, served
from tests.tokens import CLAIMS, signed, user_pool

if TYPE_CHECKING:
    from _typeshed import TraceFunction

Work: TypeAlias = Callable[[], object]

SCHEMA = api_schema()
REFUSALS = (GraphQLError, InvalidApiKey, InvalidToken, Refused, Unacceptable)
FACTORS = (1, 2, 4, 8)
MOST = 3
"""How much more work than before twice as many more may take: 2 if linear, 4 if quadratic."""


def steps_of(work: Work) -> int:
    """Count the instructions of Python that are executed, in whatever function."""
    count = 0

    def local(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal count
        count += event == "opcode"
        return local

    def entered(frame: FrameType, _event: str, _argument: object) -> TraceFunction:
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return local

    before = sys.gettrace()
    with no_collections():
        sys.settrace(entered)
        try:
            work()
        except REFUSALS:
            pass
        finally:
            sys.settrace(before)
    return count


def request_with(headers: list[tuple[bytes, bytes]]) -> Request:
    """Make a request with header lines."""
    return Request({"type": "http", "headers": headers, "client": ("127.0.0.1", 1)})


def named_headers(count: int) -> list[tuple[bytes, bytes]]:
    """Make header lines of different names."""
    return [*((f"x-{n}".encode(), b"1") for n in range(count)), (b"x-api-key", b"da2-key")]


def equal_headers(count: int) -> list[tuple[bytes, bytes]]:
    """Make header lines of one name."""
    return [(b"x-api-key", b"1")] * count


def handled(headers: list[tuple[bytes, bytes]]) -> None:
    """Read the header lines as the gateway does."""
    request = request_with(headers)
    appsync_headers(request)
    CREDENTIALS.caller(request)


def parsed_http(headers: list[tuple[bytes, bytes]]) -> None:
    """Parse header lines as the server does."""
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"GET / HTTP/1.1\r\nhost: a\r\n" + lines + b"\r\n")
    assert isinstance(connection.next_event(), h11.Request)


def parsed_chunks(count: int) -> None:
    """Parse a body of many small chunks as the server does."""
    connection = h11.Connection(h11.SERVER)
    head = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
    connection.receive_data(head + b"1\r\na\r\n" * count + b"0\r\n\r\n")
    while not isinstance(connection.next_event(), h11.EndOfMessage):
        pass


def body(count: int, member: str = '"v{0}":{{"a":[{0}]}}') -> bytes:
    """Make a request's body with many variables."""
    members = ",".join(member.format(n) for n in range(count))
    return f'{{"query":"{{a}}","variables":{{{members}}}}}'.encode()


def document(query: str) -> object:
    """Parse and validate a query."""
    return Documents(SCHEMA, DEFAULT_LIMITS).read(query)


def keys_of(count: int) -> str:
    """Make a file of API keys."""
    expires_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    return json.dumps(
        [
            {"id": f"k{n}", "hash": sha256(str(n).encode()).hexdigest(), "expiresAt": expires_at}
            for n in range(count)
        ]
    )


POOL = user_pool()


def token_of(groups: int) -> str:
    """Make a token of a member of many groups."""
    return signed(claims={**CLAIMS, "cognito:groups": [f"g{n}" for n in range(groups)]})


READERS: Mapping[str, tuple[int, Callable[[int], Work]]] = {
    "headers": (200, lambda n: partial(handled, named_headers(n))),
    "headers of one name": (200, lambda n: partial(handled, equal_headers(n))),
    "headers of HTTP": (100, lambda n: partial(parsed_http, named_headers(n))),
    "chunks of a body": (100, lambda n: partial(parsed_chunks, n)),
    "Accept": (100, lambda n: partial(accepted_type, ",".join(f"a/{each}" for each in range(n)))),
    "parameters of Accept": (100, lambda n: partial(accepted_type, "a/b" + ";a=b" * n)),
    "body": (500, lambda n: partial(parameters_of_body, body(n))),
    "equal keys in a body": (500, lambda n: partial(parameters_of_body, body(n, '"v":{0}'))),
    "escapes in a body": (500, lambda n: partial(parameters_of_body, body(n, '"\\u00e9":{0}'))),
    "query string": (
        500,
        lambda n: (
            lambda: parameters_of_url(QueryParams("&".join(f"p{each}=1" for each in range(n))))
        ),
    ),
    "query string of one name": (
        500,
        lambda n: lambda: parameters_of_url(QueryParams("&".join(["query=a"] * n))),
    ),
    "variables in a query string": (
        500,
        lambda n: partial(parameters_of_url, {"query": "{a}", "variables": "[" + "1," * n + "1]"}),
    ),
    "fields": (
        5,
        lambda n: partial(
            document,
            "{api{"
            + " ".join(f'a{each}:campaign(campaignId:"c"){{id}}' for each in range(n))
            + "}}",
        ),
    ),
    "unknown fields": (
        50,
        lambda n: partial(document, "{" + " ".join(f"x{each}" for each in range(n)) + "}"),
    ),
    "variables": (
        12,
        lambda n: partial(
            document, "query(" + " ".join(f"$v{each}:ID" for each in range(n)) + "){__typename}"
        ),
    ),
    "variables that are used": (
        5,
        lambda n: partial(
            document,
            "query("
            + " ".join(f"$v{each}:ID!" for each in range(n))
            + "){api{"
            + " ".join(f"a{each}:campaign(campaignId:$v{each}){{id}}" for each in range(n))
            + "}}",
        ),
    ),
    "arguments": (
        12,
        lambda n: partial(
            document,
            "{api{campaign(" + " ".join(f'a{each}:"x"' for each in range(n)) + "){id}}}",
        ),
    ),
    "list": (50, lambda n: partial(document, "{api{campaign(campaignId:[" + "1 " * n + "]){id}}}")),
    "object": (
        12,
        lambda n: partial(
            document,
            "{api{campaign(campaignId:{" + " ".join(f"a{each}:1" for each in range(n)) + "}){id}}}",
        ),
    ),
    "fragments": (
        2,
        lambda n: partial(
            document,
            "{"
            + " ".join(f"...F{each}" for each in range(n))
            + "}"
            + " ".join(f"fragment F{each} on Query{{demand{{__typename}}}}" for each in range(n)),
        ),
    ),
    "operations": (
        10,
        lambda n: partial(document, " ".join(f"query Q{each}{{__typename}}" for each in range(n))),
    ),
    "comments": (500, lambda n: partial(document, "#\n" * n + "{__typename}")),
    "text": (
        500,
        lambda n: partial(document, f'{{api{{campaign(campaignId:"{"x" * n}"){{id}}}}}}'),
    ),
    "escapes": (
        100,
        lambda n: partial(document, '{api{campaign(campaignId:"' + "\\n" * n + '"){id}}}'),
    ),
    "block": (
        100,
        lambda n: partial(document, '{api{campaign(campaignId:"""' + "x\n" * n + '"""){id}}}'),
    ),
    "AWSJSON": (
        500,
        lambda n: partial(read_json, json.dumps({f"k{each}": [] for each in range(n)})),
    ),
    "groups of a token": (50, lambda n: partial(POOL.identify, token_of(n), [])),
    "dots of a token": (500, lambda n: partial(POOL.identify, "." * n, [])),
    "text of a token": (500, lambda n: partial(POOL.identify, f"{'a' * n}.b.c", [])),
    "API keys": (20, lambda n: partial(parse_api_keys, keys_of(n))),
    "API key": (50, lambda n: partial(parse_api_keys(keys_of(n)).check, "x", datetime.now(UTC))),
}
"""What reads something that a caller makes as long as they like, from which size on to count."""


@pytest.mark.parametrize("name", READERS)
def test_growth(name: str) -> None:
    """Twice as long takes about twice the work, whatever it is: nothing grows with the square."""
    size, make = READERS[name]
    steps_of(make(size))  # what is made once, such as caches of the schema
    steps = [steps_of(make(factor * size)) for factor in FACTORS]
    # Collecting garbage may add some hundred steps; a square would add many thousands.
    slack = max(2_000, steps[0] // 10)
    more = [after - before for before, after in pairwise(steps)]
    assert [each for each in pairwise(more) if each[1] > MOST * each[0] + slack] == []


def test_the_count_finds_a_square() -> None:
    """Work that grows with the square is found, as that of one look-up for each name was."""

    def looked_up(count: int) -> None:
        headers = request_with(named_headers(count)).headers
        for name in headers:
            headers.getlist(name)

    first, second, third = (steps_of(partial(looked_up, size)) for size in (50, 100, 200))
    assert third - second > MOST * (second - first)


@pytest.mark.parametrize("count", [MAX_HEADERS, MAX_HEADERS + 1, 7_000])
def test_too_many_headers(count: int) -> None:
    """More than 100 header lines are refused with 431, and the connection is closed."""
    lines = [f"x-{n}: 1" for n in range(count - 4)]
    head = [
        "GET /graphql?query={__typename} HTTP/1.1",
        "host: localhost",
        f"x-api-key: {KEY['x-api-key']}",
    ]
    with served() as gateway:
        request = "\r\n".join([*head, "accept: */*", "connection: close", *lines, "", ""])
        answer = gateway.raw(request.encode())
        events = list(gateway.events)
    status = answer.split(b" ", 2)[1]
    assert (status, events) == (b"200" if count == MAX_HEADERS else b"431", [])
    assert b"\r\nconnection: close\r\n" in answer.lower()
    if count > MAX_HEADERS:
        shown = cast("Mapping[str, object]", json.loads(answer.partition(b"\r\n\r\n")[2]))
        problem = "The request has more than 100 headers"
        assert shown == {
            "errors": [{"errorType": "RequestHeaderFieldsTooLarge", "message": problem}]
        }

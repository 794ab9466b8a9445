from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from graphql import GraphQLError

from fanscore_appsync.local.graphql.aws_scalars import SCALARS

GOOD: Mapping[str, Sequence[object]] = {
    "AWSDate": [
        "2026-11-01",
        "2024-02-29",
        "2026-11-01Z",
        "2026-11-01+05:30",
        "2026-11-01-07:00:30",
    ],
    "AWSTime": ["12:30", "12:30:59", "12:30:59.1", "12:30:59.123456789", "12:30Z", "00:00+05:30"],
    "AWSDateTime": [
        "2026-11-01T12:30Z",
        "2026-11-01T12:30:24Z",
        "2026-11-01T12:30:24.1Z",
        "2026-11-01T12:30:24.123456789+07:00",
        "2026-11-01T12:30:24-07:00:30",
    ],
    "AWSTimestamp": [0, -1, 1_800_000_000],
    "AWSEmail": ["a@example.com", "first.last+tag@mail.example.co.uk"],
    "AWSURL": [
        "https://example.com",
        "http://example.com:8080/a?b=c#d",
        "ftp://fan:secret@example.com/a%20b",
        "HTTPS://[2001:db8::1]:443/",
        "https://example.com/a?b=//c",
        "mailto:example@example.com",
        "urn:isbn:0451450523",
    ],
    "AWSPhone": ["+442071838750", "+1 555-555-0123", "541-754-3010", "5417543010"],
    "AWSIPAddress": [
        "127.0.0.1",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "192.0.2.1/32",
        "::1",
        "::ffff:192.0.2.1",
        "2001:DB8::/32",
        "1a2b:3c4b::1234:4567/128",
    ],
}

BAD: Mapping[str, Sequence[object]] = {
    "AWSDate": ["", "2026-11-31", "2025-02-29", "2026-1-1", "2026-11-01T00:00Z", "0000-01-01", 1],
    "AWSTime": [
        "",
        "24:00",
        "12:60",
        "12:30:60",
        "12",
        "12:30:59.",
        "12:30:59.1234567890",
        "1230",
        1,
    ],
    "AWSDateTime": [
        "",
        "2026-11-01",
        "2026-11-01T12:30:24",
        "2026-11-31T12:30Z",
        "2026-11-01T24:00Z",
        "2026-11-01T12:30:24.1234567890Z",
        "2026-11-01 12:30Z",
        "2026-11-01T12:30+24:00",
        "٢٠٢٦-11-01T12:30Z",
        1,
        None,
    ],
    "AWSTimestamp": ["0", 1.5, True, None],
    "AWSEmail": ["", "a", "a@", "@example.com", "a@example", "a b@example.com", 1],
    "AWSURL": [
        "",
        "example.com",
        "/a",
        "//example.com/a",
        "1http://example.com",
        "https:",
        "https://",
        "https:///a",
        "https:example.com",
        "https:/example.com",
        "mailto:",
        "urn:/a",
        "https://example.com//a",
        "https://example.com/a//b",
        "https://exa mple.com",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://example.com/<a>",
        "https://example.com/%zz",
        "https://example.com/ü",
        "https://example.com:a/",
        "https://example.com:65536/",
        "http://[",
        1,
    ],
    "AWSPhone": ["", "1110004444", "+1", "phone", "+44 (0)20", 5417543010],
    "AWSIPAddress": [
        "",
        "127.0.0.256",
        "127.1",
        "127.0.0.01",
        "::g",
        "1::2::3",
        "[::1]",
        "fe80::1%eth0",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/08",
        "10.0.0.0/255.0.0.0",
        "::/129",
        "localhost",
        " 127.0.0.1",
        1,
    ],
}


EXPECTED: Mapping[str, str] = {
    "AWSDate": "a date, such as 2026-11-01",
    "AWSTime": "a time, such as 12:30:00",
    "AWSDateTime": "a date and time, such as 2026-11-01T12:30:00Z",
    "AWSTimestamp": "whole seconds",
    "AWSEmail": "a mail address",
    "AWSURL": "a URL",
    "AWSPhone": "a phone number",
    "AWSIPAddress": "an address of version 4 or 6",
}


def cases(table: Mapping[str, Sequence[object]]) -> list[tuple[str, object]]:
    """List the values of a table, each with its scalar."""
    return [(name, value) for name, values in table.items() for value in values]


@pytest.mark.parametrize(("name", "value"), cases(GOOD))
def test_good_values(name: str, value: object) -> None:
    """A value of the scalar's form comes through both ways as it is."""
    scalar = SCALARS[name]
    assert scalar.coerce_input_value is not None
    assert scalar.coerce_output_value is not None
    assert scalar.coerce_input_value(value) == value
    assert scalar.coerce_output_value(value) == value


@pytest.mark.parametrize(("name", "value"), cases(BAD))
def test_bad_values(name: str, value: object) -> None:
    """A value of another form is refused both ways, and not repeated in the message."""
    scalar = SCALARS[name]
    for coerce in (scalar.coerce_input_value, scalar.coerce_output_value):
        assert coerce is not None
        with pytest.raises(GraphQLError) as raised:
            coerce(value)
        assert raised.value.message == f"{name}: expected {EXPECTED[name]}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWSEmail", "a,b@example.com"),
        ("AWSEmail", "a@example.123"),
        ("AWSPhone", "+1 111 000 4444"),
        ("AWSPhone", "911-555-0123"),
    ],
)
def test_what_was_stored_before(name: str, value: str) -> None:
    """What a client may not give any more, a resolver may still answer."""
    scalar = SCALARS[name]
    assert scalar.coerce_input_value is not None
    assert scalar.coerce_output_value is not None
    assert scalar.coerce_output_value(value) == value
    with pytest.raises(GraphQLError):
        scalar.coerce_input_value(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("{}", {}), ('{"a": [1, "é"]}', {"a": [1, "é"]}), ("null", None), ('"x"', "x"), ("1.5", 1.5)],
)
def test_json_on_its_way_in(text: str, value: object) -> None:
    """A resolver gets the value of the JSON text that a client writes."""
    coerce = SCALARS["AWSJSON"].coerce_input_value
    assert coerce is not None
    assert coerce(text) == value


@pytest.mark.parametrize(
    "value", [{}, 1, None, "", "{", "NaN", "[Infinity]", "[" * 100_000, '"\\ud800"', "9" * 5_000]
)
def test_bad_json_on_its_way_in(value: object) -> None:
    """What is no JSON text is refused."""
    coerce = SCALARS["AWSJSON"].coerce_input_value
    assert coerce is not None
    with pytest.raises(GraphQLError, match=r"^AWSJSON: expected a string that holds JSON$"):
        coerce(value)


def test_json_on_its_way_out() -> None:
    """A client gets JSON text, whether the resolver wrote that or a value."""
    coerce = SCALARS["AWSJSON"].coerce_output_value
    assert coerce is not None
    assert (coerce('{"a":1}'), coerce({"a": 1})) == ('{"a":1}', '{"a": 1}')


def test_all_scalars_are_there() -> None:
    """The scalars are those that AppSync has."""
    assert set(SCALARS) == {*GOOD, "AWSJSON"}

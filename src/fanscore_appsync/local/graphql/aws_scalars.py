"""The AWS scalars, as AppSync reads and writes them.

The forms are those of https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import NoReturn
from urllib.parse import urlsplit

from graphql import (
    GraphQLError,
    GraphQLScalarType,
    ListValueNode,
    Node,
    ObjectValueNode,
    ValueNode,
    value_from_ast_untyped,
)

from fanscore_core.scalars import is_email, is_phone_number

_OFFSET = r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_DATE = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"

_matches_date = re.compile(rf"{_DATE}{_OFFSET}?", re.ASCII).fullmatch
_matches_time = re.compile(rf"{_TIME}{_OFFSET}?", re.ASCII).fullmatch
_matches_date_time = re.compile(rf"{_DATE}T{_TIME}{_OFFSET}", re.ASCII).fullmatch


_SECONDS = "whole seconds"
_JSON = "a string that holds JSON"


def is_date(text: str) -> bool:
    """Whether a text is a date, with or without an offset (``AWSDate``)."""
    found = _matches_date(text)
    return found is not None and _is_day(found[1])


def is_time(text: str) -> bool:
    """Whether a text is a time of day, with or without an offset (``AWSTime``)."""
    return _matches_time(text) is not None


def is_date_time(text: str) -> bool:
    """Whether a text is a date and time with an offset (``AWSDateTime``)."""
    found = _matches_date_time(text)
    return found is not None and _is_day(found[1])


def is_url(text: str) -> bool:
    """Whether a text is a URL with a scheme and a host (``AWSURL``)."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.hostname) and not re.search(r"\s", text)


def is_ip_address(text: str) -> bool:
    """Whether a text is an address of version 4 or 6, or a block of them (``AWSIPAddress``)."""
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def read_json(text: object) -> object:
    """Give the value of JSON text, which is how a client writes ``AWSJSON``.

    Raises:
        GraphQLError: it is no JSON text.
    """
    if not isinstance(text, str):
        raise _refusal("AWSJSON", _JSON)
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()  # refuses half a surrogate pair
    except (ValueError, RecursionError) as error:
        raise _refusal("AWSJSON", _JSON) from error
    return value


def write_json(value: object) -> str:
    """Give JSON text; a text is taken to be JSON already."""
    return value if isinstance(value, str) else json.dumps(value)


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


def _refusal(name: str, expected: str, node: Node | None = None) -> GraphQLError:
    return GraphQLError(f"{name}: expected {expected}", node)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _text(name: str, accepts: Callable[[str], bool], expected: str) -> GraphQLScalarType:
    """Make a scalar that is a text with a form, the same on its way in and out."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not accepts(value):
            raise _refusal(name, expected)
        return value

    return _scalar(name, expected, check, check)


def _scalar(
    name: str,
    expected: str,
    write: Callable[[object], object],
    read: Callable[[object], object],
) -> GraphQLScalarType:
    """Make a scalar that tells where in a query a wrong literal stands, and not what it is."""

    def read_literal(node: ValueNode) -> object:
        try:
            return read(value_from_ast_untyped(node))
        except (GraphQLError, ValueError):  # the latter for a number of too many digits
            raise _refusal(name, expected, _placed(node)) from None

    return GraphQLScalarType(
        name,
        coerce_output_value=write,
        coerce_input_value=read,
        coerce_input_literal=read_literal,
    )


def _placed(node: ValueNode) -> Node:
    """Give a node with a place: graphql-core hands lists and objects over as copies without one."""
    match node:
        case ObjectValueNode(fields=(first, *_)):
            return first.name
        case ListValueNode(values=(first, *_)):
            return _placed(first)
        case _:
            return node


def _seconds(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _refusal("AWSTimestamp", _SECONDS)
    return value


SCALARS: Mapping[str, GraphQLScalarType] = {
    scalar.name: scalar
    for scalar in (
        _text("AWSDate", is_date, "a date, such as 2026-11-01"),
        _text("AWSTime", is_time, "a time, such as 12:30:00"),
        _text("AWSDateTime", is_date_time, "a date and time, such as 2026-11-01T12:30:00Z"),
        _scalar("AWSTimestamp", _SECONDS, _seconds, _seconds),
        _text("AWSEmail", is_email, "a mail address"),
        _scalar("AWSJSON", _JSON, write_json, read_json),
        _text("AWSURL", is_url, "a URL"),
        _text("AWSPhone", is_phone_number, "a phone number"),
        _text("AWSIPAddress", is_ip_address, "an address of version 4 or 6"),
    )
}
"""All custom scalars that AppSync has, by name. A schema can define no others."""

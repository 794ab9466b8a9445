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

from graphql import GraphQLError, GraphQLScalarType

from fanscore_core.scalars import is_email, is_phone_number

_OFFSET = r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_DATE = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"

_matches_date = re.compile(rf"{_DATE}{_OFFSET}?", re.ASCII).fullmatch
_matches_time = re.compile(rf"{_TIME}{_OFFSET}?", re.ASCII).fullmatch
_matches_date_time = re.compile(rf"{_DATE}T{_TIME}{_OFFSET}", re.ASCII).fullmatch


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
        raise _refusal("AWSJSON", "a string that holds JSON")
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()  # refuses half a surrogate pair
    except (ValueError, RecursionError) as error:
        raise _refusal("AWSJSON", "a string that holds JSON") from error
    return value


def write_json(value: object) -> str:
    """Give JSON text; a text is taken to be JSON already."""
    return value if isinstance(value, str) else json.dumps(value)


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


def _refusal(name: str, expected: str) -> GraphQLError:
    return GraphQLError(f"{name}: expected {expected}")


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

    return GraphQLScalarType(name, coerce_output_value=check, coerce_input_value=check)


def _seconds(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _refusal("AWSTimestamp", "whole seconds")
    return value


SCALARS: Mapping[str, GraphQLScalarType] = {
    scalar.name: scalar
    for scalar in (
        _text("AWSDate", is_date, "a date, such as 2026-11-01"),
        _text("AWSTime", is_time, "a time, such as 12:30:00"),
        _text("AWSDateTime", is_date_time, "a date and time, such as 2026-11-01T12:30:00Z"),
        GraphQLScalarType(
            "AWSTimestamp", coerce_output_value=_seconds, coerce_input_value=_seconds
        ),
        _text("AWSEmail", is_email, "a mail address"),
        GraphQLScalarType("AWSJSON", coerce_output_value=write_json, coerce_input_value=read_json),
        _text("AWSURL", is_url, "a URL"),
        _text("AWSPhone", is_phone_number, "a phone number"),
        _text("AWSIPAddress", is_ip_address, "an address of version 4 or 6"),
    )
}
"""All custom scalars that AppSync has, by name. A schema can define no others."""

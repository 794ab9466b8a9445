"""The AWS scalars, as AppSync reads and writes them.

The forms are those of https://docs.aws.amazon.com/appsync/latest/devguide/scalars.html. What that
page says of mail addresses is RFC 822, which has forms that the handler refuses; here they are
refused at once. A resolver may answer what was accepted once, and has been stored since.
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

from fanscore_core.scalars import EMAIL, PHONE_NUMBER

_OFFSET = r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
_DATE = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"

_URL_CHARACTERS = r"A-Za-z0-9._~!$&'()*+,;=\-"
_ESCAPE = "%[0-9A-Fa-f]{2}"
_WITH_HOST = frozenset({"ftp", "http", "https"})

_matches_date = re.compile(rf"{_DATE}{_OFFSET}?", re.ASCII).fullmatch
_matches_time = re.compile(rf"{_TIME}{_OFFSET}?", re.ASCII).fullmatch
_matches_date_time = re.compile(rf"{_DATE}T{_TIME}{_OFFSET}", re.ASCII).fullmatch
_matches_url = re.compile(
    rf"""
    [A-Za-z][A-Za-z0-9+.-]* :
    (?://(?P<authority> (?:[{_URL_CHARACTERS}:@\[\]] | {_ESCAPE})*+))?
    (?P<path> (?:[{_URL_CHARACTERS}:@/] | {_ESCAPE})*+)
    (?:\?(?:[{_URL_CHARACTERS}:@/?] | {_ESCAPE})*+)?
    (?:\#(?:[{_URL_CHARACTERS}:@/?] | {_ESCAPE})*+)?
    """,
    re.VERBOSE,
).fullmatch
_matches_ip_characters = re.compile(r"[0-9A-Fa-f:.]+(?:/(?:0|[1-9][0-9]{0,2}))?").fullmatch

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
    """Whether a text is a URL (``AWSURL``), by the characters and parts of RFC 3986.

    It has a scheme, and a host (RFC 1738 §3.1) unless it is one such as ``mailto:a@example.com``
    (§3.5); its path has no two slashes in a row.
    """
    found = _matches_url(text)
    if found is None or "//" in found["path"]:
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # the latter refuses what is no port
    except ValueError:
        return False
    if found["authority"] is None and parts.scheme not in _WITH_HOST:
        return bool(found["path"]) and not found["path"].startswith("/")
    return bool(host)


def is_ip_address(text: str) -> bool:
    """Whether a text is an address of version 4 or 6, or a block of them (``AWSIPAddress``).

    A block is written with the length of its prefix (RFC 4632 §3.1, RFC 4291 §2.3).
    """
    if not _matches_ip_characters(text):
        return False
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def read_json(text: object) -> object:
    """Return the value of JSON text, which is how a client writes ``AWSJSON``.

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
    """Return JSON text; a text is taken to be JSON already."""
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


def _text(
    name: str,
    accepts: Callable[[str], bool],
    expected: str,
    shows: Callable[[str], bool] | None = None,
) -> GraphQLScalarType:
    """Make a scalar that is a text with a form.

    Args:
        name: of the scalar.
        accepts: whether a client may give a text.
        expected: what to say otherwise.
        shows: whether a resolver may answer a text, if that is not the same.
    """

    def check(allows: Callable[[str], bool]) -> Callable[[object], str]:
        def checked(value: object) -> str:
            if not isinstance(value, str) or not allows(value):
                raise _refusal(name, expected)
            return value

        return checked

    return _scalar(name, expected, check(shows or accepts), check(accepts))


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
    """Return a node with a place: graphql-core copies lists and objects, without theirs."""
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
        _text("AWSEmail", EMAIL.accepts, "a mail address", EMAIL.reads),
        _scalar("AWSJSON", _JSON, write_json, read_json),
        _text("AWSURL", is_url, "a URL"),
        _text("AWSPhone", PHONE_NUMBER.accepts, "a phone number", PHONE_NUMBER.reads),
        _text("AWSIPAddress", is_ip_address, "an address of version 4 or 6"),
    )
}
"""All custom scalars that AppSync has, by name. A schema can define no others."""

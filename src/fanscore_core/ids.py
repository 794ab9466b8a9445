"""Id types, and what a valid id is (docs/reference/tables-and-keys.md).

Ids come from other systems: ``auth0|5f7c``, mail addresses, base64, names with umlauts. So an id is
nearly any text, and may be personal data: it is not logged, and errors name its field alone. Ids
are compared as they are, never normalized.
"""

from __future__ import annotations

import re
from typing import NewType, TypeVar

import attrs

from fanscore_core.errors import InvalidId

GlobalUserId = NewType("GlobalUserId", str)
MemberId = NewType("MemberId", str)
EventId = NewType("EventId", str)
BotRunId = NewType("BotRunId", str)
CampaignId = NewType("CampaignId", str)
SaleId = NewType("SaleId", str)
SessionId = NewType("SessionId", str)
RequestId = NewType("RequestId", str)

ID_TYPES: frozenset[object] = frozenset(
    {GlobalUserId, MemberId, EventId, BotRunId, CampaignId, SaleId, SessionId, RequestId}
)
"""Every type of id."""

ValueT = TypeVar("ValueT")

MAX_CHARACTERS = 128
"""The most characters of an id."""

MAX_BYTES = 400
"""The most bytes of an id in UTF-8 with ``#`` and ``%`` escaped, as in keys: so that all keys that
ids are part of are within the limits of DynamoDB
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
"""

RULE = (
    "expected 1 to 128 characters, at most 400 bytes, "
    "with no control characters, and no white space at either end"
)

# Controls, separators of lines and paragraphs, what turns the direction of text, the byte order
# mark, halves of surrogate pairs, and what Unicode says is no character (D14).
_FORBIDDEN = (
    r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufdd0-\ufdef"
    + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(17))
)

_has_no_forbidden = re.compile(f"[^{_FORBIDDEN}]*").fullmatch

# What nearly all ids are, and always valid: ids are checked wherever a question is made.
_is_common = re.compile(rf"[!-~]{{1,{MAX_CHARACTERS}}}").fullmatch


def is_plain(text: str) -> bool:
    """Whether a text holds no character that no id can hold."""
    return _has_no_forbidden(text) is not None


def is_id(value: object) -> bool:
    """Whether a value is a string that may stand as an id."""
    return type(value) is str and (_is_common(value) is not None or _is_rare(value))


def valid_id(_instance: object, attribute: attrs.Attribute[ValueT], value: ValueT) -> None:
    """Validate an attrs field that holds an id.

    Raises:
        InvalidId: naming the field.
    """
    if not is_id(value):
        raise InvalidId(attribute.name, RULE)


def valid_optional_id(instance: object, attribute: attrs.Attribute[ValueT], value: ValueT) -> None:
    """Validate an attrs field that holds an id or ``None``.

    Raises:
        InvalidId: naming the field.
    """
    if value is not None:
        valid_id(instance, attribute, value)


PATH_RULE = "expected an id other than . and .., which no URL can name"


def valid_path_id(instance: object, attribute: attrs.Attribute[ValueT], value: ValueT) -> None:
    """Validate an attrs field that holds an id which becomes a part of a URL's path.

    There, ``.`` and ``..`` are the folder itself and the one above it, encoded or not
    (RFC 3986, 6.2.2).

    Raises:
        InvalidId: naming the field.
    """
    valid_id(instance, attribute, value)
    if value in {".", ".."}:
        raise InvalidId(attribute.name, PATH_RULE)


def _is_rare(text: str) -> bool:
    """Whether a text that is not all visible ASCII, or is too long, may stand as an id."""
    return (
        0 < len(text) <= MAX_CHARACTERS
        and is_plain(text)
        and not (text[0].isspace() or text[-1].isspace())
        and (text.isascii() or _bytes_in_a_key(text) <= MAX_BYTES)  # 128 of ASCII always fit
    )


def _bytes_in_a_key(text: str) -> int:
    return len(text.encode()) + 2 * (text.count("#") + text.count("%"))

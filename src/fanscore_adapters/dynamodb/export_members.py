"""The few members of an item that a score depends on, read from a line of an export.

Whole items are large, and DynamoDB JSON has an object for each value. msgspec, of the extra
``bulk``, reads what is wanted and passes over the rest, several times as fast as the standard
library; without it, the same is read all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Protocol, TypeAlias, cast

import attrs

from fanscore_adapters.dynamodb.export_lines import typed_item
from fanscore_core.errors import InvalidInput

MEMBERS: Mapping[str, str] = {
    "pk": "PK",
    "sk": "SK",
    "ttl": "ttl",
    "member_id": "memberId",
    "score": "score",
    "raw_score": "rawScore",
    "bot_score": "botScore",
}
"""The members that are read, by what they are called here."""


class Members(Protocol):
    """Members of an item, each with its type, such as ``{"S": "…"}``; ``None`` where missing."""

    pk: object
    sk: object
    ttl: object
    member_id: object
    score: object
    raw_score: object
    bot_score: object


ReadMembers: TypeAlias = Callable[[bytes], Members]
"""Reads the members of a line; raises ``InvalidInput`` where that holds no item."""


@attrs.define
class _Members:
    pk: object
    sk: object
    ttl: object
    member_id: object
    score: object
    raw_score: object
    bot_score: object


def plain_members(line: bytes) -> Members:
    """Read the members of a line with the standard library.

    Raises:
        InvalidInput: the line holds no item.
    """
    item = typed_item(line)
    return _Members(**{name: item.get(member) for name, member in MEMBERS.items()})


@cache
def members_reader() -> ReadMembers:
    """Return the fastest way that is installed to read the members of a line."""
    try:
        import msgspec  # noqa: PLC0415  # an extra
    except ImportError:
        return plain_members
    fields = [(name, object, None) for name in MEMBERS]
    item = msgspec.defstruct("Item", fields, rename=dict(MEMBERS))
    line_of = msgspec.defstruct("Line", [("item", item)], rename={"item": "Item"})
    decode = msgspec.json.Decoder(line_of).decode

    def read(line: bytes) -> Members:
        try:
            if not line.isascii():  # msgspec passes over text without looking at it
                line.decode()
            return cast("Members", decode(line).item)  # type: ignore[attr-defined]  # made above
        except (msgspec.MsgspecError, ValueError, RecursionError):
            typed_item(line)  # says what is wrong
            raise InvalidInput("$", "not JSON that can be read") from None

    return read

"""The few members of an item that a score depends on, read from a line of an export.

Whole items are large, and DynamoDB JSON has an object for each value. msgspec, of the extra
``bulk``, reads what is wanted and passes over the rest, several times as fast as the standard
library. What it does not take is read with that, and without msgspec so is every line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Protocol, TypeAlias, cast

import attrs

from fanscore_adapters.dynamodb.export_lines import key_text, typed_item

TEXT, NUMBER = "S", "N"
"""How DynamoDB JSON names types."""

MEMBERS: Mapping[str, tuple[str, str]] = {
    "member_id": ("memberId", TEXT),
    "score": ("score", NUMBER),
    "raw_score": ("rawScore", NUMBER),
    "bot_score": ("botScore", NUMBER),
}
"""Members of items with the type that they should have, by what they are called here."""


class Key(Protocol):
    """A key of an item."""

    text: str


class Member(Protocol):
    """A member as it is written; ``None`` where it has another type than it should have."""

    text: str | None


class Members(Protocol):
    """The keys of an item, its ``ttl``, and what was asked for; ``None`` where missing."""

    pk: Key
    sk: Key
    ttl: object
    member_id: Member | None
    score: Member | None
    raw_score: Member | None
    bot_score: Member | None


class _Line(Protocol):
    item: Members


ReadMembers: TypeAlias = Callable[[bytes], Members]
"""Reads members of a line; raises ``InvalidInput`` where that holds no item with keys."""


def plain_members(line: bytes) -> Members:
    """Read all members of a line with the standard library.

    Raises:
        InvalidInput: the line holds no item, or a key of it is no text.
    """
    item = typed_item(line)
    pk, sk = (_Value(key_text(name, item.get(name))) for name in ("PK", "SK"))
    members = {name: _value(item.get(named), kind) for name, (named, kind) in MEMBERS.items()}
    return cast("Members", SimpleNamespace(pk=pk, sk=sk, ttl=item.get("ttl"), **members))


@cache
def members_reader(*names: str) -> ReadMembers:
    """Return the fastest way that is installed to read members of a line.

    Args:
        names: what is read besides the keys and ``ttl``, of ``MEMBERS``.
    """
    try:
        import msgspec  # noqa: PLC0415  # an extra
    except ImportError:
        return plain_members
    values = {
        kind: msgspec.defstruct(
            "Value", [("text", str)], rename={"text": kind}, forbid_unknown_fields=True, gc=False
        )
        for kind in (TEXT, NUMBER)
    }
    members = [(name, values[MEMBERS[name][1]] | None, None) for name in names]
    fields: list[tuple[str, object] | tuple[str, object, None]]
    fields = [("pk", values[TEXT]), ("sk", values[TEXT]), ("ttl", object, None), *members]
    spelling = {"pk": "PK", "sk": "SK", **{name: named for name, (named, _) in MEMBERS.items()}}
    item = msgspec.defstruct("Item", fields, rename=spelling, gc=False)
    line_of = msgspec.defstruct("Line", [("item", item)], rename={"item": "Item"}, gc=False)
    decode = cast("Callable[[bytes], _Line]", msgspec.json.Decoder(line_of).decode)

    def read(line: bytes) -> Members:
        try:
            if not line.isascii():  # msgspec passes over text without looking at it
                line.decode()
            return decode(line).item
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return plain_members(line)

    return read


@attrs.frozen
class _Value:
    text: str | None


def _value(typed: object, kind: str) -> _Value | None:
    if typed is None:
        return None
    text = typed.get(kind) if type(typed) is dict and len(typed) == 1 else None
    return _Value(text if type(text) is str else None)

"""Id types, and what a valid id is (docs/reference/tables-and-keys.md).

An id stands raw in table keys, hence the closed alphabet: neither ``#``, which separates the parts
of a key, nor ``%``, which escapes within one, can be part of an id.
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

RULE = "expected 1 to 128 of the characters A-Z a-z 0-9 _ - . : ~ ="

_matches_id = re.compile(r"[A-Za-z0-9_\-.:~=]{1,128}").fullmatch


def is_id(value: object) -> bool:
    """Whether a value is a string that may stand as an id."""
    return type(value) is str and _matches_id(value) is not None


def valid_id(_instance: object, attribute: attrs.Attribute[ValueT], value: ValueT) -> None:
    """Validate an attrs field that holds an id.

    Raises:
        InvalidId: naming the field.
    """
    checked: object = value
    if type(checked) is not str or _matches_id(checked) is None:
        raise InvalidId(attribute.name, RULE)


def valid_optional_id(instance: object, attribute: attrs.Attribute[ValueT], value: ValueT) -> None:
    """Validate an attrs field that holds an id or ``None``.

    Raises:
        InvalidId: naming the field.
    """
    if value is not None:
        valid_id(instance, attribute, value)

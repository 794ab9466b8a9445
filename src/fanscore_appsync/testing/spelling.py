"""How GraphQL spells the types that values are made of here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

import attrs

from fanscore_adapters.documents.converter import camel
from fanscore_core import ids, scalars

SCALARS: Mapping[object, str] = {
    **dict.fromkeys(ids.ID_TYPES, "ID"),
    scalars.Email: "AWSEmail",
    scalars.PhoneNumber: "AWSPhone",
    scalars.Locale: "String",
    scalars.JsonObject: "AWSJSON",
    bool: "Boolean",
    int: "Int",
    str: "String",
    Decimal: "Float",
    datetime: "AWSDateTime",
    date: "AWSDate",
}
"""The types that are scalars in GraphQL; a class or an enum has its own name there."""


def graphql_type(annotation: object, names: Mapping[object, str] = SCALARS) -> str:
    """Spell a type as GraphQL does, such as ``[ID!]!``; only ``X | None`` may be null.

    Args:
        annotation: of an attrs field.
        names: of the types whose GraphQL name is another than their own.
    """
    if get_origin(annotation) in {Union, UnionType}:
        parts = [each for each in get_args(annotation) if each is not NoneType]
        return " | ".join(graphql_type(each, names).removesuffix("!") for each in parts)
    if get_origin(annotation) is tuple:
        return f"[{graphql_type(get_args(annotation)[0], names)}]!"
    name = names.get(annotation) or getattr(annotation, "__name__", str(annotation))
    return f"{name}!"


def graphql_members(kind: type, names: Mapping[object, str] = SCALARS) -> Mapping[str, str]:
    """Return the members of an attrs class with their types, both in GraphQL's spelling."""
    hints = get_type_hints(kind)
    return {
        camel(field.name): graphql_type(hints[field.name], names) for field in attrs.fields(kind)
    }


def graphql_classes(
    annotations: Iterable[object], names: Mapping[object, str] = SCALARS
) -> Mapping[str, type]:
    """Find the classes and enums that types are made of, those types included, by name."""
    found: dict[str, type] = {}
    left = list(annotations)
    while left:
        kind = left.pop()
        left.extend(get_args(kind))
        if not isinstance(kind, type) or kind in names or kind.__name__ in found:
            continue
        if attrs.has(kind):
            found[kind.__name__] = kind
            left.extend(get_type_hints(kind).values())
        elif issubclass(kind, Enum):
            found[kind.__name__] = kind
    return found

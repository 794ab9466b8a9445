from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from types import UnionType
from typing import NewType, Union, get_args, get_origin, get_type_hints

import attrs
import pytest

from fanscore_core import ports
from fanscore_core.engine.question import Query
from fanscore_core.errors import InvalidInput


class Text(str):
    __slots__ = ()


# One value of each type. Several are equal to one another, as are no two questions that differ.
VALUES: list[object] = [
    *("id", Text("id"), b"id"),
    *(1, True, 1.0, Decimal(1), 1 + 0j),
    *(None, ("id",), ["id"], {"id": 1}, {"id"}, object()),
]


def queries() -> Iterator[type[Query[object]]]:
    """Find every query that the ports define."""
    for module in pkgutil.iter_modules(ports.__path__, f"{ports.__name__}."):
        for found in vars(import_module(module.name)).values():
            if isinstance(found, type) and issubclass(found, Query) and found is not Query:
                yield found


QUERIES = sorted(queries(), key=lambda query: query.__name__)
FIELDS = [(query, field) for query in QUERIES for field in attrs.fields(query)]  # type: ignore[arg-type]  # every query is an attrs class


def exact_types(declared: object) -> frozenset[object]:
    """Give the types that a field's values may have, of its annotation."""
    if isinstance(declared, NewType):
        return exact_types(declared.__supertype__)
    if get_origin(declared) in {Union, UnionType}:
        return frozenset().union(*map(exact_types, get_args(declared)))
    return frozenset({get_origin(declared) or declared})


def test_the_ports_are_found() -> None:
    """The questions of the user's own query are among those that are checked."""
    assert {
        "AccountScore",
        "ArmScore",
        "BotOrNot",
        "BotOrNotCursor",
        "DiscoEventId",
        "EventDemandCount",
        "FanIdentity",
    } <= {query.__name__ for query in QUERIES}


@pytest.mark.parametrize(
    ("query", "field"), FIELDS, ids=[f"{query.__name__}.{field.name}" for query, field in FIELDS]
)
def test_a_field_has_its_exact_type(
    query: type[Query[object]], field: attrs.Attribute[object]
) -> None:
    """A query refuses each value of another type than declared, be it a subclass or equal.

    Equal queries are asked once, so that ``1``, ``True`` and ``1.0`` must not all be one field.
    """
    allowed = exact_types(get_type_hints(query)[field.name])
    assert field.validator is not None
    assert field.converter is None
    for wrong in VALUES:
        if type(wrong) not in allowed:
            with pytest.raises((TypeError, InvalidInput)):
                field.validator(None, field, wrong)


@pytest.mark.parametrize("query", QUERIES)
def test_queries_are_values(query: type[Query[object]]) -> None:
    """A query is frozen and hashable by its fields, as what is asked once for many must be."""
    made = query.__new__(query)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.anything = 1  # type: ignore[attr-defined]  # the trespass
    assert query.__hash__ is not object.__hash__
    assert query.__eq__ is not object.__eq__

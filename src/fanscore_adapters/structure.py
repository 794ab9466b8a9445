"""Parsed documents to values, strictly: nothing is coerced, and each error says where (cattrs).

A default cattrs converter turns ``None`` into ``"None"`` and ``2.9`` into ``2``. This one refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar, cast, get_args, get_origin

import attrs
from cattrs import (
    ClassValidationError,
    Converter,
    ForbiddenExtraKeysError,
)
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from fanscore_core import ids
from fanscore_core.errors import InvalidId, InvalidInput

ValueT = TypeVar("ValueT")

_ID_TYPES = frozenset({ids.GlobalUserId, ids.MemberId, ids.EventId, ids.BotRunId})


def camel(name: str) -> str:
    """Spell an attribute's name as documents do: ``global_user_id`` is ``globalUserId``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def same(name: str) -> str:
    """Spell an attribute's name as it is."""
    return name


def strict_converter(rename: Callable[[str], str], *, forbid_extra_keys: bool) -> Converter:
    """Make a converter between documents and attrs classes.

    Args:
        rename: spells an attribute's name as the documents do.
        forbid_extra_keys: whether a key that the class does not know is an error.
    """
    converter = Converter()
    for kind, name in ((str, "a string"), (int, "an integer"), (bool, "true or false")):
        converter.register_structure_hook(kind, _exact(kind, name))
    converter.register_structure_hook(Decimal, _structure_number)
    converter.register_structure_hook_func(lambda kind: kind in _ID_TYPES, _structure_id)
    converter.register_structure_hook_func(
        _is_tuple,
        lambda value, kind: _structure_tuple(converter, value, kind),
    )

    def structure_class(kind: type) -> Callable[[object, object], object]:
        structure_fields = cast(
            "Callable[[object, object], object]",
            make_dict_structure_fn(
                kind,
                converter,
                _cattrs_forbid_extra_keys=forbid_extra_keys,
                **_spelling(kind, rename),  # type: ignore[arg-type]  # overrides by attribute
            ),
        )

        def structure_object(value: object, kind: object) -> object:
            if type(value) is not dict:
                raise InvalidInput("", "expected an object")
            return structure_fields(value, kind)

        return structure_object

    def unstructure_class(kind: type) -> Callable[[object], Mapping[str, object]]:
        return make_dict_unstructure_fn(
            kind,
            converter,
            **_spelling(kind, rename),  # type: ignore[arg-type]  # overrides by attribute
        )

    converter.register_structure_hook_factory(attrs.has, structure_class)
    converter.register_unstructure_hook_factory(attrs.has, unstructure_class)
    return converter


def structure(converter: Converter, document: object, kind: type[ValueT], where: str) -> ValueT:
    """Make a value of a document.

    Args:
        converter: from ``strict_converter``.
        document: parsed JSON.
        kind: the attrs class to make.
        where: what the document is called in an error's path.

    Raises:
        InvalidInput: naming the path of the first mistake (``InvalidId`` if that is an id).
    """
    try:
        return converter.structure(document, kind)
    except (ClassValidationError, InvalidInput) as error:
        raise _within(where, error) from None


def _spelling(kind: type, rename: Callable[[str], str]) -> Mapping[str, object]:
    return {field.name: override(rename=rename(field.name)) for field in attrs.fields(kind)}


def _first_problem(error: Exception) -> InvalidInput:
    """Find the first mistake, with its path from here on, such as ``.bands[1].points``."""
    if isinstance(error, InvalidInput):
        return error
    if isinstance(error, ForbiddenExtraKeysError):
        return InvalidInput("", f"unknown key {min(error.extra_fields)!r}")
    if isinstance(error, ClassValidationError):
        noted, others = error.group_exceptions()
        return _within(noted[0][1].name, noted[0][0]) if noted else _first_problem(others[0])
    if isinstance(error, KeyError):
        return InvalidInput("", "required")
    return InvalidInput("", "not valid")


def _within(step: str, error: Exception) -> InvalidInput:
    problem = _first_problem(error)
    return attrs.evolve(problem, where=_join(step, problem.where))


def _join(path: str, rest: str) -> str:
    return f"{path}.{rest}" if rest and not rest.startswith("[") else f"{path}{rest}"


def _is_tuple(kind: object) -> bool:
    origin: object = get_origin(kind)
    return origin is tuple


def _structure_tuple(converter: Converter, value: object, kind: object) -> tuple[object, ...]:
    if type(value) is not list:
        raise InvalidInput("", "expected a list")
    kinds = get_args(kind)
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise InvalidInput("", f"expected a list of {len(kinds)}")
    items = []
    for index, (item, item_kind) in enumerate(zip(value, kinds, strict=True)):
        try:
            items.append(converter.structure(item, item_kind))
        except (ClassValidationError, InvalidInput) as error:
            raise _within(f"[{index}]", error) from None
    return tuple(items)


def _exact(kind: type, name: str) -> Callable[[object, object], object]:
    def check(value: object, _kind: object) -> object:
        if type(value) is not kind:
            raise InvalidInput("", f"expected {name}")
        return value

    return check


def _structure_number(value: object, _kind: object) -> Decimal:
    if type(value) is int:
        return Decimal(value)
    if type(value) is not Decimal or not value.is_finite():
        raise InvalidInput("", "expected a number")
    return value


def _structure_id(value: object, _kind: object) -> str:
    if not ids.is_id(value):
        raise InvalidId("", ids.RULE)
    return cast("str", value)

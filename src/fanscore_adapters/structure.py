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


class StrictConverter:
    """Converts between parsed documents and attrs classes."""

    def __init__(self, rename: Callable[[str], str], *, forbid_extra_keys: bool) -> None:
        """Make a converter.

        Args:
            rename: spells an attribute's name as the documents do.
            forbid_extra_keys: whether a key that the class does not know is an error.
        """
        self._rename = rename
        self._forbid_extra_keys = forbid_extra_keys
        self._converter = Converter()
        for kind, name in ((str, "a string"), (int, "an integer"), (bool, "true or false")):
            self._converter.register_structure_hook(kind, _exact(kind, name))
        self._converter.register_structure_hook(Decimal, _structure_number)
        self._converter.register_structure_hook_func(_is_id_type, _structure_id)
        self._converter.register_structure_hook_func(_is_tuple, self._structure_tuple)
        self._converter.register_structure_hook_factory(attrs.has, self._structure_class)
        self._converter.register_unstructure_hook_factory(attrs.has, self._unstructure_class)

    def structure(self, document: object, kind: type[ValueT], where: str) -> ValueT:
        """Make a value of a document.

        Args:
            document: parsed JSON.
            kind: the attrs class to make.
            where: what the document is called in an error's path.

        Raises:
            InvalidInput: naming the path of the first mistake (``InvalidId`` if that is an id).
        """
        try:
            return self._converter.structure(document, kind)
        except (ClassValidationError, InvalidInput) as error:
            raise self._within(where, error) from None

    def unstructure(self, value: object) -> object:
        """Make a document of a value."""
        document: object = self._converter.unstructure(value)
        return document

    def _structure_class(self, kind: type) -> Callable[[object, object], object]:
        structure_fields = cast(
            "Callable[[object, object], object]",
            make_dict_structure_fn(
                kind,
                self._converter,
                _cattrs_forbid_extra_keys=self._forbid_extra_keys,
                **self._spelling(kind),  # type: ignore[arg-type]  # overrides by attribute
            ),
        )

        def structure_object(value: object, kind: object) -> object:
            if type(value) is not dict:
                raise InvalidInput("", "expected an object")
            return structure_fields(value, kind)

        return structure_object

    def _unstructure_class(self, kind: type) -> Callable[[object], Mapping[str, object]]:
        return make_dict_unstructure_fn(
            kind,
            self._converter,
            **self._spelling(kind),  # type: ignore[arg-type]  # overrides by attribute
        )

    def _spelling(self, kind: type) -> Mapping[str, object]:
        return {
            field.name: override(rename=self._rename(field.name)) for field in attrs.fields(kind)
        }

    def _structure_tuple(self, value: object, kind: object) -> tuple[object, ...]:
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
                items.append(self._converter.structure(item, item_kind))
            except (ClassValidationError, InvalidInput) as error:
                raise self._within(f"[{index}]", error) from None
        return tuple(items)

    def _within(self, step: str, error: Exception) -> InvalidInput:
        """Find the first mistake, with its path from here on, such as ``bands[1].points``."""
        problem = self._first_problem(error)
        dot = "." if problem.where and not problem.where.startswith("[") else ""
        return attrs.evolve(problem, where=f"{step}{dot}{problem.where}")

    def _first_problem(self, error: Exception) -> InvalidInput:
        match error:
            case InvalidInput():
                return error
            case ForbiddenExtraKeysError():
                return InvalidInput("", f"unknown key {min(error.extra_fields)!r}")
            case KeyError():
                return InvalidInput("", "required")
            case ClassValidationError():
                noted, others = error.group_exceptions()
                if not noted:
                    return self._first_problem(others[0])
                first, note = noted[0]
                return self._within(self._rename(note.name), first)
            case _:
                return InvalidInput("", "not valid")


def _is_tuple(kind: object) -> bool:
    origin: object = get_origin(kind)
    return origin is tuple


def _is_id_type(kind: object) -> bool:
    return kind in _ID_TYPES


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

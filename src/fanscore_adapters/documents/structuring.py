"""Parsed documents to values by cattrs, which is strict only if it is told to be.

A default cattrs converter turns ``None`` into ``"None"`` and ``2.9`` into ``2``. This one refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property, partial
from operator import attrgetter
from typing import TypeVar, cast, get_args, get_origin

import attrs
from cattrs import (
    ClassValidationError,
    Converter,
    ForbiddenExtraKeysError,
)
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from fanscore_adapters.documents.converter import TEXT_RULE, date_time_text, id_text, is_text
from fanscore_adapters.documents.json_text import parse_json
from fanscore_core import ids, scalars
from fanscore_core.canonical import canonical_json
from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.signals import Signal

ValueT = TypeVar("ValueT")

_matches_date = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_matches_date_time = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?)"
).fullmatch
_digits_of_a_second = re.compile(r"(\.[0-9]{6})[0-9]{1,3}")


class Structuring:
    """What a ``StrictConverter`` does, by cattrs."""

    def __init__(
        self,
        rename: Callable[[str], str],
        *,
        forbid_extra_keys: bool,
        shows_key: Callable[[str], bool],
        of_arguments: bool,
        numbers_as_ids: bool,
    ) -> None:
        """Make one, by what a ``StrictConverter`` is given."""
        self._rename = rename
        self._forbid_extra_keys = forbid_extra_keys
        self._shows_key = shows_key
        self._of_arguments = of_arguments
        self._structure_id = _structure_id_or_number if numbers_as_ids else _structure_id

    # The quick one says that there is a mistake, the careful one where: few documents have one.
    # Neither is made before it is needed: making those of all modules took a quarter of importing
    # the handler, and a first event needs few of them.

    @cached_property
    def _quick(self) -> Converter:
        return self._converter(careful=False)

    @cached_property
    def _careful(self) -> Converter:
        return self._converter(careful=True)

    def structure(self, document: object, kind: type[ValueT], where: str) -> ValueT:
        """Make a value of a document, as a ``StrictConverter`` does."""
        try:
            return self._quick.structure(document, kind)
        except Exception:  # noqa: BLE001, S110  # whatever it is, the careful one finds it too
            pass
        try:
            return self._careful.structure(document, kind)
        except (ClassValidationError, InvalidInput) as error:
            raise self._within(where, error) from None

    def unstructure(self, value: object) -> object:
        """Make a document of a value."""
        document: object = self._quick.unstructure(value)
        return document

    def _converter(self, *, careful: bool) -> Converter:
        converter = Converter(detailed_validation=careful)
        converter.register_structure_hook(str, _structure_any_text)
        for kind, name in ((int, "an integer"), (bool, "true or false")):
            converter.register_structure_hook(kind, _exact(kind, name))
        converter.register_structure_hook(Decimal, _structure_number)
        converter.register_structure_hook(datetime, _structure_date_time)
        converter.register_structure_hook(date, _structure_date)
        converter.register_structure_hook_func(_is_json_object, _structure_json_object)
        converter.register_structure_hook_func(_is_id_type, self._structure_id)
        converter.register_structure_hook_func(_is_enum, _structure_enum)
        converter.register_structure_hook_func(scalars.FORMS.__contains__, self._structure_text)
        converter.register_structure_hook_func(_is_tuple, partial(self._structure_tuple, converter))
        converter.register_structure_hook_factory(
            attrs.has, partial(self._structure_class, converter)
        )
        converter.register_unstructure_hook_factory(
            attrs.has, partial(self._unstructure_class, converter)
        )
        converter.register_unstructure_hook(datetime, date_time_text)
        converter.register_unstructure_hook(date, date.isoformat)
        converter.register_unstructure_hook(Decimal, float)
        converter.register_unstructure_hook(Signal, attrgetter("name"))
        converter.register_unstructure_hook_func(_is_points, _points_by_name)
        return converter

    def _structure_class(
        self, converter: Converter, kind: type
    ) -> Callable[[object, object], object]:
        structure_fields = cast(
            "Callable[[object, object], object]",
            make_dict_structure_fn(
                kind,
                converter,
                _cattrs_forbid_extra_keys=self._forbid_extra_keys,
                _cattrs_detailed_validation=(
                    converter.detailed_validation or _names_arguments_first(kind)
                ),
                **self._spelling(kind),  # type: ignore[arg-type]  # overrides by attribute
            ),
        )

        def structure_object(value: object, kind: object) -> object:
            if type(value) is not dict:
                raise InvalidInput("", "expected an object")
            return structure_fields(value, kind)

        return structure_object

    def _unstructure_class(
        self, converter: Converter, kind: type
    ) -> Callable[[object], Mapping[str, object]]:
        return make_dict_unstructure_fn(
            kind,
            converter,
            **self._spelling(kind),  # type: ignore[arg-type]  # overrides by attribute
        )

    def _spelling(self, kind: type) -> Mapping[str, object]:
        return {
            field.name: override(rename=self._rename(field.name)) for field in attrs.fields(kind)
        }

    def _structure_text(self, value: object, kind: object) -> str:
        form = scalars.FORMS[kind]
        has_it = form.accepts if self._of_arguments else form.reads
        if type(value) is not str or not has_it(value):
            raise InvalidInput("", form.rule)
        return form.canonical(value)

    def _structure_tuple(
        self, converter: Converter, value: object, kind: object
    ) -> tuple[object, ...]:
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
                name = min(error.extra_fields)
                shown = f" {name!r}" if self._shows_key(name) else ""
                return InvalidInput("", f"unknown key{shown}")
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


def _names_arguments_first(kind: type) -> bool:
    """Return whether arguments by name stand before some by position, as a base class brings about.

    Of such a class cattrs makes code that does not compile, unless validation is detailed.
    """
    by_name = [field.kw_only for field in attrs.fields(kind) if field.init]
    return by_name != sorted(by_name)


def _is_tuple(kind: object) -> bool:
    origin: object = get_origin(kind)
    return origin is tuple


def _is_points(kind: object) -> bool:
    return kind == Mapping[Signal, int]


def _points_by_name(points: Mapping[Signal, int]) -> Mapping[str, int]:
    return {signal.name: each for signal, each in points.items() if signal.required}


def _is_enum(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _is_id_type(kind: object) -> bool:
    return kind in ids.ID_TYPES


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


def _structure_enum(value: object, kind: type[Enum]) -> Enum:
    names = [member.value for member in kind]
    if value not in names:
        raise InvalidInput("", f"expected {' or '.join(names)}")
    return kind(value)


def _structure_any_text(value: object, _kind: object) -> str:
    if type(value) is not str:
        raise InvalidInput("", "expected a string")
    if not is_text(value):
        raise InvalidInput("", TEXT_RULE)
    return value


def _structure_json_object(value: object, _kind: object) -> Mapping[str, str]:
    """Read an ``AWSJSON`` that must be an object; its limits come before any other work.

    UNSURE: AppSync's guide says that a resolver sees the parsed value. Should it be text, it is
    read as strictly.
    """
    # Only here: few fields take such an object, and this loads how demand records merge.
    from fanscore_core.attributes import check_given_attributes  # noqa: PLC0415

    document = parse_json(value) if type(value) is str else value
    if type(document) is not dict:
        raise InvalidInput("", "expected a JSON object")
    check_given_attributes(document)
    if not all(type(name) is str and is_text(name) for name in document):
        raise InvalidInput("", "expected a JSON object")
    return {name: canonical_json(member) for name, member in document.items()}


def _is_json_object(kind: object) -> bool:
    return kind is scalars.JsonObject


def _structure_date_time(value: object, _kind: object) -> datetime:
    """Read an ``AWSDateTime``: the offset is compulsory, seconds are not."""
    if type(value) is str and _matches_date_time(value):
        with suppress(ValueError, OverflowError):
            return datetime.fromisoformat(_digits_of_a_second.sub(r"\1", value)).astimezone(UTC)
    raise InvalidInput("", "expected a date and time with offset, such as 2026-11-01T08:00:00Z")


def _structure_date(value: object, _kind: object) -> date:
    if type(value) is str and _matches_date(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise InvalidInput("", "expected a date, such as 2026-11-01")


def _structure_id(value: object, _kind: object) -> str:
    if not ids.is_id(value):
        raise InvalidId("", ids.RULE)
    return cast("str", value)


def _structure_id_or_number(value: object, kind: object) -> str:
    return _structure_id(id_text(value), kind)

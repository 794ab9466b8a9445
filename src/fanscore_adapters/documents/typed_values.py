"""Questions and their answers as JSON that keeps every type, for the files of recordings.

What is read makes only values of classes that the caller knows beforehand: it names them, and
imports nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from types import MappingProxyType, NoneType
from typing import cast, get_args, get_origin, get_type_hints

import attrs

from fanscore_core import errors
from fanscore_core.engine.question import Question
from fanscore_core.errors import FanscoreError, InvalidInput, PipelineError

_REFUSALS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the classes of values raise for what they are not made of."""

_AS_THEY_ARE = frozenset({NoneType, bool, int, str})


def _known_errors() -> Sequence[type]:
    found = (each for each in vars(errors).values() if isinstance(each, type))
    return [each for each in found if issubclass(each, FanscoreError | PipelineError)]


@attrs.frozen(init=False)
class TypedValues:
    """Writes values as documents of JSON, and reads them again, the same to the last digit.

    It knows ``None``, ``bool``, ``int``, ``float``, ``str``, ``Decimal``, dates and times, tuples,
    lists, mappings, our errors, and the attrs classes and enumerations that the questions and
    their answers are declared to consist of.

    Attributes:
        classes: the classes that it knows, by module and name.
    """

    classes: Mapping[str, type]

    def __init__(self, questions: Iterable[type[Question[object]]]) -> None:
        """Find what questions and their answers consist of.

        Args:
            questions: the types of question.
        """
        found: dict[str, type] = {}
        for each in (*questions, *_known_errors()):
            _find(each, found)
        self.__attrs_init__(found)

    def write(self, value: object) -> object:
        """Write a value as a document.

        Raises:
            InvalidInput: it, or a part of it, is of a class that is not known.
        """
        kind = type(value)
        if kind in _AS_THEY_ARE:
            return value
        if kind in _WRITERS:
            return {kind.__name__: _WRITERS[kind](value, self.write)}
        name = _name(kind)
        if self.classes.get(name) is not kind:
            raise InvalidInput(kind.__name__, "a value of this type cannot be recorded")
        if isinstance(value, Enum):
            return {"enum": [name, value.name]}
        if not attrs.has(kind) and cast("Exception", value).args:
            raise InvalidInput(kind.__name__, "an error with arguments cannot be recorded")
        fields = {each.name: self.write(getattr(value, each.name)) for each in _made_of(kind)}
        return {"value": [name, fields]}

    def read(self, document: object) -> object:
        """Read a value.

        Raises:
            InvalidInput: the document is none that ``write`` makes, or names a class that is not
                known, or what it says of a value is not valid.
        """
        try:
            return self._read(document)
        except InvalidInput:
            raise
        except (*_REFUSALS, FanscoreError, PipelineError) as error:
            raise InvalidInput("value", f"not valid: {type(error).__name__}") from error

    def _read(self, document: object) -> object:
        if type(document) in _AS_THEY_ARE:
            return document
        match document:
            case {"value": [str(name), dict(fields)], **rest} if not rest:
                return self._made(name, fields)
            case {"enum": [str(name), str(member)], **rest} if not rest:
                return cast("type[Enum]", self._class(name, Enum))[member]
            case dict() if len(document) == 1:
                ((tag, inner),) = document.items()
                return _READERS[tag](inner, self._read)
            case _:
                raise InvalidInput("value", "expected a typed value")

    def _made(self, name: str, fields: Mapping[str, object]) -> object:
        kind = self._class(name, object)
        if issubclass(kind, Enum):
            raise InvalidInput(name, "is an enumeration")
        made_of = _made_of(kind)
        if {each.name for each in made_of} != fields.keys():
            raise InvalidInput(name, "has other fields")
        given = {cast("str", each.alias): self._read(fields[each.name]) for each in made_of}
        return cast("Callable[..., object]", kind)(**given)

    def _class(self, name: str, above: type) -> type:
        kind = self.classes.get(name)
        if kind is None or not issubclass(kind, above):
            raise InvalidInput("value", "is of a class that is not known")
        return kind


def _made_of(kind: type) -> Sequence[attrs.Attribute[object]]:
    return [each for each in attrs.fields(kind) if each.init] if attrs.has(kind) else []


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _find(annotation: object, found: dict[str, type]) -> None:
    """Note the classes that a value so annotated may be made of."""
    annotation = getattr(annotation, "__supertype__", annotation)  # of a NewType
    for inner in get_args(annotation):
        _find(inner, found)
    kind = get_origin(annotation) or annotation
    if not isinstance(kind, type) or found.get(_name(kind)) is kind:
        return
    if not (attrs.has(kind) or issubclass(kind, Enum | Exception)):
        return
    found[_name(kind)] = kind
    for base in vars(kind).get("__orig_bases__", ()):
        for inner in get_args(base):
            _find(inner, found)
    if attrs.has(kind):
        hints = _hints(kind)
        for field in attrs.fields(kind):
            _find(hints.get(field.name), found)


def _hints(kind: type) -> Mapping[str, object]:
    try:
        return get_type_hints(kind)
    except NameError:  # of what is imported for type checkers alone
        return {}


def _date_time(moment: datetime) -> str:
    if type(moment.tzinfo) not in {timezone, NoneType} or moment.fold:
        raise InvalidInput("datetime", "a time of a named time zone cannot be recorded")
    return moment.isoformat()


def _pairs(pairs: object, read: Callable[[object], object]) -> dict[object, object]:
    return {read(name): read(each) for name, each in cast("list[tuple[object, object]]", pairs)}


def _texted(read: Callable[[str], object]) -> Callable[[object, object], object]:
    def read_text(text: object, _: object) -> object:
        if type(text) is not str:
            raise InvalidInput("value", "expected a string")
        return read(text)

    return read_text


_WRITERS: Mapping[type, Callable[..., object]] = {
    Decimal: lambda value, _: str(value),
    float: lambda value, _: repr(value),
    datetime: lambda value, _: _date_time(value),
    date: lambda value, _: value.isoformat(),
    tuple: lambda value, write: [*map(write, value)],
    list: lambda value, write: [*map(write, value)],
    dict: lambda value, write: [[write(name), write(each)] for name, each in value.items()],
    MappingProxyType: lambda value, write: [
        [write(name), write(each)] for name, each in value.items()
    ],
}
"""How values of the standard library's types are written, below the type's name."""

_READERS: Mapping[str, Callable[..., object]] = {
    "Decimal": _texted(Decimal),
    "float": _texted(float),
    "datetime": _texted(datetime.fromisoformat),
    "date": _texted(date.fromisoformat),
    "tuple": lambda items, read: tuple(map(read, items)),
    "list": lambda items, read: [*map(read, items)],
    "dict": _pairs,
    "mappingproxy": lambda pairs, read: MappingProxyType(_pairs(pairs, read)),
}

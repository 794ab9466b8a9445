"""JSON text to documents and back, with numbers that survive: fractions are ``Decimal``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from fanscore_core.canonical import JsonWriter
from fanscore_core.errors import InvalidInput

ParsedT = TypeVar("ParsedT")


def parse_json(text: str) -> object:
    """Parse a JSON document that a person wrote.

    Raises:
        InvalidInput: it is no JSON, nests too deep, repeats a key or holds ``NaN``.
    """
    return _parse(_careful, text)


def parse_stored_json(text: str) -> object:
    """Parse a JSON document that a machine wrote; of equal keys, the last counts.

    Raises:
        InvalidInput: it is no JSON, nests too deep or holds ``NaN``.
    """
    return _parse(_quick, text)


def parse_json_at(text: str, at: int) -> tuple[object, int]:
    """Parse the JSON document that begins at a place of a text; return where it ends, too.

    Raises:
        InvalidInput: as ``parse_json``.
    """
    return _refusing(lambda: _careful.raw_decode(text, at))


def json_text(document: object) -> str:
    """Write a document as JSON; ``Decimal`` as the number that it is.

    Raises:
        InvalidInput: a value has no place in JSON, or nests too deep.
    """
    try:
        return _writer.text(document)
    except RecursionError as error:
        raise InvalidInput("$", "nested too deep") from error
    except ValueError as error:
        raise InvalidInput("$", "a number has too many digits") from error


def _named_members(document: Mapping[Any, object]) -> Iterable[tuple[str, object]]:
    if not all(isinstance(name, str) for name in document):
        raise InvalidInput("$", f"{type(document).__name__} has no place in JSON")
    return document.items()


def _scalar_text(document: object) -> str:
    match document:
        case Decimal() if document.is_finite():
            return str(document)
        case str() | bool() | int() | None:
            return json.dumps(document)
        case _:
            raise InvalidInput("$", f"{type(document).__name__} has no place in JSON")


_writer = JsonWriter(_named_members, _scalar_text)


def _parse(decoder: json.JSONDecoder, text: str) -> object:
    return _refusing(lambda: decoder.decode(text))


def _refusing(parse: Callable[[], ParsedT]) -> ParsedT:
    try:
        return parse()
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg} at line {error.lineno} column {error.colno}"
        raise InvalidInput("$", problem) from error
    except RecursionError as error:
        raise InvalidInput("$", "nested too deep") from error
    except (ValueError, InvalidOperation) as error:
        raise InvalidInput("$", "a number has too many digits") from error


def _refuse_constant(name: str) -> object:
    raise InvalidInput("$", f"{name} is not JSON")


def _refuse_repeated_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise InvalidInput("$", "a key is repeated")
    return document


_quick = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
_careful = json.JSONDecoder(
    parse_float=Decimal,
    parse_constant=_refuse_constant,
    object_pairs_hook=_refuse_repeated_keys,
)

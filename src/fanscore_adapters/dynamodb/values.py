"""Items as DynamoDB writes them, with a type beside each value; numbers survive exactly.

What items are made of is written and read here. The types that none of ours has (sets, bytes) are
left to boto3, which takes long to import.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import (
    Clamped,
    Context,
    Decimal,
    DecimalException,
    Inexact,
    InvalidOperation,
    Overflow,
    Rounded,
    Underflow,
)

from fanscore_adapters.items.operations import Item
from fanscore_core.errors import InvalidInput

# What DynamoDB takes of a number: 38 digits at most. The same as boto3's.
_written = Context(
    prec=38, Emin=-128, Emax=126, traps=[Clamped, Inexact, Overflow, Rounded, Underflow]
)

# DynamoDB writes the zeros of large numbers out, more than boto3 would read
# (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html).
_numbers = Context(
    prec=126,
    Emin=-130,
    Emax=125,
    traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Underflow],
)

_PLAIN = {str: "S", bool: "BOOL"}
"""The types of values that are written as they are."""


def write_value(value: object) -> Mapping[str, object]:
    """Write a value.

    Raises:
        InvalidInput: DynamoDB has no such value; its numbers have 38 digits at most.
    """
    try:
        return _write_value(value)
    except (TypeError, DecimalException) as error:
        raise InvalidInput("item", "a value has no place in DynamoDB") from error


def read_optional(written: object) -> Item | None:
    """Read an item that may be missing: ``None`` is read as ``None``.

    Raises:
        InvalidInput: as ``read_item``.
    """
    return None if written is None else read_item(written)


def write_item(item: Item) -> Mapping[str, Mapping[str, object]]:
    """Write an item.

    Raises:
        InvalidInput: as ``write_value``.
    """
    return {name: write_value(value) for name, value in item.items()}


def read_item(written: object) -> Item:
    """Read an item; whole numbers are ``int``, others ``Decimal``.

    Raises:
        InvalidInput: it is not one.
    """
    if not isinstance(written, dict):
        raise InvalidInput("item", "expected an object")
    try:
        return {name: _read_value(value) for name, value in written.items()}
    except (TypeError, AttributeError, DecimalException) as error:
        raise InvalidInput("item", "holds what is no value of DynamoDB") from error


def _write_value(value: object) -> Mapping[str, object]:
    match value:
        case str():
            return {"S": value}
        case None | bool():
            return {"NULL": True} if value is None else {"BOOL": value}
        case int() | Decimal():
            return {"N": _write_number(value)}
        case Mapping():
            return {"M": {name: _write_value(each) for name, each in value.items()}}
        case list() | tuple():
            return {"L": [_write_value(each) for each in value]}
        case _:
            return _write_rare(value)


def _write_number(value: int | Decimal) -> str:
    number = _written.create_decimal(value)
    if not number.is_finite():
        raise TypeError
    return str(number)


def _write_rare(value: object) -> Mapping[str, object]:
    from boto3.dynamodb.types import TypeSerializer  # noqa: PLC0415  # (as said above)

    written: Mapping[str, object] = TypeSerializer().serialize(value)
    return written


def _read_rare(written: object) -> object:
    from boto3.dynamodb.types import TypeDeserializer  # noqa: PLC0415  # (as said above)

    return TypeDeserializer().deserialize(written)


def _read_value(written: object) -> object:
    kind, value = (
        next(iter(written.items()))
        if isinstance(written, dict) and len(written) == 1
        else (None, None)
    )
    match value:
        case str() | bool() if kind == _PLAIN.get(type(value)):
            return value
        case str() if kind == "N":
            return _read_number(value)
        case dict() if kind == "M":
            return {name: _read_value(each) for name, each in value.items()}
        case list() if kind == "L":
            return [_read_value(each) for each in value]
        case True if kind == "NULL":
            return None
        case _:
            return _read_rare(written)


def _read_number(text: str) -> int | Decimal:
    number = _numbers.create_decimal(text)
    whole = number.is_finite() and number == number.to_integral_value()
    return int(number) if whole else number

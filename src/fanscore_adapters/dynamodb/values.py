"""Items as DynamoDB writes them, with a type beside each value; numbers survive exactly."""

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

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from fanscore_adapters.items.operations import Item
from fanscore_core.errors import InvalidInput

_write = TypeSerializer().serialize
_read = TypeDeserializer().deserialize

# DynamoDB writes the zeros of large numbers out, more than boto3 would read
# (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html).
_numbers = Context(
    prec=126,
    Emin=-130,
    Emax=125,
    traps=[Clamped, Inexact, InvalidOperation, Overflow, Rounded, Underflow],
)


def write_value(value: object) -> Mapping[str, object]:
    """Write a value.

    Raises:
        InvalidInput: DynamoDB has no such value; its numbers have 38 digits at most.
    """
    try:
        written: Mapping[str, object] = _write(value)
    except (TypeError, DecimalException) as error:
        raise InvalidInput("item", "a value has no place in DynamoDB") from error
    return written


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


def _read_value(written: object) -> object:
    match written:
        case {"N": str(text)}:
            return _read_number(text)
        case {"M": dict(members)}:
            return {name: _read_value(value) for name, value in members.items()}
        case {"L": list(values)}:
            return [_read_value(value) for value in values]
        case _:
            return _read(written)


def _read_number(text: str) -> int | Decimal:
    number = _numbers.create_decimal(text)
    whole = number.is_finite() and number == number.to_integral_value()
    return int(number) if whole else number

"""Items as DynamoDB writes them, with a type beside each value; numbers survive exactly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, DecimalException

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from fanscore_adapters.access import Item
from fanscore_core.errors import InvalidInput

_write = TypeSerializer().serialize
_read = TypeDeserializer().deserialize


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
        InvalidInput: it is none.
    """
    if not isinstance(written, dict):
        raise InvalidInput("item", "expected an object")
    try:
        return {name: _plain(_read(value)) for name, value in written.items()}
    except (TypeError, AttributeError, DecimalException) as error:
        raise InvalidInput("item", "holds what is no value of DynamoDB") from error


def _plain(value: object) -> object:
    match value:
        case Decimal() if value == value.to_integral_value():
            return int(value)
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case _:
            return value

"""What limits ``attributes``: checked before any other work, and again after merging.

The limits keep what is stored below DynamoDB's 400 KB for an item, stamps included
(docs/explanation/demand-merge.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from fanscore_core.canonical import fits
from fanscore_core.demand import MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES, DemandRecord, attributes_text
from fanscore_core.errors import InvalidInput
from fanscore_core.merging import ATTRIBUTE

MAX_NAMES = 256
"""The most names that can have a stamp, cleared ones included."""

MAX_NAMES_BYTES = 4 * MAX_ATTRIBUTES_BYTES
"""The most UTF-8 bytes of these names together."""

_WHERE = "arguments.input.attributes"
_TOO_MANY = f"more than {MAX_ATTRIBUTES} keys"
_TOO_LARGE = f"over {MAX_ATTRIBUTES_BYTES} bytes"
_TOO_MANY_GIVEN = f"more than {MAX_NAMES} keys, cleared ones included"
_TOO_MANY_NAMES = "too many keys were ever written; attributes: null forgets them all"


def check_given_attributes(attributes: Mapping[str, object]) -> None:
    """Refuse parsed attributes that can never be stored, at a cost that does not grow with them.

    First the members are counted, those that clear a key apart, then the bytes of their canonical
    text, up to the limit.

    Raises:
        InvalidInput: there are too many, they are too large, or no JSON; with an empty path.
    """
    if len(attributes) > MAX_NAMES:
        raise InvalidInput("", _TOO_MANY_GIVEN)
    if sum(value is not None for value in attributes.values()) > MAX_ATTRIBUTES:
        raise InvalidInput("", _TOO_MANY)
    if not fits(attributes, MAX_ATTRIBUTES_BYTES):
        raise InvalidInput("", _TOO_LARGE)


def check_attributes_text(_instance: object, _field: object, text: str | None) -> None:
    """Validate an attrs field that holds attributes as JSON text, or ``None``.

    Raises:
        InvalidInput: naming ``input.attributes``, as ``check_given_attributes``.
    """
    if text is None:
        return
    if len(text) > MAX_ATTRIBUTES_BYTES:
        raise InvalidInput(_WHERE, _TOO_LARGE)
    try:
        check_given_attributes(json.loads(text))
    except InvalidInput as error:
        raise InvalidInput(_WHERE, error.problem) from error


def check_changed_attributes(change: DemandRecord) -> None:
    """Refuse a change whose attributes can never be stored, whatever it is merged into.

    Raises:
        InvalidInput: naming ``input.attributes``.
    """
    texts = _texts(change)
    if len(texts) > MAX_NAMES:
        raise InvalidInput(_WHERE, _TOO_MANY_GIVEN)
    _check_size(change.attributes(), texts)


def check_attributes(record: DemandRecord) -> None:
    """Refuse a merged record whose attributes are too many or too large.

    Cleared keys are no members any more, but their names keep stamps, and these are limited too.

    Raises:
        InvalidInput: naming ``input.attributes``.
    """
    live, texts = record.attributes(), _texts(record)
    _check_size(live, live)
    size = sum(len(name.encode()) for name in texts)
    if len(texts) > MAX_NAMES or size > MAX_NAMES_BYTES:
        raise InvalidInput(_WHERE, _TOO_MANY_NAMES)


def _check_size(live: Mapping[str, str], texts: Mapping[str, str]) -> None:
    if len(live) > MAX_ATTRIBUTES:
        raise InvalidInput(_WHERE, _TOO_MANY)
    if len(attributes_text(texts).encode()) > MAX_ATTRIBUTES_BYTES:
        raise InvalidInput(_WHERE, _TOO_LARGE)


def _texts(record: DemandRecord) -> Mapping[str, str]:
    """Return each key that has a stamp with its value as JSON, which is ``null`` if cleared."""
    return {
        name.removeprefix(ATTRIBUTE): written.text
        for name, written in record.fields.items()
        if name.startswith(ATTRIBUTE)
    }

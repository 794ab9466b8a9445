"""Stamps as they lie in items: when, and by which request or event, a field was written."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime

from fanscore_adapters.documents.converter import (
    TEXT_RULE,
    StrictConverter,
    camel,
    date_time_text,
    is_text,
)
from fanscore_core.errors import InvalidInput
from fanscore_core.merging import Stamp

_converter = StrictConverter(camel, forbid_extra_keys=False)


def stamp_document(stamp: Stamp) -> list[str]:
    """Write a stamp: ``[writtenAt, requestId]``."""
    # The year 1 has four digits in isoformat(), so that the least stamp survives too.
    return [date_time_text(stamp.written_at), stamp.request_id]


def read_stamps(document: object, where: str, ours: Container[str]) -> Mapping[str, Stamp]:
    """Read the stamps of fields, by name.

    Args:
        document: as it is stored.
        where: its path, for an error.
        ours: the names that an error may repeat: a fan makes up keys of attributes, and paths are
            logged.

    Raises:
        InvalidInput: they are malformed; names the path of the mistake.
    """
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise InvalidInput(where, "expected an object")
    if not all(map(is_text, document)):
        raise InvalidInput(where, TEXT_RULE)
    return {
        name: _read_stamp(f"{where}.{name if name in ours else '*'}", stamp)
        for name, stamp in document.items()
    }


def _read_stamp(where: str, document: object) -> Stamp:
    match document:
        case [str(written_at), str(request_id)] if is_text(request_id):
            return Stamp(_converter.structure(written_at, datetime, where), request_id)
        case _:
            raise InvalidInput(where, "expected a time and a request id")

"""Records that merge as items: what all kinds of them keep (docs/reference/tables-and-keys.md).

Besides what the API shows, an item keeps the stamp of each field and the last requests. Attribute
values are JSON text, so that numbers survive.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import attrs

from fanscore_adapters.documents.converter import TEXT_RULE, date_time_text, is_text
from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.items.operations import Item
from fanscore_adapters.items.stamps import read_stamps, stamp_document
from fanscore_core.canonical import canonical_json
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import RequestId
from fanscore_core.merging import CLEARED, Record, RecordT, Stamp, StoredRecord, Written

_RECORD = "record"


@attrs.frozen(kw_only=True)
class RecordItem:
    """What every such item has, besides its ids, its fields and their stamps."""

    updated_at: datetime
    version: int
    requested_at: datetime | None = None
    requests: tuple[tuple[RequestId, str], ...] = ()
    deleted_at: tuple[datetime, str] | None = None


def bookkeeping(stored: StoredRecord[RecordT], clearing: str | None = None) -> dict[str, object]:
    """Write what is stored with the fields of a record.

    Args:
        stored: the record.
        clearing: what the stamp of clearing all attributes is called, where that can be done.
    """
    record = stored.record
    item: dict[str, object] = {
        "updatedAt": date_time_text(record.updated_at),
        "version": stored.version,
        "requests": [list(request) for request in stored.requests],
        "stamps": _stamps(record, clearing),
    }
    if record.requested_at:
        item["requestedAt"] = date_time_text(record.requested_at)
    if record.deleted:
        item["deletedAt"] = stamp_document(record.deleted)
    return item


def read_merged(
    bare: RecordT,
    item: Item,
    stored: RecordItem,
    texts: Mapping[str, str],
    *,
    where: str,
    names: Collection[str],
    clearing: str | None = None,
) -> RecordT:
    """Read a record from an item; what has no stamp counts as stamped ``(updatedAt, "")``.

    What has a time to live is a tombstone, and so is what was deleted and not saved again.

    Args:
        bare: the record with its ids alone.
        item: as it is stored.
        stored: what was read of it.
        texts: the values of its fields, as JSON.
        where: what the item is called in an error's path.
        names: of the fields that an error may repeat.
        clearing: as for ``bookkeeping``.

    Raises:
        InvalidInput: the item is malformed.
    """
    if stored.version < 1:
        raise InvalidInput(f"{where}.version", "expected 1 or more")
    default = Stamp(stored.updated_at, "")
    marks = {_RECORD} if clearing is None else {_RECORD, clearing}
    stamps = read_stamps(item.get("stamps"), f"{where}.stamps", {*marks, *names})
    cleared = {name: CLEARED for name in stamps if name not in marks}
    deleted = None if stored.deleted_at is None else Stamp(*stored.deleted_at)
    is_deleted = "ttl" in item or (deleted is not None and _RECORD not in stamps)
    return attrs.evolve(
        bare,
        fields={
            name: Written(stamps.get(name, default), text)
            for name, text in sorted({**cleared, **texts}.items())
        },
        saved=None if is_deleted else stamps.get(_RECORD, default),
        deleted=deleted,
        attributes_cleared=None if clearing is None else stamps.get(clearing),
        requested_at=stored.requested_at,
        updated_at=stored.updated_at,
    )


def read_attributes(item: Item, where: str) -> Mapping[str, str]:
    """Return the attributes that an item has, each value as JSON text.

    Raises:
        InvalidInput: they are malformed.
    """
    attributes = item.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise InvalidInput(f"{where}.attributes", "expected an object")
    if not all(map(is_text, attributes)):
        raise InvalidInput(f"{where}.attributes", TEXT_RULE)
    for text in attributes.values():
        if not isinstance(text, str):
            raise InvalidInput(f"{where}.attributes.*", "expected JSON text")
        try:
            document = parse_stored_json(text)
            if "\\u" in text or not text.isascii():
                canonical_json(document)  # refuses half characters
        except InvalidInput as error:
            raise InvalidInput(f"{where}.attributes.*", error.problem) from error
    return attributes


def _stamps(record: Record, clearing: str | None) -> Mapping[str, object]:
    marks = {_RECORD: record.saved}
    if clearing is not None:
        marks[clearing] = record.attributes_cleared
    return {
        **{name: stamp_document(stamp) for name, stamp in marks.items() if stamp},
        **{name: stamp_document(written.stamp) for name, written in record.fields.items()},
    }

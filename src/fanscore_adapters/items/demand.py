"""Demand records as items (docs/reference/tables-and-keys.md).

Besides what the API shows, an item keeps the stamp of each field, the last requests, and, as a
tombstone, a time to live. Attribute values are JSON text, so that numbers survive.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from fanscore_adapters.documents.converter import (
    TEXT_RULE,
    StrictConverter,
    camel,
    date_time_text,
    is_text,
)
from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.items import keys
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import (
    Item,
    Lookup,
    PrefixRead,
    Put,
    Write,
    if_stored,
    put_outcome,
)
from fanscore_adapters.items.stamps import read_stamps, stamp_document
from fanscore_core.canonical import canonical_json
from fanscore_core.demand import (
    ATTRIBUTE,
    FIELDS,
    ContactMethod,
    DemandRecord,
    Stamp,
    StoredDemandRecord,
    Written,
)
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId, GlobalUserId, RequestId, SaleId
from fanscore_core.ports.demand import (
    DemandRecords,
    DemandRecordsPage,
    DemandSaleRecord,
    EventDemandCount,
    PutDemandRecord,
)
from fanscore_core.scalars import Email, Locale
from fanscore_core.systems import DEMAND

TOMBSTONE_KEPT = timedelta(days=30)

_RECORD = "record"
_CLEARED = "attributes"
_OUR_STAMPS = frozenset({_RECORD, _CLEARED, *FIELDS})

_converter = StrictConverter(camel, forbid_extra_keys=False, numbers_as_ids=True)


@attrs.frozen
class _Item:
    event_id: EventId
    sale_id: SaleId
    fan_id: GlobalUserId
    updated_at: datetime
    version: int
    requested_at: datetime | None = None
    requests: tuple[tuple[RequestId, str], ...] = ()
    deleted_at: tuple[datetime, str] | None = None
    email: Email | None = None
    contact_method: ContactMethod | None = None
    locale: Locale | None = None


def record_item(stored: StoredDemandRecord) -> Item:
    """Write a record as an item."""
    record = stored.record
    key = keys.demand_record(record.fan_id, record.event_id, record.sale_id)
    item: dict[str, object] = {
        "PK": key.pk,
        "SK": key.sk,
        "eventId": record.event_id,
        "saleId": record.sale_id,
        "fanId": record.fan_id,
        "updatedAt": date_time_text(record.updated_at),
        "version": stored.version,
        "requests": [list(request) for request in stored.requests],
        "stamps": _stamps(record),
    }
    if record.requested_at:
        item["requestedAt"] = date_time_text(record.requested_at)
    if record.deleted:
        item["deletedAt"] = stamp_document(record.deleted)
    if not record.is_live:
        item["ttl"] = int((record.updated_at + TOMBSTONE_KEPT).timestamp())
    for name in FIELDS:
        text = record.text_of(name)
        if text is not None:
            item[name] = json.loads(text)
    return {**item, "attributes": record.attributes()} if record.attributes() else item


def read_record(item: Item) -> StoredDemandRecord:
    """Read a record from an item; what has no stamp counts as stamped ``(updatedAt, "")``.

    Raises:
        InvalidInput: the item is malformed.
    """
    stored = _converter.structure(item, _Item, "record")
    if stored.version < 1:
        raise InvalidInput("record.version", "expected 1 or more")
    if (item.get("PK"), item.get("SK")) != _key(stored):
        raise InvalidInput("record", "its ids are not those of its key")
    default = Stamp(stored.updated_at, "")
    stamps = read_stamps(item.get("stamps"), "record.stamps", _OUR_STAMPS)
    texts = _texts(item)
    if stored.locale is not None:
        texts = {**texts, "locale": canonical_json(stored.locale)}
    cleared = {name: "null" for name in stamps if name not in {_RECORD, _CLEARED}}
    record = DemandRecord(
        stored.fan_id,
        stored.event_id,
        stored.sale_id,
        {
            name: Written(stamps.get(name, default), text)
            for name, text in sorted({**cleared, **texts}.items())
        },
        None if "ttl" in item else stamps.get(_RECORD, default),
        None if stored.deleted_at is None else Stamp(*stored.deleted_at),
        stamps.get(_CLEARED),
        stored.requested_at,
        stored.updated_at,
    )
    return StoredDemandRecord(record, stored.version, stored.requests)


def _key(stored: _Item) -> Key:
    return keys.demand_record(stored.fan_id, stored.event_id, stored.sale_id)


def _stamps(record: DemandRecord) -> Mapping[str, object]:
    marks = {_RECORD: record.saved, _CLEARED: record.attributes_cleared}
    return {
        **{name: stamp_document(stamp) for name, stamp in marks.items() if stamp},
        **{name: stamp_document(written.stamp) for name, written in record.fields.items()},
    }


def _texts(item: Item) -> Mapping[str, str]:
    """Return the values of the fields that an item has, as JSON."""
    fields = {name: canonical_json(item[name]) for name in FIELDS if item.get(name) is not None}
    attributes = item.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise InvalidInput("record.attributes", "expected an object")
    if not all(map(is_text, attributes)):
        raise InvalidInput("record.attributes", TEXT_RULE)
    for name, text in attributes.items():
        if not isinstance(text, str):
            raise InvalidInput("record.attributes.*", "expected JSON text")
        try:
            document = parse_stored_json(text)
            if "\\u" in text or not text.isascii():
                canonical_json(document)  # refuses half characters
        except InvalidInput as error:
            raise InvalidInput("record.attributes.*", error.problem) from error
        fields[f"{ATTRIBUTE}{name}"] = text
    return fields


def _records(items: Sequence[Item]) -> tuple[StoredDemandRecord, ...]:
    return tuple(map(read_record, items))


def _count_live_sales(items: Sequence[Item]) -> int:
    """Count the sales that have a record; what has a time to live is a tombstone.

    In a key, the first ``-`` ends the event's id.
    """
    return len({_sort_key(item).partition("-")[2] for item in items if "ttl" not in item})


def _sort_key(item: Item) -> str:
    key = item.get("SK")
    if not isinstance(key, str):
        raise InvalidInput("record.SK", "expected text")
    return key


def _other_event(asked: EventDemandCount) -> Sequence[Key]:
    other = asked.other_event_id
    return () if other is None else (keys.demand_of_event(asked.global_user_id, other),)


def _puts(effect: PutDemandRecord) -> Sequence[Put]:
    expected = {"version": effect.expected_version} if effect.expected_version else None
    return (Put(record_item(effect.new), expected),)


LOOKUPS = (
    Lookup(
        DemandSaleRecord,
        DEMAND,
        lambda asked: keys.demand_record(asked.global_user_id, asked.event_id, asked.sale_id),
        if_stored(read_record),
        consistent=True,
    ),
)

PREFIX_READS = (
    PrefixRead(
        EventDemandCount,
        DEMAND,
        lambda asked: keys.demand_of_event(asked.global_user_id, asked.disco_event_id),
        _count_live_sales,
        also=_other_event,
    ),
    PrefixRead(
        DemandRecords,
        DEMAND,
        lambda asked: keys.demand_of_fan(asked.global_user_id, asked.event_id),
        _records,
        consistent=True,
    ),
    PrefixRead(
        DemandRecordsPage,
        DEMAND,
        lambda asked: keys.demand_of_fan(asked.global_user_id, asked.event_id),
        _records,
        consistent=True,
        limit=lambda asked: asked.limit,
        after=lambda asked: asked.after,
    ),
)

WRITES = (
    Write(
        PutDemandRecord,
        DEMAND,
        _puts,
        put_outcome(read_record),
        lambda effect: effect.attempt,
    ),
)

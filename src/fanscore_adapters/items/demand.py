"""Demand records as items (docs/reference/tables-and-keys.md).

Besides what all records that merge keep, a tombstone has a time to live.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import attrs

from fanscore_adapters.documents.converter import (
    StrictConverter,
    camel,
)
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
from fanscore_adapters.items.records import (
    RecordItem,
    bookkeeping,
    read_attributes,
    read_merged,
)
from fanscore_core.canonical import canonical_json
from fanscore_core.demand import FIELDS, ContactMethod, DemandRecord, StoredDemandRecord
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId, GlobalUserId, SaleId
from fanscore_core.merging import ATTRIBUTE
from fanscore_core.ports.demand_records import (
    DemandRecords,
    DemandRecordsPage,
    DemandSaleRecord,
    PutDemandRecord,
)
from fanscore_core.scalars import Email, Locale
from fanscore_core.systems import DEMAND

TOMBSTONE_KEPT = timedelta(days=30)

_CLEARED = "attributes"

_converter = StrictConverter(camel, forbid_extra_keys=False, numbers_as_ids=True)


@attrs.frozen(kw_only=True)
class _Item(RecordItem):
    event_id: EventId
    sale_id: SaleId
    fan_id: GlobalUserId
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
        **bookkeeping(stored, _CLEARED),
    }
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
    if (item.get("PK"), item.get("SK")) != _key(stored):
        raise InvalidInput("record", "its ids are not those of its key")
    texts = {name: canonical_json(item[name]) for name in FIELDS if item.get(name) is not None}
    if stored.locale is not None:
        texts["locale"] = canonical_json(stored.locale)
    for name, text in read_attributes(item, "record").items():
        texts[f"{ATTRIBUTE}{name}"] = text
    record = read_merged(
        DemandRecord(stored.fan_id, stored.event_id, stored.sale_id, updated_at=stored.updated_at),
        item,
        stored,
        texts,
        where="record",
        names=FIELDS,
        clearing=_CLEARED,
    )
    return StoredDemandRecord(record, stored.version, stored.requests)


def _key(stored: _Item) -> Key:
    return keys.demand_record(stored.fan_id, stored.event_id, stored.sale_id)


def _records(items: Sequence[Item]) -> tuple[StoredDemandRecord, ...]:
    return tuple(map(read_record, items))


def _puts(effect: PutDemandRecord) -> Sequence[Put]:
    expected = {"version": effect.expected_version} if effect.expected_version else None
    return (Put(record_item(effect.new), expected),)


ROWS: Sequence[Lookup | PrefixRead | Write] = (
    Lookup(
        DemandSaleRecord,
        DEMAND,
        lambda asked: keys.demand_record(asked.global_user_id, asked.event_id, asked.sale_id),
        if_stored(read_record),
        consistent=True,
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
    Write(
        PutDemandRecord,
        DEMAND,
        _puts,
        put_outcome(read_record),
        lambda effect: effect.attempt,
    ),
)

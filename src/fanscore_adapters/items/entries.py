"""Entries as items (docs/reference/tables-and-keys.md).

A tombstone has no time to live: an event may be replayed as long as the archive keeps it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import attrs

from fanscore_adapters.documents.converter import StrictConverter, camel
from fanscore_adapters.items import keys
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
from fanscore_core.demand import attributes_text
from fanscore_core.entry_record import DEFAULT, FIELDS, EntryRecord, StoredEntry
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import CampaignId, GlobalUserId
from fanscore_core.ports.entries import EntriesPage, FanEntry, PutEntry
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.systems import DEMAND

_ATTRIBUTES = "attributes"
_DEFAULTS = "defaults"
_NAMES = (*FIELDS, *(f"{DEFAULT}{name}" for name in FIELDS))

_converter = StrictConverter(camel, forbid_extra_keys=False, numbers_as_ids=True)


@attrs.frozen
class _Said:
    email: Email | None = None
    phone_number: PhoneNumber | None = None
    locale: Locale | None = None


@attrs.frozen(kw_only=True)
class _Item(RecordItem):
    campaign_id: CampaignId
    fan_id: GlobalUserId


def entry_item(stored: StoredEntry) -> Item:
    """Write an entry as an item."""
    record = stored.record
    key = keys.entry(record.fan_id, record.campaign_id)
    defaults = _values(record, DEFAULT)
    return {
        "PK": key.pk,
        "SK": key.sk,
        "campaignId": record.campaign_id,
        "fanId": record.fan_id,
        **bookkeeping(stored),
        **_values(record, ""),
        **({_DEFAULTS: defaults} if defaults else {}),
    }


def read_entry(item: Item) -> StoredEntry:
    """Read an entry from an item; what has no stamp counts as stamped ``(updatedAt, "")``.

    Raises:
        InvalidInput: the item is malformed.
    """
    stored = _converter.structure(item, _Item, "entry")
    if (item.get("PK"), item.get("SK")) != keys.entry(stored.fan_id, stored.campaign_id):
        raise InvalidInput("entry", "its ids are not those of its key")
    defaults = item.get(_DEFAULTS) or {}
    if not isinstance(defaults, dict):
        raise InvalidInput("entry.defaults", "expected an object")
    record = read_merged(
        EntryRecord(stored.fan_id, stored.campaign_id, updated_at=stored.updated_at),
        item,
        stored,
        {**_texts(item, "", "entry"), **_texts(defaults, DEFAULT, "entry.defaults")},
        where="entry",
        names=_NAMES,
    )
    return StoredEntry(record, stored.version, stored.requests)


def _values(record: EntryRecord, prefix: str) -> Mapping[str, object]:
    """Return the values of the fields whose names begin with a prefix, by what follows it."""
    texts = {name: record.text_of(f"{prefix}{name}") for name in FIELDS}
    values = {name: json.loads(text) for name, text in texts.items() if text is not None}
    if _ATTRIBUTES in values:  # each as JSON text, so that numbers survive
        members: Mapping[str, object] = values[_ATTRIBUTES]
        values[_ATTRIBUTES] = {name: canonical_json(each) for name, each in members.items()}
    return values


def _texts(document: Mapping[str, object], prefix: str, where: str) -> Mapping[str, str]:
    """Return the fields that a document has, as JSON."""
    said = _converter.structure(document, _Said, where)
    values = {"email": said.email, "phoneNumber": said.phone_number, "locale": said.locale}
    texts = {
        f"{prefix}{name}": canonical_json(value)
        for name, value in values.items()
        if value is not None
    }
    if document.get(_ATTRIBUTES) is not None:
        texts[f"{prefix}{_ATTRIBUTES}"] = attributes_text(read_attributes(document, where))
    return texts


def _entries(items: Sequence[Item]) -> tuple[StoredEntry, ...]:
    return tuple(map(read_entry, items))


def _puts(effect: PutEntry) -> Sequence[Put]:
    expected = {"version": effect.expected_version} if effect.expected_version else None
    return (Put(entry_item(effect.new), expected),)


ROWS: Sequence[Lookup | PrefixRead | Write] = (
    Lookup(
        FanEntry,
        DEMAND,
        lambda asked: keys.entry(asked.global_user_id, asked.campaign_id),
        if_stored(read_entry),
        consistent=True,
    ),
    PrefixRead(
        EntriesPage,
        DEMAND,
        lambda asked: keys.entries_of_fan(asked.global_user_id),
        _entries,
        consistent=True,
        limit=lambda asked: asked.limit,
        after=lambda asked: asked.after,
    ),
    Write(PutEntry, DEMAND, _puts, put_outcome(read_entry), lambda effect: effect.attempt),
)

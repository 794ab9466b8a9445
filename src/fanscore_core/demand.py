"""Demand records, and what changes them (docs/explanation/demand-merge.md)."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs

from fanscore_core.canonical import canonical_json
from fanscore_core.ids import EventId, GlobalUserId, SaleId
from fanscore_core.merging import (
    ATTRIBUTE,
    CLEARED,
    LEAST,
    Change,
    Record,
    Stamp,
    StoredRecord,
    Written,
    next_bookkeeping,
)

FIELDS = ("email", "contactMethod", "locale")

MAX_ATTRIBUTES = 64
MAX_ATTRIBUTES_BYTES = 16 * 1024

Key: TypeAlias = tuple[GlobalUserId, EventId, SaleId]
"""Whose demand, for which event, in which sale."""


class ContactMethod(enum.Enum):
    """How a fan wants to be reached."""

    EMAIL = "EMAIL"
    SMS = "SMS"


@attrs.frozen
class DemandRecord(Record):
    """What a fan asks for in a sale of an event, or one change to that.

    Its fields are ``email``, ``contactMethod``, ``locale`` and ``attributes.<key>``.

    Attributes:
        fan_id: whose demand.
        event_id: by its discovery id.
        sale_id: the sale.
    """

    fan_id: GlobalUserId
    event_id: EventId
    sale_id: SaleId

    @property
    def key(self) -> Key:
        """Whose demand, for which event, in which sale."""
        return self.fan_id, self.event_id, self.sale_id

    def attributes(self) -> dict[str, str]:
        """Return the attributes that are not cleared, each value as JSON."""
        return {
            name.removeprefix(ATTRIBUTE): written.text
            for name, written in sorted(self.fields.items())
            if name.startswith(ATTRIBUTE) and written.text != CLEARED
        }


@attrs.frozen
class StoredDemandRecord(StoredRecord[DemandRecord]):
    """A demand record with the bookkeeping of the store."""


@attrs.frozen
class DemandChange(Change[DemandRecord]):
    """A request to change a demand record."""


def save(
    key: Key, fields: Mapping[str, str], stamp: Stamp, *, clear_attributes: bool = False
) -> DemandRecord:
    """Make the change that saves fields.

    Args:
        key: of the record.
        fields: their values as canonical JSON; what is absent does not change.
        stamp: of the save.
        clear_attributes: whether all attributes are cleared.
    """
    return DemandRecord(
        *key,
        fields={name: Written(stamp, text) for name, text in sorted(fields.items())},
        saved=stamp,
        attributes_cleared=stamp if clear_attributes else None,
        requested_at=stamp.written_at,
        updated_at=stamp.written_at,
    )


def deletion(key: Key, stamp: Stamp) -> DemandRecord:
    """Make the change that deletes a record: a tombstone."""
    return DemandRecord(*key, deleted=stamp, updated_at=stamp.written_at)


def fill(record: DemandRecord, others: Iterable[DemandRecord], email: str | None) -> DemandRecord:
    """Fill what neither the input nor the record has with defaults.

    A default is taken from the newest of the fan's other records of the event that has one, the
    mail address then from the account. It carries the least stamp that counts, so that it gives
    way to anything that was ever asked for. What was cleared stays clear.
    """
    least = record.deleted.next() if record.deleted else LEAST
    newest_first = sorted(others, key=lambda other: (other.updated_at, other.sale_id), reverse=True)
    defaults = {
        name: next(filter(None, (other.text_of(name) for other in newest_first)), None)
        for name in FIELDS
    }
    defaults["email"] = defaults["email"] or (None if email is None else canonical_json(email))
    filled = {
        name: Written(least, text)
        for name, text in defaults.items()
        if text is not None and name not in record.fields
    }
    return attrs.evolve(record, fields={**record.fields, **filled})


def attributes_text(attributes: Mapping[str, str]) -> str:
    """Write attributes as one JSON object; their values are JSON already."""
    members = (f"{json.dumps(name)}:{text}" for name, text in sorted(attributes.items()))
    return "{" + ",".join(members) + "}"


def next_version(
    stored: StoredDemandRecord | None, record: DemandRecord, change: DemandChange
) -> StoredDemandRecord:
    """Make what to store after a change."""
    return StoredDemandRecord(record, *next_bookkeeping(stored, change))

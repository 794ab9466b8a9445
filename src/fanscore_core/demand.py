"""Demand records, and how changes to one merge (docs/explanation/demand-merge.md).

``merge`` is commutative, associative and idempotent, deletes included: each field has a stamp and
the greater stamp wins, so that redelivery, reordering and retries neither lose nor invent
anything.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

import attrs

from fanscore_core.canonical import canonical_json
from fanscore_core.errors import Conflict, ConflictReason
from fanscore_core.ids import EventId, GlobalUserId, RequestId, SaleId

FIELDS = ("email", "contactMethod", "locale")
ATTRIBUTE = "attributes."
"""What the name of a field begins with that is a key of ``attributes``."""

MAX_ATTRIBUTES = 64
MAX_ATTRIBUTES_BYTES = 16 * 1024
KEPT_REQUESTS = 64
"""How many requests a record remembers. One that comes again later than that is a new one."""

CLEARED = "null"

Key: TypeAlias = tuple[GlobalUserId, EventId, SaleId]
"""Whose demand, for which event, in which sale."""

OrderedT = TypeVar("OrderedT", "Stamp", datetime)


class ContactMethod(enum.Enum):
    """How a fan wants to be reached."""

    EMAIL = "EMAIL"
    SMS = "SMS"


@attrs.frozen(order=True)
class Stamp:
    """When, and by which request, something was written. Stamps are totally ordered."""

    written_at: datetime
    request_id: str

    def next(self) -> Stamp:
        """Return the least stamp that is greater: a space sorts before all characters of an id."""
        return Stamp(self.written_at, f"{self.request_id} ")


LEAST = Stamp(datetime.min.replace(tzinfo=UTC), "")


@attrs.frozen(order=True)
class Written:
    """A value with its stamp: the greater of two is the one that counts.

    Attributes:
        stamp: when it was written.
        text: the value as canonical JSON; ``null`` if it was cleared.
    """

    stamp: Stamp
    text: str


@attrs.frozen
class DemandRecord:
    """What a fan asks for in a sale of an event, or one change to that.

    Attributes:
        fan_id: whose demand.
        event_id: by its discovery id.
        sale_id: the sale.
        fields: ``email``, ``contactMethod``, ``locale`` and ``attributes.<key>``.
        saved: the newest save that counts; none in a tombstone.
        deleted: the newest delete; what is not newer does not count.
        attributes_cleared: the newest clearing of all attributes at once.
        requested_at: the first save, deleted or not.
        updated_at: the newest change.
    """

    fan_id: GlobalUserId
    event_id: EventId
    sale_id: SaleId
    fields: Mapping[str, Written]
    saved: Stamp | None
    deleted: Stamp | None
    attributes_cleared: Stamp | None
    requested_at: datetime | None
    updated_at: datetime

    @property
    def is_live(self) -> bool:
        """Whether there is a record to be seen, and not just a tombstone."""
        return self.saved is not None

    def text_of(self, field: str) -> str | None:
        """Return a field's value as JSON, unless it has none or was cleared."""
        written = self.fields.get(field)
        return None if written is None or written.text == CLEARED else written.text

    def value_of(self, field: str) -> str | None:
        """Return one of ``FIELDS``, unless it has no value or was cleared."""
        text = self.text_of(field)
        value: str | None = None if text is None else json.loads(text)
        return value

    def attributes(self) -> dict[str, str]:
        """Return the attributes that are not cleared, each value as JSON."""
        return {
            name.removeprefix(ATTRIBUTE): written.text
            for name, written in sorted(self.fields.items())
            if name.startswith(ATTRIBUTE) and written.text != CLEARED
        }


@attrs.frozen
class StoredDemandRecord:
    """A record with the bookkeeping of the store.

    Attributes:
        record: the merged record.
        version: the number of writes.
        requests: the last request ids, each with the digest of its input; oldest first.
    """

    record: DemandRecord
    version: int
    requests: tuple[tuple[RequestId, str], ...]


@attrs.frozen
class DemandChange:
    """A request to change a record.

    Attributes:
        change: what changes, as a record to merge.
        request_id: the same for every attempt at the request.
        digest: of the request's input.
    """

    change: DemandRecord
    request_id: RequestId
    digest: str


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
        deleted=None,
        attributes_cleared=stamp if clear_attributes else None,
        requested_at=stamp.written_at,
        updated_at=stamp.written_at,
    )


def deletion(key: Key, stamp: Stamp) -> DemandRecord:
    """Make the change that deletes a record: a tombstone."""
    return DemandRecord(*key, {}, None, stamp, None, None, stamp.written_at)


class DifferentKeysError(ValueError):
    """Only records of the same key can be merged."""


def merge(a: DemandRecord, b: DemandRecord) -> DemandRecord:
    """Merge two records of the same key.

    Raises:
        DifferentKeysError: they are of different keys.
    """
    if (a.fan_id, a.event_id, a.sale_id) != (b.fan_id, b.event_id, b.sale_id):
        raise DifferentKeysError
    deleted = _greatest(a.deleted, b.deleted)
    cleared = _after(deleted, _greatest(a.attributes_cleared, b.attributes_cleared))
    names = sorted({*a.fields, *b.fields})
    newest = {name: max(_written(name, a), _written(name, b)) for name in names}
    return attrs.evolve(
        a,
        fields={
            name: written
            for name, written in newest.items()
            if _after(deleted, written.stamp)
            and (not name.startswith(ATTRIBUTE) or _after(cleared, written.stamp))
        },
        saved=_after(deleted, _greatest(a.saved, b.saved)),
        deleted=deleted,
        attributes_cleared=cleared,
        requested_at=min(_some(a.requested_at, b.requested_at), default=None),
        updated_at=max(a.updated_at, b.updated_at),
    )


def counts(change: DemandRecord, merged: DemandRecord) -> bool:
    """Whether any part of a change shows in what was merged from it; a delete, if no record does.

    Nothing of a change counts where greater stamps are stored, as after a clock that was ahead.
    """
    if change.deleted is not None:
        return not merged.is_live
    cleared = change.attributes_cleared
    return (
        merged.saved == change.saved
        or (cleared is not None and merged.attributes_cleared == cleared)
        or any(merged.fields.get(name) == written for name, written in change.fields.items())
    )


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


def applied_before(stored: StoredDemandRecord | None, change: DemandChange) -> bool:
    """Whether a request has been applied already: its reply was lost, or it was sent again.

    Raises:
        Conflict: its id was used for another request.
    """
    digest = dict(stored.requests).get(change.request_id) if stored else None
    if digest not in {None, change.digest}:
        raise Conflict(ConflictReason.REUSED_REQUEST_ID)
    return digest is not None


def next_version(
    stored: StoredDemandRecord | None, record: DemandRecord, change: DemandChange
) -> StoredDemandRecord:
    """Make what to store after a change."""
    version, requests = (stored.version, stored.requests) if stored else (0, ())
    kept = (*requests, (change.request_id, change.digest))[-KEPT_REQUESTS:]
    return StoredDemandRecord(record, version + 1, kept)


def _written(name: str, record: DemandRecord) -> Written:
    return record.fields.get(name, Written(LEAST, ""))


def _greatest(a: Stamp | None, b: Stamp | None) -> Stamp | None:
    return max(_some(a, b), default=None)


def _after(limit: Stamp | None, stamp: Stamp | None) -> Stamp | None:
    """Return a stamp if it is greater than a limit, where there is one."""
    return stamp if stamp is not None and (limit is None or stamp > limit) else None


def _some(a: OrderedT | None, b: OrderedT | None) -> list[OrderedT]:
    return [each for each in (a, b) if each is not None]

"""Records that merge: each field has a stamp, and the greater stamp wins.

``merge`` is commutative, associative and idempotent, deletes included, so that redelivery,
reordering and retries neither lose nor invent anything (docs/explanation/demand-merge.md). Demand
records and entries are such records.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Generic, TypeAlias, TypeVar

import attrs

from fanscore_core.errors import Conflict, ConflictReason
from fanscore_core.ids import RequestId

ATTRIBUTE = "attributes."
"""What the name of a field begins with that is a key of ``attributes``."""

KEPT_REQUESTS = 64
"""How many requests a record remembers. One that comes again later than that is a new one."""

CLEARED = "null"

Requests: TypeAlias = tuple[tuple[RequestId, str], ...]
"""Request ids, each with the digest of its input; oldest first."""

OrderedT = TypeVar("OrderedT", "Stamp", datetime)
RecordT = TypeVar("RecordT", bound="Record")


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
class Record(ABC):
    """A record that merges, or one change to it.

    Attributes:
        fields: their values, stamped; those that begin with ``ATTRIBUTE`` can be cleared at once.
        saved: the newest save that counts; none in a tombstone.
        deleted: the newest delete; what is not newer does not count.
        attributes_cleared: the newest clearing of all attributes at once.
        requested_at: the first save, deleted or not.
        updated_at: the newest change.
    """

    fields: Mapping[str, Written] = attrs.field(factory=dict, kw_only=True)
    saved: Stamp | None = attrs.field(default=None, kw_only=True)
    deleted: Stamp | None = attrs.field(default=None, kw_only=True)
    attributes_cleared: Stamp | None = attrs.field(default=None, kw_only=True)
    requested_at: datetime | None = attrs.field(default=None, kw_only=True)
    updated_at: datetime = attrs.field(kw_only=True)

    @property
    @abstractmethod
    def key(self) -> tuple[str, ...]:
        """What tells it from all other records of its kind."""

    @property
    def is_live(self) -> bool:
        """Whether there is a record to be seen, and not just a tombstone."""
        return self.saved is not None

    def text_of(self, field: str) -> str | None:
        """Return a field's value as JSON, unless it has none or was cleared."""
        written = self.fields.get(field)
        return None if written is None or written.text == CLEARED else written.text

    def value_of(self, field: str) -> str | None:
        """Return the value of a field that is a string, unless it has none or was cleared."""
        text = self.text_of(field)
        value: str | None = None if text is None else json.loads(text)
        return value


@attrs.frozen
class StoredRecord(Generic[RecordT]):
    """A record with the bookkeeping of the store.

    Attributes:
        record: the merged record.
        version: the number of writes.
        requests: the last ones that were applied.
    """

    record: RecordT
    version: int
    requests: Requests


@attrs.frozen
class Change(Generic[RecordT]):
    """A request to change a record.

    Attributes:
        change: what changes, as a record to merge.
        request_id: the same for every attempt at the request.
        digest: of the request's input.
    """

    change: RecordT
    request_id: RequestId
    digest: str


class DifferentKeysError(ValueError):
    """Only records of the same key can be merged."""


def merge(a: RecordT, b: RecordT) -> RecordT:
    """Merge two records of the same key.

    Raises:
        DifferentKeysError: they are of different keys.
    """
    if a.key != b.key:
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


def counts(change: RecordT, merged: RecordT) -> bool:
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


def applied_before(stored: StoredRecord[RecordT] | None, change: Change[RecordT]) -> bool:
    """Whether a request has been applied already: its reply was lost, or it was sent again.

    Raises:
        Conflict: its id was used for another request.
    """
    digest = dict(stored.requests).get(change.request_id) if stored else None
    if digest not in {None, change.digest}:
        raise Conflict(ConflictReason.REUSED_REQUEST_ID)
    return digest is not None


def next_bookkeeping(
    stored: StoredRecord[RecordT] | None, change: Change[RecordT]
) -> tuple[int, Requests]:
    """Return the version and the requests to store with a record after a change."""
    version, requests = (stored.version, stored.requests) if stored else (0, ())
    kept = (*requests, (change.request_id, change.digest))[-KEPT_REQUESTS:]
    return version + 1, kept


def _written(name: str, record: Record) -> Written:
    return record.fields.get(name, Written(LEAST, ""))


def _greatest(a: Stamp | None, b: Stamp | None) -> Stamp | None:
    return max(_some(a, b), default=None)


def _after(limit: Stamp | None, stamp: Stamp | None) -> Stamp | None:
    """Return a stamp if it is greater than a limit, where there is one."""
    return stamp if stamp is not None and (limit is None or stamp > limit) else None


def _some(a: OrderedT | None, b: OrderedT | None) -> list[OrderedT]:
    return [each for each in (a, b) if each is not None]

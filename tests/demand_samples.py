"""Sample demand: a fan, an event and a sale, and changes some seconds after a moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fanscore_core.canonical import canonical_json
from fanscore_core.demand import DemandChange, DemandRecord, Key, StoredDemandRecord, deletion, save
from fanscore_core.ids import EventId, GlobalUserId, RequestId, SaleId
from fanscore_core.merging import ATTRIBUTE, Stamp

FAN = GlobalUserId("user123")
EVENT = EventId("evt123")
SALE = SaleId("sale456")
KEY = (FAN, EVENT, SALE)
REQUEST = "request-1"

START = datetime(2026, 11, 1, 8, tzinfo=UTC)


def at(second: float) -> datetime:
    """Give a moment."""
    return START + timedelta(seconds=second)


def stamp(second: float, request: str = REQUEST) -> Stamp:
    """Make a stamp."""
    return Stamp(at(second), request)


def sale(name: str) -> Key:
    """Make the key of another sale of the event."""
    return FAN, EVENT, SaleId(name)


def saved(
    second: float = 0,
    request: str = REQUEST,
    *,
    key: Key = KEY,
    attributes: Mapping[str, object] | None = None,
    clear_attributes: bool = False,
    **fields: object,
) -> DemandRecord:
    """Make the change that saves fields, of plain values; ``None`` clears one."""
    keys = {f"{ATTRIBUTE}{name}": value for name, value in (attributes or {}).items()}
    texts = {name: canonical_json(value) for name, value in {**fields, **keys}.items()}
    return save(key, texts, stamp(second, request), clear_attributes=clear_attributes)


def deleted(second: float, request: str = REQUEST, *, key: Key = KEY) -> DemandRecord:
    """Make the change that deletes."""
    return deletion(key, stamp(second, request))


def stored(
    record: DemandRecord, version: int = 1, requests: Mapping[str, str] | None = None
) -> StoredDemandRecord:
    """Make a stored record, with digests by request id."""
    kept = {REQUEST: "digest-1"} if requests is None else requests
    return StoredDemandRecord(
        record, version, tuple((RequestId(name), digest) for name, digest in kept.items())
    )


def change(record: DemandRecord, request: str = REQUEST, digest: str = "digest-1") -> DemandChange:
    """Make the request for a change."""
    return DemandChange(record, RequestId(request), digest)

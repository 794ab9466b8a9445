"""Questions and effects on ``demand_table``: which events fans ask for."""

from __future__ import annotations

import attrs

from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.question import Effect, Query, exactly
from fanscore_core.ids import EventId, GlobalUserId, SaleId, valid_id, valid_optional_id
from fanscore_core.ports.put_outcome import PutOutcome


@attrs.frozen
class DiscoEventId(Query[EventId | None]):
    """The internal discovery id of an event; ``None`` where no mapping is kept."""

    event_id: EventId = attrs.field(validator=valid_id)


@attrs.frozen
class EventDemandCount(Query[int]):
    """The number of a fan's demand records for an event, deleted ones not counted.

    The event is given by its discovery id.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    disco_event_id: EventId = attrs.field(validator=valid_id)


@attrs.frozen
class DemandSaleRecord(Query[StoredDemandRecord | None]):
    """A fan's record for a sale of an event, a tombstone included; strongly consistent."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    event_id: EventId = attrs.field(validator=valid_id)
    sale_id: SaleId = attrs.field(validator=valid_id)


@attrs.frozen
class DemandRecords(Query[tuple[StoredDemandRecord, ...]]):
    """A fan's stored records, of one event or of all, tombstones included; strongly consistent."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    event_id: EventId | None = attrs.field(default=None, validator=valid_optional_id)


@attrs.frozen
class PutDemandRecord(Effect[PutOutcome[StoredDemandRecord]]):
    """Write a record, if the stored one still has the version that was read.

    Attributes:
        new: what to write.
        expected_version: of the record that was read; 0 if there was none.
        attempt: from 0; the adapter waits a little before any but the first.
    """

    new: StoredDemandRecord
    expected_version: int = attrs.field(validator=exactly(int))
    attempt: int = attrs.field(validator=exactly(int))

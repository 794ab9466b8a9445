"""Questions and effects on ``demand_table``: the demand records of a fan."""

from __future__ import annotations

from types import NoneType

import attrs

from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.question import Effect, Query, exactly
from fanscore_core.ids import EventId, GlobalUserId, SaleId, valid_id, valid_optional_id
from fanscore_core.pages import Page
from fanscore_core.ports.put_outcome import PutOutcome


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
class DemandRecordsPage(Query[Page[StoredDemandRecord]]):
    """One page of what ``DemandRecords`` asks for.

    Attributes:
        global_user_id: whose records.
        event_id: of which event, if not of all.
        limit: the most records, 1 or more.
        after: the ``next`` of the page before, if there was one.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    event_id: EventId | None = attrs.field(validator=valid_optional_id)
    limit: int = attrs.field(validator=exactly(int))
    after: str | None = attrs.field(default=None, validator=exactly(str, NoneType))


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

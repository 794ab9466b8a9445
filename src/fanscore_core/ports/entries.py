"""Questions and effects on ``demand_table``: which campaigns fans have entered."""

from __future__ import annotations

import attrs

from fanscore_core.engine.question import Effect, Query, exactly
from fanscore_core.entry_record import StoredEntry
from fanscore_core.ids import CampaignId, GlobalUserId, valid_id
from fanscore_core.ports.put_outcome import PutOutcome


@attrs.frozen
class FanEntry(Query[StoredEntry | None]):
    """A fan's entry of a campaign, a tombstone included; strongly consistent."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    campaign_id: CampaignId = attrs.field(validator=valid_id)


@attrs.frozen
class FanEntries(Query[tuple[StoredEntry, ...]]):
    """A fan's stored entries, tombstones included; strongly consistent."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)


@attrs.frozen
class PutEntry(Effect[PutOutcome[StoredEntry]]):
    """Write an entry, if the stored one still has the version that was read.

    Attributes:
        new: what to write.
        expected_version: of the entry that was read; 0 if there was none.
        attempt: from 0; the adapter waits a little before any but the first.
    """

    new: StoredEntry
    expected_version: int = attrs.field(validator=exactly(int))
    attempt: int = attrs.field(validator=exactly(int))

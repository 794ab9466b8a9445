"""Questions and effects on ``demand_table``: which campaigns fans have entered."""

from __future__ import annotations

from types import NoneType

import attrs

from fanscore_core.engine.question import Effect, Query, exactly
from fanscore_core.entry_record import StoredEntry
from fanscore_core.ids import CampaignId, GlobalUserId, valid_id
from fanscore_core.pages import Page
from fanscore_core.ports.put_outcome import PutOutcome


@attrs.frozen
class FanEntry(Query[StoredEntry | None]):
    """A fan's entry of a campaign, a tombstone included; strongly consistent."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    campaign_id: CampaignId = attrs.field(validator=valid_id)


@attrs.frozen
class EntriesPage(Query[Page[StoredEntry]]):
    """One page of a fan's stored entries, tombstones included; strongly consistent.

    Attributes:
        global_user_id: whose entries.
        limit: the most entries, 1 or more.
        after: the ``next`` of the page before, if there was one.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    limit: int = attrs.field(validator=exactly(int))
    after: str | None = attrs.field(default=None, validator=exactly(str, NoneType))


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

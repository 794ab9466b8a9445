"""Entries: what a fan has entered, according to user events (docs/reference/events.md).

An entry is a record that merges, one event being one change. So any order and repetition of events
gives one entry.
"""

from __future__ import annotations

import json
from typing import TypeAlias

import attrs

from fanscore_core.ids import CampaignId, GlobalUserId, RequestId
from fanscore_core.merging import (
    Change,
    Record,
    Stamp,
    StoredRecord,
    Written,
    merge,
    next_bookkeeping,
)
from fanscore_core.user_events import AnyUserEvent, UserWithdrawal, said

FIELDS = ("email", "phoneNumber", "locale", "attributes")
DEFAULT = "default."
"""What the name of a field begins with that comes from the account.

It is a field of its own, which counts where the fan has never said another. A stamp of its own,
and not the least of all, lets it outlive a withdrawal that was before it.
"""

Key: TypeAlias = tuple[GlobalUserId, CampaignId]
"""Who entered what."""


@attrs.frozen
class EntryRecord(Record):
    """What a fan says with an entry, or one change to that.

    Its fields are ``email``, ``phoneNumber``, ``locale`` and ``attributes``, all of these one
    field, and ``default.<field>``.

    Attributes:
        fan_id: who entered.
        campaign_id: what they entered.
    """

    fan_id: GlobalUserId
    campaign_id: CampaignId

    @property
    def key(self) -> Key:
        """Who entered what."""
        return self.fan_id, self.campaign_id

    def shown(self, field: str) -> str | None:
        """Return what counts for one of ``FIELDS`` as JSON: said by the fan, else the default."""
        return self.text_of(field) or self.text_of(f"{DEFAULT}{field}")

    def shown_value(self, field: str) -> str | None:
        """Return what counts for one of ``FIELDS`` that is a string."""
        text = self.shown(field)
        value: str | None = None if text is None else json.loads(text)
        return value


@attrs.frozen
class StoredEntry(StoredRecord[EntryRecord]):
    """An entry with the bookkeeping of the store; its requests are the ids of events."""


@attrs.frozen
class EntryChange(Change[EntryRecord]):
    """A change to an entry: one event."""


def entry_change(event: AnyUserEvent) -> EntryChange:
    """Make the change of an event: an entry, or a delete where the fan withdrew."""
    stamp = Stamp(event.occurred_at, event.id)
    key = event.global_user_id, event.campaign_id
    if isinstance(event, UserWithdrawal):
        change = EntryRecord(*key, deleted=stamp, updated_at=event.occurred_at)
    else:
        defaulted = frozenset(event.defaulted or ())
        change = EntryRecord(
            *key,
            fields={
                f"{DEFAULT}{name}" if name in defaulted else name: Written(stamp, text)
                for name, text in sorted(said(event).items())
                if name in FIELDS
            },
            saved=stamp,
            requested_at=event.occurred_at,
            updated_at=event.occurred_at,
        )
    # An id is that of one input: what tells inputs apart is part of it already.
    return EntryChange(change, RequestId(event.id), "")


def changed_entry(stored: StoredEntry | None, change: EntryChange) -> StoredEntry:
    """Make what to store after a change.

    Also where nothing of it counts: of several events with one id, the first that was merged
    counts, so that each is remembered.
    """
    record = merge(stored.record, change.change) if stored else change.change
    return StoredEntry(record, *next_bookkeeping(stored, change))

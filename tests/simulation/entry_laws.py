"""The laws of entries, held against the model of the property tests.

That model is a list of all events. It is told which were merged, and not how.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from fanscore_adapters.items import keys
from fanscore_adapters.items.entries import read_entry
from fanscore_adapters.items.keys import Key
from fanscore_appsync.routes.entries import entry
from fanscore_core.entry_record import StoredEntry
from fanscore_core.pipelines.consumers import ConsumeArgs
from fanscore_core.systems import DEMAND
from fanscore_core.user_events import AnyUserEvent
from tests.property.entry_model import shown_entry
from tests.simulation.law import parsed, require
from tests.simulation.tables import ModelTables, Written


@attrs.frozen
class EntryLaws:
    """Watches entries.

    Attributes:
        tables: what is stored.
        merged: the events of each entry, in the order in which they were merged.
    """

    tables: ModelTables
    merged: dict[Key, list[AnyUserEvent]] = attrs.field(factory=dict)

    def written(self, written: Written, args: ConsumeArgs) -> None:
        """Check a write: it parses, its version is the next, and no event is merged twice."""
        after = parsed(read_entry, written.after)
        before = 0 if written.before is None else read_entry(written.before).version
        require(after.version == before + 1, "an entry's version is one more than the last")
        merged = self.merged.setdefault(_key(args.event), [])
        known = [event.id for event in merged]
        require(args.event.id not in known, "of several events with one id the first counts")
        merged.append(args.event)

    def consumed(self, event: AnyUserEvent) -> None:
        """Check that an event which is consumed is known to the entry."""
        known = [name for name, _ in self._stored(event).requests]
        require(event.id in known, "an event that was consumed is in the entry")

    def settled(self, events: Sequence[AnyUserEvent]) -> None:
        """Check that each entry is what the merge law makes of all its events."""
        for event in events:
            self.consumed(event)
        for merged in self.merged.values():
            stored = self._stored(merged[0])
            shown = entry(stored) if stored.record.is_live else None
            expected = shown_entry(merged)
            version = {"version": len(merged)}
            require(
                shown == (None if expected is None else {**expected, **version}),
                "an entry is what the merge law makes of its events, withdrawals included",
            )

    def _stored(self, event: AnyUserEvent) -> StoredEntry:
        return parsed(read_entry, self.tables.item(DEMAND, _key(event)))


def _key(event: AnyUserEvent) -> Key:
    return keys.entry(event.global_user_id, event.campaign_id)

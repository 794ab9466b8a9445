"""Who is registered for an event, from an export of the demand table, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fanscore_adapters.bulk.event_facts import find_event_facts
from fanscore_adapters.bulk.rows import fan_of, spill_demand
from fanscore_adapters.bulk.spill import SEPARATOR, Spill, partitions_for, spilling
from fanscore_adapters.dynamodb.export_manifest import TableExport
from fanscore_core.ids import EventId, GlobalUserId


def registrants_of(event_id: EventId, demand: TableExport, folder: Path) -> Iterator[GlobalUserId]:
    """Find the fans who are registered for an event, each once, always in the same order.

    Args:
        event_id: by either kind of event id.
        demand: the export of the demand table.
        folder: an empty one, for what does not fit into memory.

    Raises:
        InvalidInput: the export is damaged; names file and line.
        OSError: something cannot be written.
    """
    facts = find_event_facts(event_id, demand.files, ())
    partitions = partitions_for(demand.item_count)
    path = folder / "registrants.spill"
    with spilling(path, partitions) as rows:
        for each in demand.files:
            spill_demand(each, facts, rows)
    spill = Spill(path)
    for partition in range(partitions):
        for key in sorted({row.partition(SEPARATOR)[0] for row in spill.rows(partition)}):
            yield fan_of(key)

"""What lies in a database after processes have written to it; malformed, it fails the test."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.documents.user_event import read_event
from fanscore_adapters.embedded.deliveries import Undelivered
from fanscore_adapters.embedded.event_bus import EventBus
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.items import keys
from fanscore_adapters.items.demand import read_record
from fanscore_adapters.items.operations import Item
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.demand import StoredDemandRecord
from fanscore_core.ids import GlobalUserId
from tests.concurrency.saving import Record


def stored_records(database: Path, fans: int = 4) -> Mapping[Record, StoredDemandRecord]:
    """Read every record of the fans."""
    prefixes = [keys.demand_of_fan(GlobalUserId(f"fan{fan}"), None) for fan in range(fans)]
    with SqliteTables(str(database)) as tables:
        found = tables.begins_with("demand_table", prefixes)
    records = [
        read_record(cast("Item", parse_stored_json(text))) for texts in found for text in texts
    ]
    return {(stored.record.fan_id, stored.record.sale_id): stored for stored in records}


def published_events(database: Path) -> list[str]:
    """Read every user event; give their ids, in order."""
    with EventStore(str(database)) as events:
        trail = events.audit_trail()
    return sorted(read_event(json.loads(event)).id for event in trail)


def deliver_all(database: Path, consumers: Iterable[str]) -> tuple[Undelivered, ...]:
    """Deliver whatever is left, whoever had begun with it; give what cannot be delivered."""
    later = datetime.now(UTC) + timedelta(days=1)
    ignore = dict.fromkeys(consumers, id)
    with EventBus(EventStore(str(database)), ignore, lambda: later, id) as bus:
        bus.deliver_due(later)
        return bus.undelivered()


def deliveries(database: Path) -> Counter[str]:
    """Count the deliveries that were made, by event."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT event_id FROM deliveries WHERE state = 'DONE'").fetchall()
    return Counter(event_id for (event_id,) in rows)

"""What lies in a database after processes have written to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from fanscore_adapters import keys
from fanscore_adapters.access import Item
from fanscore_adapters.demand_items import read_record
from fanscore_adapters.documents import parse_stored_json
from fanscore_adapters.sqlite import SqliteTables
from fanscore_core.demand import StoredDemandRecord
from fanscore_core.ids import GlobalUserId
from tests.concurrency.saving import Record


def stored_records(database: Path, fans: int = 4) -> Mapping[Record, StoredDemandRecord]:
    """Read every record of the fans; one that is malformed fails the test."""
    prefixes = [keys.demand_of_fan(GlobalUserId(f"fan{fan}"), None) for fan in range(fans)]
    with SqliteTables(str(database)) as tables:
        found = tables.begins_with("demand_table", prefixes)
    records = [
        read_record(cast("Item", parse_stored_json(text))) for texts in found for text in texts
    ]
    return {(stored.record.fan_id, stored.record.sale_id): stored for stored in records}

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from fanscore_core.demand import StoredDemandRecord
from tests.concurrency.saving import Record, Saved, save_many, start_together
from tests.concurrency.stored import stored_records

PROCESSES = 8
SAVES = 250
RECORDS: list[Record] = [(f"fan{fan}", f"sale{sale}") for fan in range(4) for sale in range(5)]


def save_in_processes(database: Path) -> list[Saved]:
    """Let all processes save at the same time."""
    context = get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    given = (str(database), barrier)
    with ProcessPoolExecutor(PROCESSES, context, start_together, given) as processes:
        futures = [
            processes.submit(save_many, number, RECORDS, SAVES) for number in range(PROCESSES)
        ]
        return [future.result() for future in futures]


def last_values(record: StoredDemandRecord) -> Mapping[str, int]:
    """Give the attributes of a record."""
    return {name: json.loads(text) for name, text in record.record.attributes().items()}


def test_no_save_is_lost(tmp_path: Path) -> None:
    """Of 2,000 saves by 8 processes to 20 records every one is answered, and none is lost."""
    database = tmp_path / "fans.db"
    every = save_in_processes(database)
    records = stored_records(database)
    assert sum(sum(saved.times.values()) for saved in every) == PROCESSES * SAVES == 2000
    assert {key: stored.version for key, stored in records.items()} == {
        record: sum(saved.times[record] for saved in every) for record in RECORDS
    }
    assert {key: last_values(stored) for key, stored in records.items()} == {
        record: {f"process{number}": saved.last[record] for number, saved in enumerate(every)}
        for record in RECORDS
    }
    assert {len(dict(stored.requests)) for stored in records.values()} == {16}

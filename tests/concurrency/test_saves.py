from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.concurrency.saving import (
    RECORDS,
    Saved,
    assert_none_lost,
    save_many,
    start_together,
)
from tests.concurrency.stored import stored_records

PROCESSES = 8
SAVES = 250


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


def test_no_save_is_lost(tmp_path: Path) -> None:
    """Of 2,000 saves by 8 processes to 20 records every one is answered, and none is lost."""
    database = tmp_path / "fans.db"
    every = save_in_processes(database)
    records = stored_records(database)
    assert sum(sum(saved.times.values()) for saved in every) == PROCESSES * SAVES == 2000
    assert_none_lost(every, records)

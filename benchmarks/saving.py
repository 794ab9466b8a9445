"""Saves to the embedded store through the app: by one process, and by several at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import cast

import attrs

from benchmarks.fans import TIME_LEFT_S, fan_ids
from benchmarks.findings import Finding, Measure, Number
from benchmarks.processes import in_processes, in_step
from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.items import keys
from fanscore_adapters.items.demand import read_record
from fanscore_adapters.items.operations import Item
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.app import App, Response
from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import appsync_event, user
from fanscore_appsync.wiring.apps import connect
from fanscore_core.ids import GlobalUserId

REPETITIONS = 3
PROCESSES = 4


@attrs.frozen
class Saved:
    """What it took one process, or several, to save; the least of several runs is the fastest.

    Attributes:
        took_s: from the first save to the last.
        cpu_s: CPU time, of all processes together.
        rounds: the most that one save took.
    """

    took_s: float
    cpu_s: float
    rounds: int


def saving(saves: int = 2_000) -> list[Finding]:
    """Time one save for each of many fans by one process, and by four that share them."""
    runs = [(_save(saves, 1), _save(saves, PROCESSES)) for _ in range(REPETITIONS)]
    one, four = (min(column, key=lambda run: run.took_s) for column in zip(*runs, strict=True))
    return [
        Measure("one uncontended save: rounds", 3, one.rounds),
        Number("saves by one process", saves / one.took_s, "saves per second"),
        Number("saves by four processes", saves / four.took_s, "saves per second"),
        Number("four processes, against one", one.took_s / four.took_s, "times its saves"),
        Number("one save by one process: CPU", one.cpu_s / saves * 1e6, "µs"),
        Number("one save by four processes: CPU", four.cpu_s / saves * 1e6, "µs"),
    ]


def _save(saves: int, processes: int) -> Saved:
    fans = list(fan_ids(saves))
    shares = [fans[number::processes] for number in range(processes)]
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "saves.db"
        took_s, costs = in_processes(partial(_save_share, database), shares)
        assert _versions(database, fans) == [1] * saves
    return Saved(took_s, sum(cpu_s for cpu_s, _ in costs), max(rounds for _, rounds in costs))


def _save_share(database: Path, fans: Sequence[GlobalUserId]) -> tuple[float, int]:
    """Save for each fan; give the CPU time of all saves, and the most rounds of one."""
    app = connect(Settings(database=str(database)))
    _check(_save_one(app, GlobalUserId(f"first-{fans[0]}")))
    in_step()
    started_at = process_time()
    answers = [_save_one(app, fan) for fan in fans]
    cpu_s = process_time() - started_at
    in_step()
    return cpu_s, max(map(_check, answers))


def _save_one(app: App, fan: GlobalUserId) -> Response:
    given = {
        "eventId": "evt123",
        "saleId": "sale456",
        "email": "fan@example.com",
        "attributes": {"seats": 2},
    }
    event = appsync_event("Mutation.demandRecordSave", {"input": given}, user(fan))
    return app.answer(event, TIME_LEFT_S)


def _check(answer: Response) -> int:
    """Check that a save was made; give its rounds."""
    assert isinstance(answer.response, dict)
    assert answer.response["status"] == "SUCCESS"
    assert answer.outcome is not None
    return answer.outcome.trace.rounds


def _versions(database: Path, fans: Sequence[GlobalUserId]) -> list[int]:
    """Read the version of every record of the fans."""
    prefixes = [keys.demand_of_fan(fan, None) for fan in fans]
    with SqliteTables(str(database)) as tables:
        found = tables.begins_with("demand_table", prefixes)
    items = [cast("Item", parse_stored_json(text)) for texts in found for text in texts]
    return [read_record(item).version for item in items]

"""Worlds of an event's registrants: items of the tables, exports of them, and who is registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import attrs

from fanscore_adapters.bulk.arm_risks import ArmRisks
from fanscore_adapters.bulk.chunks import SCORES, Record
from fanscore_adapters.bulk.event_scoring import JOINED_TABLES, EventScoring, Step, do
from fanscore_adapters.bulk.receipts import (
    DECIDING,
    Deciding,
    ReceiptMaker,
    begin_deciding,
    receipts_record,
)
from fanscore_adapters.bulk.work_folder import WorkFolder
from fanscore_adapters.dynamodb.export_manifest import TableExport, find_exports, read_manifests
from fanscore_adapters.dynamodb.export_writer import write_export
from fanscore_adapters.items.operations import Item
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.registrants import ScoredFan

AT = datetime(2026, 11, 1, 8, tzinfo=UTC)
EVENT = EventId("evt456")
CODE = "0.1.0"


def exported(
    folder: Path, tables: Mapping[str, Sequence[Item]], items_of_a_file: int = 100_000
) -> Mapping[str, TableExport]:
    """Write exports of tables, and read what they consist of."""
    for table in JOINED_TABLES:
        write_export(folder, table, tables.get(table, ()), AT, items_of_a_file)
    return {each.table: each for each in map(read_manifests, find_exports(folder))}


def nobody(_path: Path) -> None:
    """Wait for no disk: what is in memory does for a test."""


@attrs.frozen
class Scored:
    """What came of scoring.

    Attributes:
        fans: the scored fans, in order.
        lines: the file of their scores.
        receipts: the file of their receipts.
        deciding: what these have in common.
    """

    fans: Sequence[ScoredFan]
    lines: str
    receipts: bytes
    deciding: Deciding


def scored(
    work: Path,
    exports: Mapping[str, TableExport],
    arm: ArmRisks | None = None,
    event_id: EventId = EVENT,
    partitions: int = 3,
) -> Scored:
    """Score the registrants of an event."""
    fans: list[ScoredFan] = []

    def keep(some: Sequence[ScoredFan]) -> Sequence[str]:
        fans.extend(some)
        return ()

    maker = ReceiptMaker(event_id, DEFAULT_POLICY, CODE, work / DECIDING)
    receipts = receipts_record(maker)
    records = [SCORES, Record("kept", keep), receipts]
    deciding = Deciding.now()
    begin = Step(DECIDING, partial(begin_deciding, begin=lambda: deciding))
    with WorkFolder(work, {}, sync=nobody) as folder:
        scoring = EventScoring(event_id, DEFAULT_POLICY, exports, arm, records, folder, partitions)
        do(scoring.steps([begin]), folder)
        lines, kept = (
            b"".join((chunk / each.name).read_bytes() for chunk in scoring.chunks())
            for each in (SCORES, receipts)
        )
        folder.remove()
    return Scored(fans, lines.decode(), kept, deciding)

"""From exports to scores: how fast, in how much memory."""

from __future__ import annotations

import resource
import tempfile
from functools import partial
from pathlib import Path
from time import process_time

import attrs

from benchmarks.bulk.big_exports import EVENT, write_exports
from benchmarks.findings import Finding, Measure, Number
from benchmarks.processes import in_process
from fanscore_adapters.bulk.chunks import SCORES, read_tally
from fanscore_adapters.bulk.event_scoring import EventScoring, Step, do
from fanscore_adapters.bulk.receipts import (
    DECIDING,
    ReceiptMaker,
    begin_deciding,
    decisions_record,
    receipts_record,
)
from fanscore_adapters.bulk.work_folder import WorkFolder
from fanscore_adapters.dynamodb.export_manifest import find_exports, read_manifests
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.score_tally import ScoreTally

LEAST_FANS_A_SECOND = 35_000
CODE = "0.1.0"


@attrs.frozen
class Run:
    """What one run took.

    Attributes:
        fans: how many registrants there were.
        findings_s: seconds of CPU time from the exports to what is known of each registrant.
        scores_s: from there to the written scores.
        peak_mb: the most memory of the process.
        spill_mb: what the work folder held.
    """

    fans: int
    findings_s: float
    scores_s: float
    peak_mb: float
    spill_mb: float


def measured(folder: Path, fans: int, *, with_receipts: bool = False) -> Run:
    """Score the registrants of the exports in a folder."""
    maker = ReceiptMaker(EventId(EVENT), DEFAULT_POLICY, CODE, folder / "work" / DECIDING)
    receipts = [receipts_record(maker), decisions_record(maker)] if with_receipts else []
    tables = {each.table: each for each in map(read_manifests, find_exports(folder))}
    with WorkFolder(folder / "work", {}) as work:
        records = [SCORES, *receipts]
        scoring = EventScoring(EventId(EVENT), DEFAULT_POLICY, tables, None, records, work)
        started_at = process_time()
        do(scoring.steps_to_findings(), work)
        found_at = process_time()
        do(scoring.steps([Step(DECIDING, begin_deciding)]), work)
        ended_at = process_time()
        tally = ScoreTally.total(map(read_tally, scoring.chunks()))
        spilled = sum(each.stat().st_size for each in work.path.rglob("*") if each.is_file())
        work.remove()
    assert (tally.people, tally.scored) == (fans, fans)
    return Run(fans, found_at - started_at, ended_at - found_at, _peak_mb(), spilled / 1e6)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_process(fans: int, *, with_receipts: bool = False) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        write_exports(Path(folder), fans)
        return in_process(partial(measured, Path(folder), fans, with_receipts=with_receipts))


def findings(few: int, many: int) -> list[Finding]:
    """Measure a small and a large crowd, each in a process of its own."""
    small, large = (_in_process(fans) for fans in (few, many))
    answered = _in_process(few, with_receipts=True)
    rate = large.fans / large.findings_s
    return [
        Measure(f"peak memory for {many} fans, against {few}", 1.2, large.peak_mb / small.peak_mb),
        Measure("35,000 fans a second, against measured", 1, LEAST_FANS_A_SECOND / rate),
        Number("exports to findings", rate, "fans a second"),
        Number("findings to written scores", large.fans / large.scores_s, "fans a second"),
        Number(
            "findings to scores, receipts and log lines",
            answered.fans / answered.scores_s,
            "fans a second",
        ),
        Number(f"peak memory for {few} fans", small.peak_mb, "MB"),
        Number(f"peak memory for {many} fans", large.peak_mb, "MB"),
        Number("work folder for 100,000 fans", large.spill_mb * 1e5 / large.fans, "MB"),
    ]

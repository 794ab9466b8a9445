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
from fanscore_adapters.bulk.event_scoring import EventScoring, do
from fanscore_adapters.bulk.work_folder import WorkFolder
from fanscore_adapters.dynamodb.export_manifest import find_exports, read_manifests
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.score_tally import ScoreTally

LEAST_FANS_A_SECOND = 35_000


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


def measured(folder: Path, fans: int) -> Run:
    """Score the registrants of the exports in a folder."""
    tables = {each.table: each for each in map(read_manifests, find_exports(folder))}
    with WorkFolder(folder / "work", {}) as work:
        scoring = EventScoring(EventId(EVENT), DEFAULT_POLICY, tables, None, [SCORES], work)
        started_at = process_time()
        do(scoring.steps_to_findings(), work)
        found_at = process_time()
        do(scoring.steps(), work)
        ended_at = process_time()
        tally = ScoreTally.total(map(read_tally, scoring.chunks()))
        spilled = sum(each.stat().st_size for each in work.path.rglob("*") if each.is_file())
        work.remove()
    assert (tally.people, tally.scored) == (fans, fans)
    return Run(fans, found_at - started_at, ended_at - found_at, _peak_mb(), spilled / 1e6)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def findings(few: int, many: int) -> list[Finding]:
    """Measure a small and a large crowd, each in a process of its own."""
    runs = []
    for fans in (few, many):
        with tempfile.TemporaryDirectory() as folder:
            write_exports(Path(folder), fans)
            runs.append(in_process(partial(measured, Path(folder), fans)))
    small, large = runs
    rate = large.fans / large.findings_s
    return [
        Measure(f"peak memory for {many} fans, against {few}", 1.2, large.peak_mb / small.peak_mb),
        Measure("35,000 fans a second, against measured", 1, LEAST_FANS_A_SECOND / rate),
        Number("exports to findings", rate, "fans a second"),
        Number("findings to written scores", large.fans / large.scores_s, "fans a second"),
        Number(f"peak memory for {few} fans", small.peak_mb, "MB"),
        Number(f"peak memory for {many} fans", large.peak_mb, "MB"),
        Number("work folder for 100,000 fans", large.spill_mb * 1e5 / large.fans, "MB"),
    ]

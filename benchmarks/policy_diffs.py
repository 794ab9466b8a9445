"""What a change of policy does to a million people, from a file of their findings."""

from __future__ import annotations

import resource
import tempfile
from functools import partial
from pathlib import Path
from time import process_time

import attrs

from benchmarks.findings import Finding, Measure, Number
from benchmarks.processes import in_process
from fanscore_adapters.documents.findings import FindingsLine, findings_lines, read_findings
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_diff import diff
from fanscore_core.seat_chances import Draw, TicketBand
from fanscore_core.signals import ARM, Band, SignalPolicy

OLD = DEFAULT_POLICY
DRAW = Draw(50_000, (TicketBand(60, 2), TicketBand(80, 4)))


def diffing(people: int = 1_000_000) -> list[Finding]:
    """Diff two policies in a process of its own, with all cohorts and chances.

    The whole of it counts: reading the file, folding its lines, and the report.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "findings.jsonl"
        with path.open("w", encoding="utf-8") as file:
            made = (FindingsLine(None, each) for each in plausible_findings(people, seed=1))
            file.writelines(findings_lines(made))
        took_s, peak_gib = in_process(partial(_diffed, path, people))
    return [
        Measure("diff of a million findings, in seconds of CPU time", 60, took_s),
        Measure("peak memory of its process, in GiB", 1, peak_gib),
        Number("one of a million findings read and folded", took_s / people * 1e6, "µs"),
    ]


def _diffed(path: Path, people: int) -> tuple[float, float]:
    new = attrs.evolve(
        OLD,
        version="new",
        no_history_raw_score=60,
        signals={**OLD.signals, ARM: SignalPolicy(0, (Band(9, "LOW"),))},
    )
    started_at = process_time()
    with path.open("rb") as file:
        report = diff(OLD, new, (line.findings for line in read_findings(file)), DRAW)
    took_s = process_time() - started_at
    assert report.people == people
    return took_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2

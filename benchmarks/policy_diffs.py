"""What a change of policy does to a million people, from a file of their findings."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import process_time

import attrs

from benchmarks.findings import Finding, Measure, Number
from benchmarks.processes import in_process
from fanscore_adapters.columns.parquet import count_parquet, write_parquet
from fanscore_adapters.documents.counted_findings import count_findings
from fanscore_adapters.documents.findings import FindingsLine, findings_lines
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_core.finding_classes import FindingClass, SharedBands
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_diff import compared_bands, diff_of_classes
from fanscore_core.seat_chances import Draw, TicketBand
from fanscore_core.signals import ARM, Band, SignalPolicy

OLD = DEFAULT_POLICY
DRAW = Draw(50_000, (TicketBand(60, 2), TicketBand(80, 4)))


def diffing(people: int = 1_000_000) -> list[Finding]:
    """Diff two policies in processes of their own, with all cohorts and chances.

    The whole of it counts: reading the file, counting its classes, and the report.
    """
    with tempfile.TemporaryDirectory() as folder:
        lines, columns = Path(folder) / "findings.jsonl", Path(folder) / "findings.parquet"
        with lines.open("w", encoding="utf-8") as file:
            file.writelines(findings_lines(_people(people)))
        write_parquet(columns, _people(people))
        lines_s, lines_gib = in_process(partial(_diffed, _of_lines, lines, people))
        columns_s, columns_gib = in_process(partial(_diffed, count_parquet, columns, people))
    return [
        Measure("diff of a million findings in lines, in seconds of CPU time", 4, lines_s),
        Measure("the same in Parquet", 2, columns_s),
        Measure("peak memory of its process, in GiB: lines", 0.25, lines_gib),
        Measure("the same: Parquet", 1, columns_gib),
        Number("one of a million findings in lines counted", lines_s / people * 1e6, "µs"),
    ]


def _people(people: int) -> map[FindingsLine]:
    return map(partial(FindingsLine, None), plausible_findings(people, seed=1))


def _of_lines(path: Path, bands: SharedBands) -> Mapping[FindingClass, int]:
    with path.open("rb") as file:
        return count_findings(file, bands)


def _diffed(
    count: Callable[[Path, SharedBands], Mapping[FindingClass, int]], path: Path, people: int
) -> tuple[float, float]:
    new = attrs.evolve(
        OLD,
        version="new",
        no_history_raw_score=60,
        signals={**OLD.signals, ARM: SignalPolicy(0, (Band(9, "LOW"),))},
    )
    started_at = process_time()
    report = diff_of_classes(OLD, new, count(path, compared_bands(OLD, new)), DRAW)
    took_s = process_time() - started_at
    assert report.people == people
    return took_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2

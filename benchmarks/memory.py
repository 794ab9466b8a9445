"""Peak memory of scoring any number of fans."""

from __future__ import annotations

import tracemalloc

from benchmarks.fans import stored
from benchmarks.findings import Finding, Measure, Number
from benchmarks.many_fans import database, scores
from fanscore_core.engine.question import Source


def peak_memory(few: int = 10_000, many: int = 100_000) -> list[Finding]:
    """Compare the peak for ten times as many fans; outcomes are used as they come."""
    with database(many) as path, stored(path) as source:
        _peak_mb(source, 1)  # What is made once counts for neither.
        few_mb, many_mb = _peak_mb(source, few), _peak_mb(source, many)
    return [
        Measure("peak memory for 100,000 fans, against 10,000", 1.5, many_mb / few_mb),
        Number("peak memory for 10,000 fans", few_mb, "MB"),
        Number("peak memory for 100,000 fans", many_mb, "MB"),
    ]


def _peak_mb(source: Source, count: int) -> float:
    """Score fans; give the most that Python's objects took meanwhile."""
    tracemalloc.start()
    assert sum(1 for _ in scores(source, count)) == count
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6

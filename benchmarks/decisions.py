"""Findings to scores with reasons: one by one in plain Python, and as columns."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from time import process_time

from benchmarks.findings import Finding, Measure, Number
from benchmarks.timing import in_turns
from fanscore_adapters.columns.parquet import write_parquet
from fanscore_adapters.columns.policy_sql import policy_sql
from fanscore_adapters.documents.findings import FindingsLine
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_core.findings import Findings
from fanscore_core.ids import GlobalUserId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.scoring import decide
from fanscore_core.signals import Missing

FAN = GlobalUserId("user123")
COPIES = 20
"""So often the same people stand in the table of columns, which is made faster than findings."""


def deciding(people: int = 50_000) -> list[Finding]:
    """Time ``decide`` against a loop without reasons or types, and the compiled policy."""
    findings = list(plausible_findings(people, seed=1))
    assert _decided(findings) == bare_loop(findings)
    decide_s, bare_s = in_turns(
        lambda: _decided(findings), lambda: bare_loop(findings), repetitions=7
    )
    scores_s, reasons_s = _compiled(findings)
    rows = people * COPIES
    return [
        Measure("findings to scores with reasons, against a bare loop", 1.5, decide_s / bare_s),
        Measure("findings to a score with reasons, in µs", 10, decide_s / people * 1e6),
        Measure("compiled: a decision as columns, in ns", 100, scores_s / rows * 1e9),
        Number("compiled: the same with codes and points counted", reasons_s / rows * 1e9, "ns"),
        Number("the bare loop: one score", bare_s / people * 1e6, "µs"),
    ]


def _decided(findings: Sequence[Findings]) -> int:
    total = 0
    for each in findings:
        total += decide(DEFAULT_POLICY, FAN, each).score
    return total


def bare_loop(findings: Sequence[Findings]) -> int:
    """Add the points up, and no more. Frozen: it is what ``decide`` is measured against."""
    low, high = DEFAULT_POLICY.range
    newcomers = DEFAULT_POLICY.no_history_raw_score
    worths = [
        (signal, worth.unavailable, [(band.below, band.points) for band in worth.bands])
        for signal, worth in DEFAULT_POLICY.signals.items()
    ]
    unit = Decimal(1)
    total = 0
    for each in findings:
        raw, signals = each.raw, each.signals
        score = newcomers if raw is None else int(raw.quantize(unit, ROUND_HALF_UP))
        for signal, unavailable, bands in worths:
            value = signals[signal]
            if isinstance(value, Missing):
                if value is Missing.UNAVAILABLE:
                    score += unavailable
            else:
                for below, points in bands:
                    if below is None or value < below:
                        score += points
                        break
        total += min(max(score, low), high)
    return total


def _compiled(findings: Sequence[Findings]) -> tuple[float, float]:
    """Return the CPU time of all scores, and of all that explains them, on one thread."""
    import duckdb  # noqa: PLC0415  # an extra

    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(":memory:", config={"threads": 1}) as duck,
    ):
        duck.execute("SET enable_progress_bar = false")
        path = Path(folder) / "findings.parquet"
        write_parquet(path, (FindingsLine(None, each) for each in findings))
        duck.execute(
            "CREATE TABLE findings AS SELECT found.* FROM read_parquet(?) AS found, range(?)",
            [str(path), COPIES],
        )
        decided = policy_sql(DEFAULT_POLICY)
        counts = f"SELECT score, COUNT(*) FROM ({decided}) GROUP BY score"  # noqa: S608  # ours
        all_of_it = f"SELECT SUM(COLUMNS('score|cut_off|_points$')), COUNT(COLUMNS('_code$')) FROM ({decided})"  # noqa: S608, E501  # ours
        assert (
            sum(people for _, people in duck.execute(counts).fetchall()) == len(findings) * COPIES
        )
        times: list[list[float]] = [[], []]
        for _ in range(7):
            for kept, query in zip(times, (counts, all_of_it), strict=True):
                started_at = process_time()
                duck.execute(query).fetchall()
                kept.append(process_time() - started_at)
    return min(times[0]), min(times[1])

"""Receipts as log lines: what they add to a decision, and that they ask nothing."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from io import StringIO

import attrs

from benchmarks.findings import Finding, Measure, Number
from benchmarks.one_fan import known_answers
from benchmarks.shadow import app_of, beside, fail
from fanscore_appsync.receipts import ReceiptKeeper


def receipts() -> list[Finding]:
    """Time a decision with a log line against one without, and count what each asks."""
    source = known_answers()
    plain = app_of(source)
    keeper = ReceiptKeeper("1.0", fail, timedelta(days=180), write_line=partial(_write, StringIO()))
    found = beside(attrs.evolve(plain, keeper=keeper), plain, source)
    return [
        Measure("decision line, against without", 1.35, found.with_s / found.without_s),
        Measure("decision line: questions more", 0, found.questions_more),
        Number("answers in memory: one event, with a decision line", found.with_s * 1e6, "µs"),
    ]


def _write(stream: StringIO, line: str) -> None:
    """Write a line as to standard output; keep none."""
    stream.seek(0)
    stream.write(f"{line}\n")

"""Measure everything, and say what is over its bound. The exit status does not depend on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.decisions import deciding
from benchmarks.delivering import delivering
from benchmarks.fields import each_field
from benchmarks.findings import Finding
from benchmarks.imports import importing
from benchmarks.many_fans import in_bulk, in_memory, together
from benchmarks.memory import peak_memory
from benchmarks.one_fan import engine, rounds_and_questions, waiting
from benchmarks.policy_diffs import diffing
from benchmarks.program import output_file, show
from benchmarks.receipts import receipts
from benchmarks.replaying import replaying
from benchmarks.saving import saving
from benchmarks.shadow import shadow

MEASUREMENTS: Sequence[Callable[[], list[Finding]]] = (
    rounds_and_questions,
    waiting,
    engine,
    shadow,
    receipts,
    together,
    in_bulk,
    in_memory,
    saving,
    delivering,
    each_field,
    peak_memory,
    deciding,
    diffing,
    replaying,
    importing,
)


show(MEASUREMENTS, output_file("benchmarks", __doc__))

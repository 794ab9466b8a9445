"""Measure, and say what is over its bound. The exit status does not depend on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.aws.batch import batch
from benchmarks.aws.cold_start import cold_start
from benchmarks.aws.one_fan import calls_and_rounds, time
from benchmarks.aws.scene import Scene, scene
from benchmarks.findings import Finding
from benchmarks.program import output_file, show

MEASUREMENTS: Sequence[Callable[[Scene], list[Finding]]] = (
    calls_and_rounds,
    time,
    batch,
    cold_start,
)


file = output_file("benchmarks.aws", __doc__)
with scene() as measured:
    show([partial(measure, measured) for measure in MEASUREMENTS], file)

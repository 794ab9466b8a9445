"""Measure both sides, and say where ours is the worse one: its bound is always the ordinary way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.findings import Finding
from benchmarks.own_api.measured import calls_and_rounds, cold_start, time
from benchmarks.own_api.scene import Scene, scene
from benchmarks.own_api.sizes import sizes
from benchmarks.program import output_file, show

MEASUREMENTS: Sequence[Callable[[Scene], list[Finding]]] = (calls_and_rounds, time, cold_start)


file = output_file("benchmarks.own_api", __doc__)
with scene() as measured:
    show([sizes, *(partial(measure, measured) for measure in MEASUREMENTS)], file)

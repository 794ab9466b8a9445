"""Measure, and say what is over its bound. The exit status does not depend on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.findings import Finding
from benchmarks.gateway.emulator import against_an_emulator
from benchmarks.gateway.in_process import in_one_process
from benchmarks.gateway.throughput import throughput
from benchmarks.program import output_file, show

MEASUREMENTS: Sequence[Callable[[], list[Finding]]] = (
    in_one_process,
    against_an_emulator,
    throughput,
)


show(MEASUREMENTS, output_file("benchmarks.gateway", __doc__))

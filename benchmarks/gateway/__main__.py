"""Measure, and say what is over its bound. The exit status does not depend on it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.findings import Finding, as_json, as_text
from benchmarks.gateway.emulator import against_an_emulator
from benchmarks.gateway.in_process import in_one_process
from benchmarks.gateway.throughput import throughput

MEASUREMENTS: Sequence[Callable[[], list[Finding]]] = (
    in_one_process,
    against_an_emulator,
    throughput,
)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings there, too")
    options = parser.parse_args()
    findings: list[Finding] = []
    for measure in MEASUREMENTS:
        print(f"measuring: {measure.__name__.replace('_', ' ')}", file=sys.stderr, flush=True)
        findings += measure()
    print(as_text(findings))
    if options.json:
        options.json.write_text(as_json(findings), encoding="utf-8")


main()

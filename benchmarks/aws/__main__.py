"""Measure, and say what is over its bound. The exit status does not depend on it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.aws.batch import batch
from benchmarks.aws.cold_start import cold_start
from benchmarks.aws.one_fan import calls_and_rounds, time
from benchmarks.aws.scene import Scene, scene
from benchmarks.findings import Finding, as_json, as_text

MEASUREMENTS: Sequence[Callable[[Scene], list[Finding]]] = (
    calls_and_rounds,
    time,
    batch,
    cold_start,
)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.aws", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings there, too")
    options = parser.parse_args()
    findings: list[Finding] = []
    with scene() as measured:
        for measure in MEASUREMENTS:
            print(f"measuring: {measure.__name__.replace('_', ' ')}", file=sys.stderr, flush=True)
            findings += measure(measured)
    print(as_text(findings))
    if options.json:
        options.json.write_text(as_json(findings), encoding="utf-8")


main()

"""Measure everything, and say what is over its bound. The exit status does not depend on it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.delivering import delivering
from benchmarks.fields import each_field
from benchmarks.findings import Finding, as_json, as_text
from benchmarks.imports import importing
from benchmarks.many_fans import in_bulk, together
from benchmarks.memory import peak_memory
from benchmarks.one_fan import engine, rounds_and_questions, waiting
from benchmarks.saving import saving

MEASUREMENTS: Sequence[Callable[[], list[Finding]]] = (
    rounds_and_questions,
    waiting,
    engine,
    together,
    in_bulk,
    saving,
    delivering,
    each_field,
    peak_memory,
    importing,
)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
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

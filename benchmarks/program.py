"""What every program that measures does: it says what it measures, and shows the findings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.findings import Finding, as_json, as_text


def output_file(program: str, description: str | None) -> Path | None:
    """Read the command line; give where the findings are wanted as JSON, too."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings there, too")
    file: Path | None = parser.parse_args().json
    return file


def show(measurements: Sequence[Callable[[], list[Finding]]], file: Path | None) -> None:
    """Measure one after the other, and show what was found."""
    findings: list[Finding] = []
    for measure in measurements:
        name = getattr(measure, "func", measure).__name__
        print(f"measuring: {name.replace('_', ' ')}", file=sys.stderr, flush=True)
        findings += measure()
    print(as_text(findings))
    if file:
        file.write_text(as_json(findings), encoding="utf-8")

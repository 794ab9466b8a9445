"""What a measurement finds, and how it is reported."""

from __future__ import annotations

import json
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import attrs


@attrs.frozen
class Measure:
    """Something that has a bound.

    Attributes:
        name: what is measured.
        bound: the greatest value that is good enough.
        measured: what it is; a ratio within this run, or a count.
    """

    name: str
    bound: float
    measured: float

    @property
    def verdict(self) -> str:
        """Whether it is good enough."""
        return "ok" if self.measured <= self.bound else "OVER"


@attrs.frozen
class Number:
    """Something that is good to know; it depends on the machine."""

    name: str
    value: float
    unit: str


Finding: TypeAlias = Measure | Number


def as_text(findings: Sequence[Finding]) -> str:
    """Draw the table of the measures, the plain numbers, and what is over its bound."""
    measures = _measures(findings)
    over = [each.name for each in measures if each.verdict != "ok"]
    verdict = f"Over the bound: {'; '.join(over)}." if over else "Everything is within its bound."
    return "\n\n".join((_table(measures), _list(_numbers(findings)), verdict))


def as_json(findings: Sequence[Finding]) -> str:
    """Write the same as JSON."""
    document = {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "measures": [
            {**attrs.asdict(each), "verdict": each.verdict} for each in _measures(findings)
        ],
        "numbers": [attrs.asdict(each) for each in _numbers(findings)],
    }
    return json.dumps(document, indent=2) + "\n"


def _measures(findings: Iterable[Finding]) -> list[Measure]:
    return [each for each in findings if isinstance(each, Measure)]


def _numbers(findings: Iterable[Finding]) -> list[Number]:
    return [each for each in findings if isinstance(each, Number)]


def _table(measures: Sequence[Measure]) -> str:
    width = max(len(each.name) for each in measures)
    rows = [f"{'measure':{width}}  {'bound':>7}  {'measured':>8}"]
    rows += [
        f"{each.name:{width}}  {each.bound:7.4g}  {each.measured:8.3g}  {each.verdict}"
        for each in measures
    ]
    return "\n".join(rows)


def _list(numbers: Sequence[Number]) -> str:
    width = max(len(each.name) for each in numbers)
    return "\n".join(f"{each.name:{width}}  {each.value:10,.1f} {each.unit}" for each in numbers)

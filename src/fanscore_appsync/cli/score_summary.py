"""The scores of many fans as a picture for the terminal, no line wider than it."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

import click

from fanscore_appsync.printable import one_line
from fanscore_core.score_tally import ScoreTally
from fanscore_core.signals import ARM, Missing

MOST_BARS = 21
LEAST_BAR = 8
MARK = "█"
UNITS = (1, 2, 5)


def draw_tally(tally: ScoreTally, event: str, policy: str, columns: int) -> str:
    """Draw how many fans scored what, and what was missing.

    Args:
        tally: of an event's registrants.
        event: its id.
        policy: the version of the policy.
        columns: the width.
    """
    people = tally.people
    head = f"{people:,} registrants of {one_line(event)}, policy {one_line(policy)}"
    lines = [click.style(line, bold=True) for line in wrap(head, columns)]
    lines += [line.rstrip() for line in _bars(tally, columns)]
    for fact in _facts(tally):
        lines += wrap(fact, columns, subsequent_indent="  ")
    for warning in _warnings(tally):
        wrapped = wrap(warning, columns, subsequent_indent="  ")
        lines += [click.style(line, fg="yellow") for line in wrapped]
    return "\n".join(lines)


def _bars(tally: ScoreTally, columns: int) -> Iterator[str]:
    if not tally.scores:
        return
    low, high = min(tally.scores), max(tally.scores)
    width = _width(high - low + 1)
    starts = range(low // width * width, high + 1, width)
    counts = [sum(tally.scores[score] for score in range(start, start + width)) for start in starts]
    names = [_range(start, width) for start in starts]
    numbers = [f"{count:,}" for count in counts]
    left, middle = max(map(len, names)), max(map(len, numbers))
    room = max(columns - left - middle - 4, LEAST_BAR)
    greatest = max(counts)
    for name, number, count in zip(names, numbers, counts, strict=True):
        # However few they are, they are seen.
        cells = max(round(count * room / greatest), min(count, 1))
        yield f"{name:>{left}}  {number:>{middle}}  {click.style(MARK * cells, fg='green')}"


def _width(scores: int) -> int:
    """Return how many scores a bar stands for, so that there are not too many bars."""
    width = 1
    while True:
        for unit in UNITS:
            if -(-scores // (width * unit)) < MOST_BARS:
                return width * unit
        width *= 10


def _range(start: int, width: int) -> str:
    return str(start) if width == 1 else f"{start} to {start + width - 1}"


def _facts(tally: ScoreTally) -> Iterator[str]:
    yield f"Newcomers, of whom nothing is known yet: {_share(tally.newcomers, tally)}"
    unknown = tally.missing[ARM.name, Missing.NO_SCORE.name]
    if unknown:
        yield f"ARM knows no score of: {_share(unknown, tally)}"


def _warnings(tally: ScoreTally) -> Iterator[str]:
    not_asked = tally.missing[ARM.name, Missing.NOT_ASKED.name]
    if not_asked:
        yield f"Scored without an ARM risk, since it was not asked: {_share(not_asked, tally)}"
    for signal, count in sorted(tally.degraded.items()):
        yield f"Scored without {signal}, which gave no answer: {_share(count, tally)}"
    for system, count in sorted(tally.failed.items()):
        yield f"Without a score, since {system} has a malformed item: {_share(count, tally)}"


def _share(count: int, tally: ScoreTally) -> str:
    return f"{count:,} ({count / tally.people:.1%})" if tally.people else f"{count:,}"

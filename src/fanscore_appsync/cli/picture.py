"""A score and a run as pictures for the terminal, no line wider than it.

The text has colours in it; ``click.echo`` takes them out where nobody would see them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate, pairwise
from textwrap import wrap

import attrs
import click

from fanscore_core.engine.trace import Fate, Trace, TracedQuestion
from fanscore_core.points import ScoreReason
from fanscore_core.scoring import AccountFanscore

POINTS_PER_CELL = 4
MAX_POINTS_PER_CELL = 8
"""A bar beside a message is no coarser."""
MESSAGE_COLUMNS = 34
"""A message beside its bar has so many, unless it is shorter."""
BAR_CELLS = 8
"""What a bar has at least, beside a code."""
ROUND_CELLS = 16
LEAST_ROUND_CELLS = 8
"""Of a round beside the names of the steps."""

INDENT = " " * 4

_COLUMN_OF_FATE = max(len(fate.value) for fate in Fate)
_COLOR_OF_FATE: Mapping[Fate, str] = {
    Fate.RETURNED_EARLY: "bright_black",
    Fate.ENDED: "cyan",
    Fate.DEGRADED: "yellow",
    Fate.FAILED: "red",
    Fate.DROPPED: "bright_black",
    Fate.NOT_REACHED: "bright_black",
}


@attrs.frozen
class _Line:
    """A line of the score's picture: a reason, and the range of points that it covers."""

    reason: ScoreReason
    message: str
    start: int
    end: int


def draw_score(score: AccountFanscore, values: Sequence[Decimal | None], columns: int) -> str:
    """Draw the reasons of a score, each where the ones before it have led to.

    Args:
        score: the score.
        values: the value behind each reason, where there is one.
        columns: the width of the picture; the text goes below the bars where it has no room.
    """
    head = f"Score {score.score} of {score.global_user_id}, policy {score.policy_version}"
    lines = [click.style(line, bold=True) for line in wrap(head, columns)]
    lines.append("")
    lines.extend(_reasons(score, values, columns))
    if score.degraded:
        names = f"without an answer: {', '.join(each.name for each in score.degraded)}"
        lines.extend(click.style(f"  {line}", fg="yellow") for line in wrap(names, columns - 2))
    return "\n".join(lines)


def _reasons(
    score: AccountFanscore, values: Sequence[Decimal | None], columns: int
) -> Iterator[str]:
    drawn = list(_lines(score, values))
    points = max(5, *(len(f"{each.reason.points:+}") for each in drawn))
    longest = max(len(each.reason.code) for each in drawn)
    codes = min(longest, columns - len("  ") - len(" ") - points - len("  ") - BAR_CELLS)
    left = len("  ") + codes + len(" ") + points + len("  ")
    ends = [end for each in drawn for end in (each.start, each.end)]
    text = min(MESSAGE_COLUMNS, max(len(each.message) for each in drawn))
    room = columns - left - len("  ") - text
    scale = _points_per_cell(ends, room)
    is_beside = room > 0 and scale <= MAX_POINTS_PER_CELL
    if not is_beside:
        scale = _points_per_cell(ends, columns - left)
    cells = [round(end / scale) for end in ends]
    lowest, extent = min(cells), max(cells) - min(cells) + 1
    for each in drawn:
        low, high = sorted((round(each.start / scale), round(each.end / scale)))
        mark, color = _mark(each.end - each.start)
        width = max(high - low, 1)
        bar = " " * (low - lowest) + click.style(mark * width, fg=color)
        head = f"  {_clipped(each.reason.code, codes):<{codes}} " + click.style(
            f"{each.reason.points:>+{points}}", fg=color
        )
        if is_beside:
            pad = " " * (extent - (low - lowest) - width)
            first, *others = wrap(each.message, columns - left - extent - len("  "))
            yield f"{head}  {bar}{pad}  {first}"
            yield from (" " * (left + extent + len("  ")) + line for line in others)
        else:
            yield f"{head}  {bar}"
            yield from (INDENT + line for line in wrap(each.message, columns - len(INDENT)))
    yield click.style(f"  {'SCORE':<{codes}} {score.score:>{points}}", bold=True)


def _lines(score: AccountFanscore, values: Sequence[Decimal | None]) -> Iterator[_Line]:
    ends = pairwise(accumulate((each.points for each in score.reasons), initial=0))
    for reason, value, (start, end) in zip(score.reasons, values, ends, strict=True):
        # The points of the first reason are its value already, unless that was rounded.
        is_shown = reason is score.reasons[0] and value == reason.points
        message = reason.message if value is None or is_shown else f"{reason.message}: {value:f}"
        yield _Line(reason, message, start, end)


def _points_per_cell(ends: Sequence[int], room: int) -> int:
    """Return about the finest scale at which all ends fit into so many cells."""
    low, high = min(ends), max(ends)
    scale = max(POINTS_PER_CELL, (high - low) // max(room, 1))
    while round(high / scale) - round(low / scale) >= max(room, 1):
        scale += max(scale // 50, 1)  # a step for points of this world, few for any others
    return scale


def _mark(points: int) -> tuple[str, str]:
    if points > 0:
        return "█", "green"
    return ("░", "red") if points < 0 else ("·", "bright_black")


def _clipped(text: str, columns: int) -> str:
    return text if len(text) <= columns else text[: columns - 1] + "…"


def draw_trace(trace: Trace, columns: int) -> str:
    """Draw the steps of a run against its rounds, each round as long as its slowest question.

    Args:
        trace: the run.
        columns: the width of the picture; what does not fit beside the bars goes below.
    """
    total_ms = 1000 * sum(trace.round_took_s(number) for number in range(trace.rounds))
    counts = f"{_count(trace.rounds, 'round')}, {_count(trace.questions, 'question')}"
    head = wrap(f"{counts}, {total_ms:.1f} ms of waiting", columns)
    names = max((len(name) for name in trace.steps), default=0)
    facts = [", ".join(_fact(each) for each in _asked(trace, at)) for at in range(len(trace.steps))]
    left = len(INDENT) + names + len("  ") + _COLUMN_OF_FATE + len("  ")
    bars = (ROUND_CELLS + len("│")) * trace.rounds - len("│")
    if left + bars + len("  ") + max(map(len, facts), default=0) <= columns:
        steps = _steps_in_a_line(trace, names, facts)
    else:
        steps = _steps_in_paragraphs(trace, names, facts, columns)
    return "\n".join([*head, "", *(line.rstrip() for line in steps)])


def _steps_in_a_line(trace: Trace, names: int, facts: Sequence[str]) -> Iterator[str]:
    yield f"{INDENT}{'':<{names}}  {'':<{_COLUMN_OF_FATE}}  {_heads(trace, ROUND_CELLS)}"
    for at, (name, fate, fact) in enumerate(zip(trace.steps, trace.fates, facts, strict=True)):
        pad = " " * (_COLUMN_OF_FATE - len(fate.value))
        bars = _bars(trace, at, ROUND_CELLS)
        yield f" {at + 1:>2} {name:<{names}}  {_colored(fate)}{pad}  {bars}  {fact}"


def _steps_in_paragraphs(
    trace: Trace, names: int, facts: Sequence[str], columns: int
) -> Iterator[str]:
    left = len(INDENT) + names + len("  ")
    cells = _round_cells(trace, columns - left)
    is_beside = cells >= LEAST_ROUND_CELLS
    if not is_beside:
        left, cells = len(INDENT), _round_cells(trace, columns - len(INDENT))
    yield " " * left + _heads(trace, cells)
    for at, (name, fate, fact) in enumerate(zip(trace.steps, trace.fates, facts, strict=True)):
        label, bars = f" {at + 1:>2} {name}", _bars(trace, at, cells)
        if is_beside:
            yield f"{label:<{left}}{bars}"
        else:
            yield _clipped(label, columns)
            if fact:
                yield INDENT + bars
        first, *others = wrap(
            f"{fate.value}: {fact}" if fact else fate.value, columns - len(INDENT)
        )
        yield INDENT + first.replace(fate.value, _colored(fate), 1)
        yield from (INDENT + line for line in others)


def _round_cells(trace: Trace, room: int) -> int:
    """Return how many cells each round has in a room; none where the room does not do."""
    if not trace.rounds:
        return ROUND_CELLS if room >= 0 else 0
    return max(min(ROUND_CELLS, (room + len("│")) // trace.rounds - len("│")), 0)


def _heads(trace: Trace, cells: int) -> str:
    heads = [f"round {number + 1}" for number in range(trace.rounds)]
    if max(map(len, heads), default=0) > cells:
        heads = [str(number + 1) for number in range(trace.rounds)]
    if max(map(len, heads), default=0) > cells:
        return ""
    return "│".join(head.ljust(cells) for head in heads)


def _bars(trace: Trace, step: int, cells: int) -> str:
    """Draw when a step asked, and how long that took; nothing where there are no cells."""
    asked = _asked(trace, step)
    bars = (_bar(trace, asked, number, cells) for number in range(trace.rounds))
    return "│".join(bars) if cells else ""


def _bar(trace: Trace, asked: Sequence[TracedQuestion], number: int, cells: int) -> str:
    longest = trace.round_took_s(number)
    took = [each.took_s for each in asked if each.round == number]
    if not took:
        return " " * cells
    share = max(took) / longest if longest else 1.0
    length = max(round(share * cells), 1)
    return click.style("█" * length, fg="cyan") + " " * (cells - length)


def _colored(fate: Fate) -> str:
    color = _COLOR_OF_FATE.get(fate)
    return click.style(fate.value, fg=color) if color else fate.value


def _asked(trace: Trace, step: int) -> Sequence[TracedQuestion]:
    return [each for each in trace.asked if each.step == step]


def _fact(asked: TracedQuestion) -> str:
    failure = f" {asked.failure}" if asked.failure else ""
    reason = f": {asked.reason}" if asked.reason else ""
    return f"{asked.source} {1000 * asked.took_s:.1f} ms{failure}{reason}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

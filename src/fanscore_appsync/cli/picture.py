"""A score and a run as pictures for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fanscore_core.engine.trace import Fate, Trace, TracedQuestion
from fanscore_core.scoring import AccountFanscore

POINTS_PER_CELL = 4
ROUND_CELLS = 16

_COLUMN_OF_FATE = max(len(fate.value) for fate in Fate)


def draw_score(score: AccountFanscore) -> str:
    """Draw the reasons of a score, each where the ones before it have led to."""
    lines = [f"Score {score.score} of {score.global_user_id}, policy {score.policy_version}", ""]
    width = max(len(reason.code) for reason in score.reasons)
    bounds = [round(each / POINTS_PER_CELL) for ends in _ends(score) for each in ends]
    left, extent = min(bounds), max(bounds) - min(bounds) + 1
    for reason, (start, end) in zip(score.reasons, _ends(score), strict=True):
        low, high = (round(each / POINTS_PER_CELL) - left for each in sorted((start, end)))
        mark = "█" if end > start else "░" if end < start else "·"
        bar = (" " * low + mark * max(high - low, 1)).ljust(extent)
        lines.append(f"  {reason.code:<{width}} {reason.points:>+5}  {bar}  {reason.message}")
    lines.append(f"  {'SCORE':<{width}} {score.score:>5}")
    if score.degraded:
        lines.append(f"  without an answer: {', '.join(each.name for each in score.degraded)}")
    return "\n".join(lines)


def draw_trace(trace: Trace) -> str:
    """Draw the steps of a run against its rounds, each round as long as its slowest question."""
    rounds = range(trace.rounds)
    total_ms = 1000 * sum(trace.round_took_s(number) for number in rounds)
    counts = f"{_count(trace.rounds, 'round')}, {_count(trace.questions, 'question')}"
    lines = [f"{counts}, {total_ms:.1f} ms of waiting", ""]
    width = max((len(name) for name in trace.steps), default=0)
    heads = (f"round {number + 1}".ljust(ROUND_CELLS) for number in rounds)
    lines.append(f"    {'':<{width}}  {'':<{_COLUMN_OF_FATE}}  {'│'.join(heads)}".rstrip())
    for position, (name, fate) in enumerate(zip(trace.steps, trace.fates, strict=True)):
        asked = [each for each in trace.asked if each.step == position]
        bars = "│".join(_bar(trace, asked, number) for number in rounds)
        facts = ", ".join(_fact(each) for each in asked)
        line = (
            f" {position + 1:>2} {name:<{width}}  {fate.value:<{_COLUMN_OF_FATE}}  {bars}  {facts}"
        )
        lines.append(line.rstrip())
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _ends(score: AccountFanscore) -> Iterator[tuple[int, int]]:
    at = 0
    for reason in score.reasons:
        yield at, at + reason.points
        at += reason.points


def _bar(trace: Trace, asked: Sequence[TracedQuestion], number: int) -> str:
    longest = trace.round_took_s(number)
    took = [each.took_s for each in asked if each.round == number]
    if not took:
        return " " * ROUND_CELLS
    share = max(took) / longest if longest else 1.0
    return ("█" * max(round(share * ROUND_CELLS), 1)).ljust(ROUND_CELLS)


def _fact(asked: TracedQuestion) -> str:
    failure = f" {asked.failure}" if asked.failure else ""
    reason = f": {asked.reason}" if asked.reason else ""
    return f"{asked.source} {1000 * asked.took_s:.1f} ms{failure}{reason}"

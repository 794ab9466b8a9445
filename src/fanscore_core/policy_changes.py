"""Where the documents of two policies differ (docs/reference/policy-diff.md)."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from fanscore_core.policy import ScorePolicy


@attrs.frozen
class PolicyChange:
    """A place of the policies' documents where they differ.

    Attributes:
        where: its path, such as ``arm.bands[0].points``.
        old: what the old policy has there; ``None`` for nothing.
        new: what the new policy has there; ``None`` for nothing.
    """

    where: str
    old: str | None
    new: str | None


def policy_changes(old: ScorePolicy, new: ScorePolicy) -> tuple[PolicyChange, ...]:
    """Return where two policies differ: what is of the whole first, and bands by their number."""
    before, after = dict(_members(old)), dict(_members(new))
    return tuple(
        PolicyChange(where, before.get(where), after.get(where))
        for where in sorted({*before, *after}, key=_natural)
        if before.get(where) != after.get(where)
    )


def _members(policy: ScorePolicy) -> Iterable[tuple[str, str]]:
    yield "version", policy.version
    yield "range", f"{policy.range[0]} to {policy.range[1]}"
    yield "no_history_raw_score", str(policy.no_history_raw_score)
    for signal, worth in policy.signals.items():
        yield f"{signal.name}.unavailable", str(worth.unavailable)
        for index, band in enumerate(worth.bands):
            where = f"{signal.name}.bands[{index}]"
            if band.below is not None:
                yield f"{where}.below", f"{band.below:f}"
            yield f"{where}.points", str(band.points)
            yield f"{where}.code", band.code


def _natural(where: str) -> tuple[str, int, str]:
    """Order paths: what is of the whole policy first, and bands by their number."""
    signal, dot, member = where.partition(".")
    if not dot:
        return ("", 0, where)
    number, _, tail = member.removeprefix("bands[").partition("]")
    return (signal, int(number), tail) if tail else (signal, -1, member)

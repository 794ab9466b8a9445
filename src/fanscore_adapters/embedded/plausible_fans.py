"""Findings of fans that might exist, for whoever has none of real ones yet.

The same seed gives the same fans, whatever the machine and the version of Python. How they are
distributed is said in docs/reference/policy-diff.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from random import Random

from fanscore_core.findings import Finding, Findings, ScoreOrigin
from fanscore_core.signals import ARM, EVENT, MODEL, Missing, Signal

NEWCOMERS = 0.30
IDENTITY_SCORES = 0.15
"""Of those with a history."""
ARM_UNAVAILABLE, ARM_NO_SCORE = 0.02, 0.03
EVENT_UNAVAILABLE = 0.01
DEMAND = (0.35, 0.40, 0.15, 0.07, 0.03)
"""How many have 0, 1, 2, 3 and 4 demand records for the event."""
MODEL_UNAVAILABLE = 0.02
NO_VERDICT = {True: 0.25, False: 0.08}
"""Of newcomers, and of the others."""
BOTS = {True: 0.08, False: 0.03}
"""Of newcomers, and of the others."""


def plausible_findings(people: int, seed: int) -> Iterator[Findings]:
    """Return findings of made-up fans, one after the other.

    Args:
        people: how many.
        seed: which fans.
    """
    random = Random(seed)  # noqa: S311  # repeatable, and no secret
    for _ in range(people):
        yield _fan(random)


def _fan(random: Random) -> Findings:
    is_new = random.random() < NEWCOMERS
    signals: Mapping[Signal, Finding] = {
        ARM: _arm(random, is_new=is_new),
        EVENT: _event(random),
        MODEL: _model(random, is_new=is_new),
    }
    if is_new:
        return Findings(ScoreOrigin.NO_HISTORY, None, signals)
    if random.random() < IDENTITY_SCORES:
        raw = _scaled(_mean(random, 2), 1_000, 1)
        return Findings(ScoreOrigin.IDENTITY_SCORE, raw, signals)
    raw = 20 + _scaled(_mean(random, 3), 800, 1)
    return Findings(ScoreOrigin.ACCOUNT_SCORE, raw, signals)


def _arm(random: Random, *, is_new: bool) -> Finding:
    drawn = random.random()
    if drawn < ARM_UNAVAILABLE:
        return Missing.UNAVAILABLE
    if drawn < ARM_UNAVAILABLE + ARM_NO_SCORE:
        return Missing.NO_SCORE
    risk = random.random()
    return _scaled(risk if is_new else risk * risk, 100, 1)


def _event(random: Random) -> Finding:
    if random.random() < EVENT_UNAVAILABLE:
        return Missing.UNAVAILABLE
    drawn = random.random()
    for records, share in enumerate(DEMAND):
        if drawn < share:
            return Decimal(records)
        drawn -= share
    return Decimal(len(DEMAND) - 1)


def _model(random: Random, *, is_new: bool) -> Finding:
    drawn = random.random()
    if drawn < MODEL_UNAVAILABLE:
        return Missing.UNAVAILABLE
    if drawn < MODEL_UNAVAILABLE + NO_VERDICT[is_new]:
        return Missing.NO_VERDICT
    likely = random.random()
    if random.random() < BOTS[is_new]:
        return Decimal("0.7") + _scaled(likely, 300, 3)
    return _scaled(likely * likely, 700, 3)


def _mean(random: Random, count: int) -> float:
    return sum(random.random() for _ in range(count)) / count


def _scaled(share: float, units: int, decimals: int) -> Decimal:
    """Return a share of some units of the last decimal, rounded down."""
    return Decimal(int(share * units)).scaleb(-decimals)

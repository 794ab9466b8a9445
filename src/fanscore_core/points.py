"""The points of signals with their reasons, each made once for a policy and then looked up.

A policy sees of a signal's value only the band that it lies in. So there are few reasons, and few
sums of them, however many fans are scored.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

import attrs

from fanscore_core.findings import Finding, Findings
from fanscore_core.signals import Missing, Signal, SignalPolicy

MOST_SUMS = 4_096
"""So many sums are kept at most; signals of one's own can have more combinations than memory."""


@attrs.frozen
class ScoreReason:
    """One line of the explanation.

    Attributes:
        code: for machines.
        points: what it adds to the score.
        message: for people. Says which band, never the fan's exact value.
    """

    code: str
    points: int
    message: str


@attrs.frozen
class Boost:
    """What one signal adds to the score, and whether that is for want of an answer."""

    signal: Signal
    reason: ScoreReason
    degraded: bool = False


@attrs.frozen
class SignalSum:
    """What all signals together add to a score.

    Attributes:
        points: the sum.
        boosts: the points of each signal; read-only.
        reasons: one for each signal.
        degraded: the signals whose system gave no answer.
    """

    points: int
    boosts: Mapping[Signal, int] = attrs.field(hash=False)
    reasons: tuple[ScoreReason, ...]
    degraded: tuple[Signal, ...]


class _Ladder:
    """The boosts of one signal by their place: its bands as they ascend, then each ``Missing``."""

    __slots__ = ("boosts", "bounds", "missing", "signal")

    def __init__(self, signal: Signal, worth: SignalPolicy) -> None:
        self.signal = signal
        self.bounds = tuple(band.below for band in worth.bands if band.below is not None)
        self.missing = {each: len(worth.bands) + index for index, each in enumerate(Missing)}
        lowers = (None, *self.bounds)
        self.boosts = (
            *(
                Boost(
                    signal, ScoreReason(band.code, band.points, _message(signal, lower, band.below))
                )
                for lower, band in zip(lowers, worth.bands, strict=True)
            ),
            *(_missing_boost(signal, worth, each) for each in Missing),
        )

    def place(self, finding: Finding) -> int:
        if isinstance(finding, Missing):
            return self.missing[finding]
        return bisect_right(self.bounds, finding)


class PointsTable:
    """What findings of signals are worth under one policy.

    Args:
        signals: what each signal is worth, in the order of the reasons.
    """

    __slots__ = ("_ladders", "_rows", "_sums")

    def __init__(self, signals: Mapping[Signal, SignalPolicy]) -> None:
        self._ladders = {signal: _Ladder(signal, worth) for signal, worth in signals.items()}
        # The same once more, unpacked: every decision reads it.
        self._rows = tuple(
            (signal, each.bounds, each.missing, len(each.boosts))
            for signal, each in self._ladders.items()
        )
        self._sums: dict[int, SignalSum] = {}

    def boost(self, signal: Signal, finding: Finding) -> Boost:
        """Look up what one signal is worth."""
        ladder = self._ladders[signal]
        return ladder.boosts[ladder.place(finding)]

    def sum_of(self, findings: Findings) -> SignalSum:
        """Look up what all signals are worth; what was never looked for was not asked."""
        finding_of, key = findings.signals.get, 0
        for signal, bounds, missing, places in self._rows:
            finding = finding_of(signal, Missing.NOT_ASKED)
            place = (
                missing[finding] if isinstance(finding, Missing) else bisect_right(bounds, finding)
            )
            key = key * places + place
        try:
            return self._sums[key]
        except KeyError:
            return self._add_up(findings, key)

    def _add_up(self, findings: Findings, key: int) -> SignalSum:
        boosts = [self.boost(signal, findings.of(signal)) for signal in self._ladders]
        if len(self._sums) >= MOST_SUMS:
            self._sums.clear()
        made = self._sums[key] = SignalSum(
            sum(each.reason.points for each in boosts),
            MappingProxyType({each.signal: each.reason.points for each in boosts}),
            tuple(each.reason for each in boosts),
            tuple(each.signal for each in boosts if each.degraded),
        )
        return made


def _missing_boost(signal: Signal, worth: SignalPolicy, missing: Missing) -> Boost:
    degraded = missing is Missing.UNAVAILABLE
    points = worth.unavailable if degraded else 0
    message = f"{signal.asked} {missing.value}"
    return Boost(signal, ScoreReason(signal.code(missing), points, message), degraded)


def _message(signal: Signal, lower: Decimal | None, below: Decimal | None) -> str:
    return f"{signal.value_name} {_bounds(lower, below)}"


def _bounds(lower: Decimal | None, below: Decimal | None) -> str:
    if lower is None:
        return "is known" if below is None else f"is below {below:f}"
    return f"is {lower:f} or more" + ("" if below is None else f", and below {below:f}")

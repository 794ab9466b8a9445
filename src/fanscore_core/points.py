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
from fanscore_core.signals import Band, Missing, Signal, SignalPolicy

MOST_KEPT = 4_096
"""The most values of a signal, and the most sums, that are kept: memory would not hold all."""


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


class _Places(dict[Finding, int]):
    """The place of what is known of a signal: its bands as they ascend, then each ``Missing``.

    Most people have one of few values, so a value is compared with the bounds once.
    """

    def __init__(self, worth: SignalPolicy) -> None:
        super().__init__()
        self._bounds = tuple(band.below for band in worth.bands if band.below is not None)
        self._reasons = {each: len(worth.bands) + index for index, each in enumerate(Missing)}

    def __missing__(self, finding: Finding) -> int:
        if len(self) >= MOST_KEPT:
            self.clear()
        if isinstance(finding, Missing):
            place = self._reasons[finding]
        else:
            place = bisect_right(self._bounds, finding)
        self[finding] = place
        return place


class PointsTable:
    """What findings of signals are worth under one policy.

    Args:
        signals: what each signal is worth, in the order of the reasons.
    """

    __slots__ = ("_ladders", "_rows", "_sums")

    def __init__(self, signals: Mapping[Signal, SignalPolicy]) -> None:
        self._ladders = {
            signal: (_Places(worth), _boosts(signal, worth)) for signal, worth in signals.items()
        }
        # The same once more, unpacked: every decision reads it.
        self._rows = tuple(
            (signal, places, len(boosts)) for signal, (places, boosts) in self._ladders.items()
        )
        self._sums: dict[int, SignalSum] = {}

    def boost(self, signal: Signal, finding: Finding) -> Boost:
        """Look up what one signal is worth.

        Raises:
            KeyError: the policy does not know the signal.
        """
        places, boosts = self._ladders[signal]
        return boosts[places[finding]]

    def bands(self, findings: Findings) -> dict[str, int | str]:
        """Return for each signal the index of its value's band, from 0, or why there is no value.

        Signals and reasons go by their names.
        """
        return {
            signal.name: finding.name if isinstance(finding, Missing) else places[finding]
            for signal, places, _ in self._rows
            for finding in (findings.of(signal),)
        }

    def sum_of(self, findings: Findings) -> SignalSum:
        """Look up what all signals are worth; what was never looked for was not asked."""
        signals, key = findings.signals, 0
        try:
            for signal, places, count in self._rows:
                key = key * count + places[signals[signal]]
            return self._sums[key]
        except KeyError:
            return self._add_up(findings)

    def _add_up(self, findings: Findings) -> SignalSum:
        found, key = [], 0
        for signal, (places, boosts) in self._ladders.items():
            place = places[findings.of(signal)]
            found.append(boosts[place])
            key = key * len(boosts) + place
        if len(self._sums) >= MOST_KEPT:
            self._sums.clear()
        made = self._sums[key] = SignalSum(
            sum(each.reason.points for each in found),
            MappingProxyType({each.signal: each.reason.points for each in found}),
            tuple(each.reason for each in found),
            tuple(each.signal for each in found if each.degraded),
        )
        return made


def _boosts(signal: Signal, worth: SignalPolicy) -> tuple[Boost, ...]:
    lowers = (None, *(band.below for band in worth.bands))
    return (
        *(
            _band_boost(signal, lower, band)
            for lower, band in zip(lowers, worth.bands, strict=False)
        ),
        *(_missing_boost(signal, worth, each) for each in Missing),
    )


def _band_boost(signal: Signal, lower: Decimal | None, band: Band) -> Boost:
    message = f"{signal.value_name} {_bounds(lower, band.below)}"
    return Boost(signal, ScoreReason(band.code, band.points, message))


def _missing_boost(signal: Signal, worth: SignalPolicy, missing: Missing) -> Boost:
    degraded = missing is Missing.UNAVAILABLE
    points = worth.unavailable if degraded else 0
    message = f"{signal.asked} {missing.value}"
    return Boost(signal, ScoreReason(signal.code(missing), points, message), degraded)


def _bounds(lower: Decimal | None, below: Decimal | None) -> str:
    if lower is None:
        return "is known" if below is None else f"is below {below:f}"
    return f"is {lower:f} or more" + ("" if below is None else f", and below {below:f}")

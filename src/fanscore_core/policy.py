"""The score policy: how many points a signal is worth (docs/reference/score-policy.md).

A policy is data. Where a signal's value lies among ascending bands decides the points; the last
band is open, so that there is no gap and no overlap.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.findings import ScoreOrigin
from fanscore_core.signals import SIGNALS, Signal, SignalPolicy

CLAMPED = "CLAMPED"
"""Code of the reason that has what the range cut off."""


def _read_only(signals: Mapping[Signal, SignalPolicy]) -> Mapping[Signal, SignalPolicy]:
    return MappingProxyType(dict(signals))


@attrs.frozen
class ScorePolicy:
    """A complete, versioned policy.

    Attributes:
        version: the policy's name, part of each score.
        range: the least and the greatest score.
        no_history_raw_score: the raw score of a fan of whom nothing is known.
        signals: what each signal is worth, in the order of the reasons.

    Raises:
        InvalidInput: a part does not fit the others; names its path.
    """

    version: str
    range: tuple[int, int]
    no_history_raw_score: int
    signals: Mapping[Signal, SignalPolicy] = attrs.field(converter=_read_only, hash=False)

    def __attrs_post_init__(self) -> None:
        """Check what no part of a policy can check alone."""
        low, high = self.range
        if not self.version:
            raise InvalidInput("version", "expected a name")
        if not low < high:
            raise InvalidInput("range", "expected the least score, then the greatest")
        if not low <= self.no_history_raw_score <= high:
            raise InvalidInput("no_history_raw_score", f"expected {low} to {high}")
        _check_codes(self.signals)

    def of(self, signal: Signal) -> SignalPolicy:
        """Return what one signal is worth."""
        return self.signals[signal]


def reserved_codes(signals: Mapping[Signal, SignalPolicy]) -> frozenset[str]:
    """Return the reason codes that have a meaning of their own, and that no band may have."""
    missing = {signal.code(missing) for signal in signals for missing in signal.missing}
    return frozenset({CLAMPED, *missing, *(origin.name for origin in ScoreOrigin)})


def _check_codes(signals: Mapping[Signal, SignalPolicy]) -> None:
    reserved = reserved_codes(signals)
    seen: set[str] = set()
    for signal, policy in signals.items():
        for index, band in enumerate(policy.bands):
            where = f"{signal.name}.bands[{index}].code"
            if band.code in reserved:
                raise InvalidInput(where, "this code has a meaning of its own")
            if band.code in seen:
                raise InvalidInput(where, "another band has this code")
            seen.add(band.code)


DEFAULT_POLICY = ScorePolicy(
    "2026-11-01", (0, 100), 50, {signal: signal.default for signal in SIGNALS}
)
"""The policy that is shipped with fanscore."""

"""The score policy: how many points a signal is worth (docs/reference/score-policy.md).

A policy is data. Where a signal's value lies among ascending bands decides the points; the last
band is open, so that there is no gap and no overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import cast

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.findings import ScoreOrigin
from fanscore_core.jcs import jcs_digest
from fanscore_core.points import PointsTable
from fanscore_core.scalars import TEXT_RULE, is_text
from fanscore_core.signals import SIGNALS, Band, Signal, SignalPolicy, checked_integer

CLAMPED = "CLAMPED"
"""Code of the reason that has what the range cut off."""


def _read_only(signals: Mapping[Signal, SignalPolicy]) -> Mapping[Signal, SignalPolicy]:
    return MappingProxyType(dict(signals))


def _pair(ends: Sequence[int]) -> tuple[int, int]:
    given = tuple(ends) if isinstance(ends, list) else ends
    return cast("tuple[int, int]", given)  # what else it must be is checked with the rest


@attrs.frozen
class ScorePolicy:
    """A complete, versioned policy.

    Attributes:
        version: the policy's name, part of each score.
        range: the least and the greatest score; less than 2^53 either way.
        no_history_raw_score: the raw score of a fan of whom nothing is known.
        signals: what each signal is worth, in the order of the reasons.

    Raises:
        InvalidInput: a part does not fit the others; names its path.
    """

    version: str
    range: tuple[int, int] = attrs.field(converter=_pair)
    no_history_raw_score: int
    signals: Mapping[Signal, SignalPolicy] = attrs.field(converter=_read_only, hash=False)

    def __attrs_post_init__(self) -> None:
        """Check what no part of a policy can check alone."""
        _check_version(self.version)
        _check_range(self.range)
        low, high = self.range
        checked_integer("no_history_raw_score", self.no_history_raw_score)
        if not low <= self.no_history_raw_score <= high:
            raise InvalidInput("no_history_raw_score", f"expected {low} to {high}")
        _check_kinds(self.signals)
        _check_codes(self.signals)

    @cached_property
    def digest(self) -> str:
        """What tells this policy from any other: a SHA-256, in 64 hexadecimal digits.

        It is taken of the policy's document in canonical JSON (RFC 8785), each bound as a string of
        plain digits, and each signal in it, also one that a file left to its default. So neither
        the order of members in a file matters nor whether it says 0.2 or 0.20
        (docs/reference/score-policy.md).
        """
        return jcs_digest(_document(self))

    @cached_property
    def points(self) -> PointsTable:
        """The points of its signals with their reasons, ready to be looked up."""
        return PointsTable(self.signals)

    def of(self, signal: Signal) -> SignalPolicy:
        """Return what one signal is worth."""
        return self.signals[signal]


def reserved_codes(signals: Mapping[Signal, SignalPolicy]) -> frozenset[str]:
    """Return the reason codes that have a meaning of their own, and that no band may have."""
    missing = {signal.code(missing) for signal in signals for missing in signal.missing}
    return frozenset({CLAMPED, *missing, *(origin.name for origin in ScoreOrigin)})


def _check_version(version: object) -> None:
    if type(version) is not str or not version:
        raise InvalidInput("version", "expected a name")
    if not is_text(version):
        raise InvalidInput("version", TEXT_RULE)


def _check_range(ends: object) -> None:
    match ends:
        case (low, high):
            if checked_integer("range[0]", low) < checked_integer("range[1]", high):
                return
        case _:
            pass
    raise InvalidInput("range", "expected the least score, then the greatest")


def _check_kinds(signals: Mapping[Signal, SignalPolicy]) -> None:
    for signal, worth in signals.items():
        if not isinstance(signal, Signal):
            raise InvalidInput("signals", f"expected a Signal, got {type(signal).__name__}")
        if not isinstance(worth, SignalPolicy):
            raise InvalidInput(signal.name, f"expected a SignalPolicy, got {type(worth).__name__}")


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


def _document(policy: ScorePolicy) -> Mapping[str, object]:
    sections = {
        signal.name: {"unavailable": worth.unavailable, "bands": [*map(_band, worth.bands)]}
        for signal, worth in policy.signals.items()
    }
    return {
        "version": policy.version,
        "range": policy.range,
        "no_history_raw_score": policy.no_history_raw_score,
        **sections,
    }


def _band(band: Band) -> Mapping[str, object]:
    bound = {} if band.below is None else {"below": f"{band.below:f}"}
    return {**bound, "points": band.points, "code": band.code}


DEFAULT_POLICY = ScorePolicy(
    "2026-11-01", (0, 100), 50, {signal: signal.default for signal in SIGNALS}
)
"""The policy that is shipped with fanscore."""

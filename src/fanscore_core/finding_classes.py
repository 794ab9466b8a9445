"""Classes of findings that two policies cannot tell apart, and how many people are in each.

A policy sees of a signal's value only the band that it lies in, and of a raw score only the integer
that it rounds to. So a million findings fold into some thousands of classes, and it is enough to
decide each class once (docs/reference/policy-diff.md).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TypeAlias

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.findings import Finding, Findings, ScoreOrigin, round_half_up
from fanscore_core.policy import ScorePolicy
from fanscore_core.signals import Missing, Signal

Place: TypeAlias = int | Missing
"""Where a signal's value lies: the index of a band among the bounds of both policies, from 0; or
why there is no value."""


@attrs.frozen
class FindingClass:
    """Findings that two policies cannot tell apart.

    Attributes:
        origin: where the base score was found, or that there is none.
        raw: the raw score, rounded half up; ``None`` for ``NO_HISTORY``.
        places: of each signal, in the order of the policies' signals.
    """

    origin: ScoreOrigin
    raw: int | None
    places: tuple[Place, ...]


def _read_only(
    bounds: Mapping[Signal, Sequence[Decimal]],
) -> Mapping[Signal, Sequence[Decimal]]:
    return MappingProxyType(dict(bounds))


@attrs.frozen
class SharedBands:
    """The bands into which the bounds of two policies together part the values of each signal.

    Attributes:
        bounds: of each signal, ascending, each bound once.
    """

    bounds: Mapping[Signal, Sequence[Decimal]] = attrs.field(converter=_read_only, hash=False)

    def count(self, findings: Iterable[Findings]) -> Mapping[FindingClass, int]:
        """Count findings by class. They are used as they come, and none is kept.

        Raises:
            InvalidInput: findings have a signal that the policies do not know.
        """
        known = self.bounds.keys()
        counted: Counter[tuple[ScoreOrigin, int | None, tuple[Place, ...]]] = Counter()
        for each in findings:
            if not each.signals.keys() <= known:
                raise InvalidInput("findings.signals", "a signal that the policies do not know")
            raw = None if each.raw is None else round_half_up(each.raw)
            places = tuple(self.place(signal, each.of(signal)) for signal in self.bounds)
            counted[each.origin, raw, places] += 1
        return {FindingClass(*key): people for key, people in counted.items()}

    def place(self, signal: Signal, finding: Finding) -> Place:
        """Return where what is known of a signal lies."""
        if isinstance(finding, Missing):
            return finding
        return bisect_right(self.bounds[signal], finding)

    def example(self, finding_class: FindingClass) -> Findings:
        """Return findings of a class, which are as good as any other of it."""
        signals = zip(self.bounds.items(), finding_class.places, strict=True)
        return Findings(
            finding_class.origin,
            None if finding_class.raw is None else Decimal(finding_class.raw),
            {signal: _value(ascending, place) for (signal, ascending), place in signals},
        )

    def name(self, signal: Signal, place: Place) -> str:
        """Name a place, such as ``3 to below 6`` or ``no score``."""
        if isinstance(place, Missing):
            return place.name.lower().replace("_", " ")
        ascending = self.bounds[signal]
        if not ascending:
            return "any value"
        if place == 0:
            return f"below {ascending[0]:f}"
        lower = f"{ascending[place - 1]:f}"
        return (
            f"{lower} or more"
            if place == len(ascending)
            else f"{lower} to below {ascending[place]:f}"
        )


def shared_bands(old: ScorePolicy, new: ScorePolicy) -> SharedBands:
    """Return the bands of two policies together.

    Raises:
        InvalidInput: they do not say the worth of the same signals.
    """
    if old.signals.keys() != new.signals.keys():
        raise InvalidInput("new.signals", "expected the signals of the old policy")
    return SharedBands(
        {
            signal: tuple(
                sorted(
                    {
                        band.below
                        for policy in (old, new)
                        for band in policy.of(signal).bands
                        if band.below is not None
                    }
                )
            )
            for signal in old.signals
        }
    )


def _value(ascending: Sequence[Decimal], place: Place) -> Decimal | Missing:
    if isinstance(place, Missing):
        return place
    if place > 0:
        return ascending[place - 1]
    return ascending[0] - 1 if ascending else Decimal(0)

"""Whether a policy is hard on newcomers, by the measures that the literature has names for.

The scores are compared as predictions are: with ``mean_prediction`` of fairlearn's ``MetricFrame``
(https://fairlearn.org/main/user_guide/assessment/common_fairness_metrics.html).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction

import attrs

from fanscore_core.cohorts import LEAST_SHOWN, DecidedClass, mean_score, place_order
from fanscore_core.finding_classes import FindingClass, Place, SharedBands
from fanscore_core.findings import ScoreOrigin
from fanscore_core.ids import GlobalUserId
from fanscore_core.policy import ScorePolicy
from fanscore_core.scoring import decide
from fanscore_core.signals import ARM, MODEL

NOBODY = GlobalUserId("nobody")
"""Whose score is decided where it is anybody's."""


@attrs.frozen
class Stratum:
    """Newcomers and others of whom ARM and the bot model know alike.

    Attributes:
        name: the places of both signals.
        difference: between the mean scores of newcomers and others; 0 or more.
        ratio: the lower mean by the higher; ``None`` where that says nothing.
    """

    name: str
    difference: Fraction
    ratio: Fraction | None


@attrs.frozen
class NewcomerBias:
    """How newcomers fare under one policy, beside people with a history.

    Attributes:
        difference: demographic parity difference: between both mean scores; 0 or more.
        ratio: demographic parity ratio: the lower mean score by the higher; ``None`` where one of
            them is negative, or both are 0.
        ratio_to_others: the newcomers' mean score by that of the others; ``None`` likewise, or
            where that of the others is 0.
        strata: conditional parity: the same within equal ARM and model, where newcomers and others
            are 20 or more each.
        penalty: how much lower, in the mean, people with a history would score as newcomers, with
            all else as it is; negative if they would score higher.
    """

    difference: Fraction
    ratio: Fraction | None
    ratio_to_others: Fraction | None
    strata: tuple[Stratum, ...]
    penalty: Fraction

    @property
    def conditional_difference(self) -> Fraction | None:
        """The greatest difference of a stratum; ``None`` where there is no stratum."""
        return max((each.difference for each in self.strata), default=None)

    @property
    def conditional_ratio(self) -> Fraction | None:
        """The least ratio of a stratum; ``None`` where there is none."""
        return min((each.ratio for each in self.strata if each.ratio is not None), default=None)


def newcomer_bias(
    policy: ScorePolicy, side: str, bands: SharedBands, classes: Sequence[DecidedClass]
) -> NewcomerBias:
    """Measure how newcomers fare under a policy.

    Args:
        policy: that decided.
        side: which of the classes' scores is the policy's: ``old`` or ``new``.
        bands: of both policies.
        classes: of newcomers and of others, at least one each.
    """
    newcomers = [each for each in classes if each.is_new]
    others = [each for each in classes if not each.is_new]
    theirs, rest = mean_score(newcomers, side), mean_score(others, side)
    return NewcomerBias(
        abs(theirs - rest),
        _ratio(min(theirs, rest), max(theirs, rest)),
        _ratio(theirs, rest),
        _strata(side, bands, classes),
        _penalty(policy, side, bands, others),
    )


def _ratio(number: Fraction, by: Fraction) -> Fraction | None:
    return number / by if number >= 0 and by > 0 else None


def _strata(side: str, bands: SharedBands, classes: Sequence[DecidedClass]) -> tuple[Stratum, ...]:
    signals = [
        (index, signal) for index, signal in enumerate(bands.bounds) if signal in (ARM, MODEL)
    ]
    groups: defaultdict[tuple[Place, ...], tuple[list[DecidedClass], list[DecidedClass]]]
    groups = defaultdict(lambda: ([], []))
    for each in classes:
        key = tuple(each.findings.places[index] for index, _ in signals)
        groups[key][each.is_new].append(each)
    strata = []
    for key, (others, newcomers) in sorted(groups.items(), key=_order):
        if min(_people(newcomers), _people(others)) >= LEAST_SHOWN:
            theirs, rest = mean_score(newcomers, side), mean_score(others, side)
            named = zip(signals, key, strict=True)
            name = ", ".join(f"{each.name} {bands.name(each, place)}" for (_, each), place in named)
            ratio = _ratio(min(theirs, rest), max(theirs, rest))
            strata.append(Stratum(name, abs(theirs - rest), ratio))
    return tuple(strata)


def _order(group: tuple[tuple[Place, ...], object]) -> list[tuple[int, int, str]]:
    return [place_order(place) for place in group[0]]


def _penalty(
    policy: ScorePolicy, side: str, bands: SharedBands, others: Sequence[DecidedClass]
) -> Fraction:
    as_newcomers: Counter[FindingClass] = Counter()
    for each in others:
        as_newcomers[FindingClass(ScoreOrigin.NO_HISTORY, None, each.findings.places)] += (
            each.people
        )
    total = sum(
        people * decide(policy, NOBODY, bands.example(newcomers)).score
        for newcomers, people in as_newcomers.items()
    )
    return mean_score(others, side) - Fraction(total, _people(others))


def _people(classes: Sequence[DecidedClass]) -> int:
    return sum(each.people for each in classes)

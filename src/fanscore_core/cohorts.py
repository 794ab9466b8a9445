"""Cohorts: what two policies do to people of one kind, without showing few of them.

A cohort of fewer than 20 people is withheld, together with the next smallest of its partition, so
that it cannot be worked out from the sum (docs/reference/policy-diff.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import fsum
from typing import TypeAlias, TypeVar

import attrs

from fanscore_core.finding_classes import FindingClass, Place, SharedBands
from fanscore_core.findings import ScoreOrigin
from fanscore_core.scoring import AccountFanscore
from fanscore_core.signals import Missing, Signal

Cell: TypeAlias = Place | str
"""A cell of a partition: a signal's place, or the name of the cohort."""

CellT = TypeVar("CellT", bound=Cell)

LEAST_SHOWN = 20
"""So many people a cohort or an example has at least."""

HISTORY = "newcomers and others"
ORIGIN = "origin of the score"
DEGRADED = "degraded or not"
"""Partitions beside those of the signals; no signal's name has a space."""

NEWCOMERS = "newcomers"

_ORIGINS = {
    ScoreOrigin.ACCOUNT_SCORE: "account score",
    ScoreOrigin.IDENTITY_SCORE: "identity score",
}


@attrs.frozen
class DecidedClass:
    """A class of findings, decided by both policies.

    Attributes:
        findings: what the people of the class have in common.
        people: how many they are.
        old: their score under the old policy.
        new: their score under the new policy.
        old_chance: of a seat under the old policy; ``None`` where no draw is given.
        new_chance: of a seat under the new policy; ``None`` likewise.
    """

    findings: FindingClass
    people: int
    old: AccountFanscore
    new: AccountFanscore
    old_chance: float | None = None
    new_chance: float | None = None

    @property
    def is_new(self) -> bool:
        """Whether nothing was known of these people."""
        return self.findings.origin is ScoreOrigin.NO_HISTORY


@attrs.frozen
class Worth:
    """What one policy gives a cohort for what its people have in common."""

    code: str
    points: int


@attrs.frozen
class Standing:
    """How a cohort stands under one policy.

    Attributes:
        mean: its mean score, exactly.
        chance: its mean chance of a seat, from 0 to 1; ``None`` where no draw is given.
    """

    mean: Fraction
    chance: float | None


@attrs.frozen
class Count:
    """How many people a cohort has, how many of them move, and how they stand."""

    people: int
    up: int
    down: int
    old: Standing
    new: Standing


@attrs.frozen
class Cohort:
    """People who have something in common.

    Attributes:
        name: what they have in common, such as ``3 to below 6``.
        old: what the old policy gives for it; ``None`` where that differs among them.
        new: what the new policy gives for it.
        count: ``None`` where it is withheld.
    """

    name: str
    old: Worth | None
    new: Worth | None
    count: Count | None


@attrs.frozen
class Partition:
    """Cohorts that have nobody in common; nobody belongs to none that has people of its kind.

    Attributes:
        name: ``newcomers and others``, ``origin of the score`` (of those with a history), a
            signal's name, or ``degraded or not``.
        cohorts: those that have people.
    """

    name: str
    cohorts: tuple[Cohort, ...]

    @property
    def is_withheld(self) -> bool:
        """Whether a cohort is withheld."""
        return any(each.count is None for each in self.cohorts)


@attrs.frozen
class Partitions:
    """All partitions, and which cells of them are withheld.

    Attributes:
        shown: in the order of a report.
        hidden: the people of each withheld cell, by partition and cell.
    """

    shown: tuple[Partition, ...]
    hidden: Mapping[tuple[str, Cell], int] = attrs.field(hash=False)


def partitions(bands: SharedBands, classes: Sequence[DecidedClass]) -> Partitions:
    """Part people in each of the ways of a report, and withhold what would show few of them."""
    history = _grouped(classes, _history)
    origin = _grouped([each for each in classes if not each.is_new], _origin)
    by_signal = {
        signal: _grouped(classes, _place_of(index)) for index, signal in enumerate(bands.bounds)
    }
    degraded = _grouped(classes, _degraded)
    few_newcomers = withheld(_sizes(history))
    # Were those with a history shown by origin, they could be counted.
    few_of_origin = frozenset(origin) if few_newcomers else withheld(_sizes(origin))
    few = {signal: withheld(_sizes(groups)) for signal, groups in by_signal.items()}
    # Those without an answer of one system may be all of the degraded.
    is_telling = any(Missing.UNAVAILABLE in cells for cells in few.values())
    few_degraded = frozenset(degraded) if is_telling else withheld(_sizes(degraded))
    shown = (
        Partition(HISTORY, _cohorts(history, few_newcomers, _of_base)),
        Partition(ORIGIN, _cohorts(origin, few_of_origin, _of_none)),
        *(
            Partition(signal.name, _placed(bands, signal, groups, few[signal]))
            for signal, groups in by_signal.items()
        ),
        Partition(DEGRADED, _cohorts(degraded, few_degraded, _of_none)),
    )
    hidden = {
        **_hidden(HISTORY, few_newcomers, _sizes(history)),
        **_hidden(ORIGIN, few_of_origin, _sizes(origin)),
        **_hidden(DEGRADED, few_degraded, _sizes(degraded)),
    }
    for signal, groups in by_signal.items():
        hidden.update(_hidden(signal.name, few[signal], _sizes(groups)))
    return Partitions(shown, hidden)


def examples(
    bands: SharedBands, parted: Partitions, classes: Iterable[DecidedClass], most: int
) -> tuple[DecidedClass, ...]:
    """Return the first classes that may be shown alone.

    Each has 20 people or more; and of each withheld cell, 20 or more are in no example, or the cell
    could be worked out from its examples.

    Args:
        bands: of both policies.
        parted: the partitions of all people.
        classes: from the most telling one on.
        most: how many are wanted.
    """
    left = dict(parted.hidden)
    chosen: list[DecidedClass] = []
    for each in classes:
        cells = [cell for cell in _cells(bands, each) if cell in left]
        if len(chosen) == most:
            break
        if each.people < LEAST_SHOWN:
            continue
        if all(left[cell] - each.people >= LEAST_SHOWN for cell in cells):
            chosen.append(each)
            left.update({cell: left[cell] - each.people for cell in cells})
    return tuple(chosen)


def withheld(sizes: Mapping[CellT, int]) -> frozenset[Cell]:
    """Return the cells of a partition to withhold: those under 20, and the next smallest.

    Args:
        sizes: the people of each cell, at least one each; of equal cells, the first is smaller.
    """
    ordered = sorted(sizes, key=sizes.__getitem__)
    small = sum(people < LEAST_SHOWN for people in sizes.values())
    return frozenset(ordered[: small + 1] if small else ())


def mean_score(classes: Iterable[DecidedClass], side: str) -> Fraction:
    """Return the mean score of at least one class, exactly.

    Args:
        classes: of whom.
        side: ``old`` or ``new``.
    """
    people = total = 0
    for each in classes:
        people += each.people
        total += each.people * (each.old if side == "old" else each.new).score
    return Fraction(total, people)


def _mean_chance(classes: Sequence[DecidedClass], side: str) -> float | None:
    chances = []
    for each in classes:
        chance = each.old_chance if side == "old" else each.new_chance
        if chance is None:
            return None
        chances.append(chance * each.people)
    return fsum(chances) / sum(each.people for each in classes)


def count_of(classes: Sequence[DecidedClass]) -> Count:
    """Count the people of at least one class, and say how they stand."""
    return Count(
        sum(each.people for each in classes),
        sum(each.people for each in classes if each.new.score > each.old.score),
        sum(each.people for each in classes if each.new.score < each.old.score),
        Standing(mean_score(classes, "old"), _mean_chance(classes, "old")),
        Standing(mean_score(classes, "new"), _mean_chance(classes, "new")),
    )


def _history(each: DecidedClass) -> str:
    return NEWCOMERS if each.is_new else "with a history"


def _origin(each: DecidedClass) -> str:
    return _ORIGINS[each.findings.origin]


def _degraded(each: DecidedClass) -> str:
    return "degraded" if Missing.UNAVAILABLE in each.findings.places else "not degraded"


def _place_of(index: int) -> Callable[[DecidedClass], Place]:
    return lambda each: each.findings.places[index]


def _cells(bands: SharedBands, each: DecidedClass) -> list[tuple[str, Cell]]:
    """Return the cells that a class lies in, by partition."""
    cells: list[tuple[str, Cell]] = [(HISTORY, _history(each)), (DEGRADED, _degraded(each))]
    if not each.is_new:
        cells.append((ORIGIN, _origin(each)))
    places = zip(bands.bounds, each.findings.places, strict=True)
    return [*cells, *((signal.name, place) for signal, place in places)]


def _hidden(
    name: str, few: Iterable[Cell], sizes: Mapping[CellT, int]
) -> Mapping[tuple[str, Cell], int]:
    return {(name, cell): people for cell, people in sizes.items() if cell in few}


def _grouped(
    classes: Iterable[DecidedClass], key: Callable[[DecidedClass], CellT]
) -> dict[CellT, list[DecidedClass]]:
    groups: defaultdict[CellT, list[DecidedClass]] = defaultdict(list)
    for each in classes:
        groups[key(each)].append(each)
    return dict(sorted(groups.items(), key=lambda item: place_order(item[0])))


def place_order(cell: Cell) -> tuple[int, int, str]:
    """Return what orders bands as they ascend, then reasons to have no value, then names."""
    match cell:
        case int():
            return (0, cell, "")
        case Missing():
            return (1, list(Missing).index(cell), "")
        case _:
            return (2, 0, str(cell))


def _sizes(groups: Mapping[CellT, Sequence[DecidedClass]]) -> Mapping[CellT, int]:
    return {key: sum(each.people for each in group) for key, group in groups.items()}


def _cohorts(
    groups: Mapping[str, Sequence[DecidedClass]],
    hidden: frozenset[Cell],
    worth: Callable[[AccountFanscore], Worth | None],
) -> tuple[Cohort, ...]:
    return tuple(
        Cohort(name, worth(group[0].old), worth(group[0].new), _unless(name in hidden, group))
        for name, group in groups.items()
    )


def _placed(
    bands: SharedBands,
    signal: Signal,
    groups: Mapping[Place, Sequence[DecidedClass]],
    hidden: frozenset[Cell],
) -> tuple[Cohort, ...]:
    return tuple(
        Cohort(
            bands.name(signal, place),
            _of_signal(group[0].old, signal),
            _of_signal(group[0].new, signal),
            _unless(place in hidden, group),
        )
        for place, group in groups.items()
    )


def _unless(is_hidden: bool, group: Sequence[DecidedClass]) -> Count | None:  # noqa: FBT001  # private
    return None if is_hidden else count_of(group)


def _of_signal(score: AccountFanscore, signal: Signal) -> Worth:
    reason = score.reasons[1 + list(score.boosts).index(signal)]
    return Worth(reason.code, reason.points)


def _of_base(score: AccountFanscore) -> Worth | None:
    base = score.reasons[0]
    is_new = base.code == ScoreOrigin.NO_HISTORY.name
    return Worth(base.code, base.points) if is_new else None


def _of_none(_score: AccountFanscore) -> None:
    return None

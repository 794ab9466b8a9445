"""What a change of policy does to people: a pure function of two policies and findings.

See docs/reference/policy-diff.md for what each figure says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias

import attrs

from fanscore_core.cohorts import (
    HISTORY,
    NEWCOMERS,
    Count,
    DecidedClass,
    Partition,
    Partitions,
    count_of,
    examples,
    partitions,
)
from fanscore_core.errors import InvalidInput
from fanscore_core.finding_classes import FindingClass, SharedBands, shared_bands
from fanscore_core.findings import Findings
from fanscore_core.newcomer_bias import NOBODY, NewcomerBias, newcomer_bias
from fanscore_core.policy import CLAMPED, ScorePolicy
from fanscore_core.policy_changes import PolicyChange, policy_changes
from fanscore_core.scoring import AccountFanscore, decide
from fanscore_core.seat_chances import Draw, seat_chances

Figure: TypeAlias = Fraction | float
"""A number of a report; exact, but for what chances it is made of."""

MOST_EXAMPLES = 10
MOST_BUCKETS = 22

BASE = "base score"
CLAMP = "limits of the range"


@attrs.frozen
class Moves:
    """How many people move in one direction, and by how many points.

    Attributes:
        people: how many.
        mean: by how many points in the mean, 0 or more; 0 where nobody moves.
        most: by how many points at most.
    """

    people: int
    mean: Fraction
    most: int


@attrs.frozen
class ReasonMoves:
    """Of how many people one reason's points differ, whether or not the score does.

    Attributes:
        reason: ``base score``, a signal's name, or ``limits of the range``.
        up: who gets more points for it; ``None`` where it is withheld.
        down: who gets fewer points for it; ``None`` where it is withheld.
    """

    reason: str
    up: Moves | None
    down: Moves | None


@attrs.frozen
class Bucket:
    """How many people score from ``at_least`` to ``at_most`` under each policy."""

    at_least: int
    at_most: int
    old: int
    new: int


def _read_only(findings: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(findings))


@attrs.frozen
class Example:
    """At least 20 people who move, and whom neither policy can tell apart.

    Attributes:
        people: how many they are.
        findings: what they have in common, by name: ``origin``, ``raw`` where they have a history,
            and the signals.
        old: their score under the old policy.
        new: their score under the new policy.
    """

    people: int
    findings: Mapping[str, str] = attrs.field(converter=_read_only, hash=False)
    old: int
    new: int


@attrs.frozen
class PolicyDiff:
    """What a change of policy does to people.

    Attributes:
        old: the policy of before.
        new: the policy of after.
        changes: where they differ.
        draw: of the chances; ``None`` where none is given.
        everybody: all people; ``None`` where there are none.
        up: who scores more under the new policy.
        down: who scores less under the new policy.
        distribution: of the scores, in buckets of one width.
        reasons: whose points moved people.
        partitions: the cohorts.
        examples: the classes that move the most points.
        old_bias: newcomers under the old policy; ``None`` where it is withheld, or there are none.
        new_bias: newcomers under the new policy; ``None`` likewise.
    """

    old: ScorePolicy
    new: ScorePolicy
    changes: tuple[PolicyChange, ...]
    draw: Draw | None
    everybody: Count | None
    up: Moves
    down: Moves
    distribution: tuple[Bucket, ...]
    reasons: tuple[ReasonMoves, ...]
    partitions: tuple[Partition, ...]
    examples: tuple[Example, ...]
    old_bias: NewcomerBias | None
    new_bias: NewcomerBias | None

    @property
    def people(self) -> int:
        """How many people the findings are of."""
        return 0 if self.everybody is None else self.everybody.people

    def partition(self, name: str) -> Partition:
        """Return a partition by its name."""
        return next(each for each in self.partitions if each.name == name)


def diff(
    old: ScorePolicy, new: ScorePolicy, findings: Iterable[Findings], draw: Draw | None = None
) -> PolicyDiff:
    """Say what a change of policy does to people.

    Args:
        old: the policy of before.
        new: the policy of after.
        findings: one for each person. They are used as they come, and none is kept.
        draw: of seats, for chances; ``None`` for no chances.

    Raises:
        InvalidInput: the policies differ and have one version, or do not say the worth of the same
            signals; or findings have a signal that they do not know.
    """
    return diff_of_classes(old, new, compared_bands(old, new).count(findings), draw)


def compared_bands(old: ScorePolicy, new: ScorePolicy) -> SharedBands:
    """Return the bands of two policies together, by which people are counted to compare them.

    Raises:
        InvalidInput: the policies differ and have one version, or do not say the worth of the same
            signals.
    """
    if old.version == new.version and old != new:
        raise InvalidInput("new.version", "the old policy, which differs, has this version")
    return shared_bands(old, new)


def diff_of_classes(
    old: ScorePolicy,
    new: ScorePolicy,
    people: Mapping[FindingClass, int],
    draw: Draw | None = None,
) -> PolicyDiff:
    """Say what a change of policy does to people who were counted by class.

    Args:
        old: the policy of before.
        new: the policy of after.
        people: how many there are of each class of ``compared_bands``.
        draw: of seats, for chances; ``None`` for no chances.

    Raises:
        InvalidInput: as ``compared_bands``.
    """
    bands = compared_bands(old, new)
    classes = _decided(old, new, bands, people)
    if draw is not None:
        classes = _with_chances(draw, classes)
    parted = partitions(bands, classes)
    bias = _measured_bias(parted.shown, classes)
    return PolicyDiff(
        old,
        new,
        policy_changes(old, new),
        draw,
        count_of(classes) if classes else None,
        _moves([(each.new.score - each.old.score, each.people) for each in classes]),
        _moves([(each.old.score - each.new.score, each.people) for each in classes]),
        _distribution(old, new, classes),
        tuple(_reasons(bands, parted.shown, classes)),
        parted.shown,
        _examples(bands, parted, classes),
        newcomer_bias(old, "old", bands, classes) if bias else None,
        newcomer_bias(new, "new", bands, classes) if bias else None,
    )


def figures(report: PolicyDiff) -> Mapping[str, Figure | None]:
    """Return the figures that rules may be about, by name; ``None`` for those that are missing.

    What begins with ``old.`` is of the old policy.
    """
    people = report.people
    found: dict[str, Figure | None] = {"people": Fraction(people)}
    for name, moves in (("up", report.up), ("down", report.down)):
        found[f"{name}.people"] = Fraction(moves.people)
        found[f"{name}.share"] = Fraction(moves.people, people) if people else None
        found[f"{name}.mean"] = moves.mean
        found[f"{name}.most"] = Fraction(moves.most)
    for prefix, bias in (("", report.new_bias), ("old.", report.old_bias)):
        everybody = report.everybody
        standing = everybody and (everybody.old if prefix else everybody.new)
        found[f"{prefix}score.mean"] = standing.mean if standing else None
        for name, figure in _FIGURES_OF_BIAS.items():
            found[f"{prefix}newcomer.{name}"] = None if bias is None else figure(bias)
        found[f"{prefix}newcomer.chance_ratio"] = _chance_ratio(report, bool(prefix))
    return found


_FIGURES_OF_BIAS: Mapping[str, Callable[[NewcomerBias], Figure | None]] = {
    "parity_difference": lambda bias: bias.difference,
    "parity_ratio": lambda bias: bias.ratio,
    "parity_ratio_to_others": lambda bias: bias.ratio_to_others,
    "conditional_difference": lambda bias: bias.conditional_difference,
    "conditional_ratio": lambda bias: bias.conditional_ratio,
    "counterfactual_penalty": lambda bias: bias.penalty,
}


def _chance_ratio(report: PolicyDiff, of_old: bool) -> float | None:  # noqa: FBT001  # private
    chances = {}
    for cohort in report.partition(HISTORY).cohorts:
        if cohort.count is not None:
            standing = cohort.count.old if of_old else cohort.count.new
            chances[cohort.name == NEWCOMERS] = standing.chance
    newcomers, others = chances.get(True), chances.get(False)
    return newcomers / others if newcomers is not None and others else None


def _decided(
    old: ScorePolicy, new: ScorePolicy, bands: SharedBands, counted: Mapping[FindingClass, int]
) -> list[DecidedClass]:
    decided = []
    for finding_class, people in counted.items():
        example = bands.example(finding_class)
        by_old, by_new = decide(old, NOBODY, example), decide(new, NOBODY, example)
        decided.append(DecidedClass(finding_class, people, by_old, by_new))
    return sorted(decided, key=_order)


def _order(each: DecidedClass) -> tuple[str, int, str]:
    """Order classes so that neither their coming nor which policy is old matters."""
    raw = -1 if each.findings.raw is None else each.findings.raw
    return (each.findings.origin.name, raw, str(each.findings.places))


def _with_chances(draw: Draw, classes: Sequence[DecidedClass]) -> list[DecidedClass]:
    old_tickets = [draw.tickets(each.old.score) for each in classes]
    new_tickets = [draw.tickets(each.new.score) for each in classes]
    chances = []
    for tickets in (old_tickets, new_tickets):
        people: Counter[int] = Counter()
        for each, count in zip(classes, tickets, strict=True):
            people[count] += each.people
        chances.append(seat_chances(draw.seats, people))
    return [
        attrs.evolve(each, old_chance=chances[0][of_old], new_chance=chances[1][of_new])
        for each, of_old, of_new in zip(classes, old_tickets, new_tickets, strict=True)
    ]


def _moves(changes: Iterable[tuple[int, int]]) -> Moves:
    """Sum up how many people move by how many points; only what is above 0 is a move."""
    moved = [(points, people) for points, people in changes if points > 0]
    people = sum(count for _, count in moved)
    if not people:
        return Moves(0, Fraction(0), 0)
    total = sum(points * count for points, count in moved)
    return Moves(people, Fraction(total, people), max(points for points, _ in moved))


def _distribution(
    old: ScorePolicy, new: ScorePolicy, classes: Iterable[DecidedClass]
) -> tuple[Bucket, ...]:
    low, high = min(old.range[0], new.range[0]), max(old.range[1], new.range[1])
    width = _width(high - low)
    before: Counter[int] = Counter()
    after: Counter[int] = Counter()
    for each in classes:
        before[each.old.score // width] += each.people
        after[each.new.score // width] += each.people
    return tuple(
        Bucket(
            max(low, number * width),
            min(high, number * width + width - 1),
            before[number],
            after[number],
        )
        for number in range(low // width, high // width + 1)
    )


def _width(span: int) -> int:
    """Return a round width of which at most 22 cover a range, wherever it begins."""
    decade = 1
    while True:
        for width in (decade, 2 * decade, 5 * decade):
            if span // width + 2 <= MOST_BUCKETS:
                return width
        decade *= 10


def _reasons(
    bands: SharedBands, parted: Sequence[Partition], classes: Sequence[DecidedClass]
) -> Iterable[ReasonMoves]:
    by_name = {each.name: each for each in parted}
    for name, partition in ((BASE, HISTORY), *((each.name, each.name) for each in bands.bounds)):
        changes = [(_points(each.new, name) - _points(each.old, name), each) for each in classes]
        is_shown = not any(
            cohort.count is None and cohort.old != cohort.new
            for cohort in by_name[partition].cohorts
        )
        yield _reason_moves(name, changes, is_shown)
    changes = [(_clamped(each.new) - _clamped(each.old), each) for each in classes]
    yield _reason_moves(CLAMP, changes, is_shown=True)


def _reason_moves(
    name: str,
    changes: Sequence[tuple[int, DecidedClass]],
    is_shown: bool,  # noqa: FBT001  # private
) -> ReasonMoves:
    if not is_shown:
        return ReasonMoves(name, None, None)
    up = _moves([(points, each.people) for points, each in changes])
    down = _moves([(-points, each.people) for points, each in changes])
    return ReasonMoves(name, up, down)


def _points(score: AccountFanscore, name: str) -> int:
    if name == BASE:
        return score.raw_score
    return next(points for signal, points in score.boosts.items() if signal.name == name)


def _clamped(score: AccountFanscore) -> int:
    return sum(each.points for each in score.reasons if each.code == CLAMPED)


def _examples(
    bands: SharedBands, parted: Partitions, classes: Iterable[DecidedClass]
) -> tuple[Example, ...]:
    moved = [each for each in classes if each.new.score != each.old.score]
    moved.sort(key=lambda each: -abs(each.new.score - each.old.score) * each.people)
    chosen = examples(bands, parted, moved, MOST_EXAMPLES)
    return tuple(_example(bands, each) for each in chosen)


def _example(bands: SharedBands, each: DecidedClass) -> Example:
    found = each.findings
    raw = {} if found.raw is None else {"raw": str(found.raw)}
    places = zip(bands.bounds, found.places, strict=True)
    signals = {signal.name: bands.name(signal, place) for signal, place in places}
    findings = {"origin": found.origin.name, **raw, **signals}
    return Example(each.people, findings, each.old.score, each.new.score)


def _measured_bias(parted: Sequence[Partition], classes: Sequence[DecidedClass]) -> bool:
    """Return whether newcomers can be compared: there are both kinds, and neither is withheld."""
    history = next(each for each in parted if each.name == HISTORY)
    return not history.is_withheld and len({each.is_new for each in classes}) > 1

"""Laws of policy diffs (docs/reference/policy-diff.md), held against counting person by person."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import chain, repeat

import attrs
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.documents.policy_diff import diff_document
from fanscore_core.cohorts import DEGRADED, HISTORY, LEAST_SHOWN, NEWCOMERS, ORIGIN, Cohort
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_diff import PolicyDiff, diff
from fanscore_core.scoring import decide
from fanscore_core.seat_chances import Draw, TicketBand, seat_chances
from fanscore_core.signals import ARM, EVENT, MODEL, SIGNALS, Missing, Signal
from tests.property.test_scoring_laws import FAN, findings, policies

bases = st.sampled_from(
    [
        (ScoreOrigin.NO_HISTORY, None),
        *(
            (origin, Decimal(raw))
            for origin in (ScoreOrigin.ACCOUNT_SCORE, ScoreOrigin.IDENTITY_SCORE)
            for raw in ("0", "49.5", "99.9999")
        ),
    ]
)


@st.composite
def all_findings(draw: st.DrawFn) -> Findings:
    """Draw what is known of a fan."""
    origin, raw = draw(bases)
    return Findings(origin, raw, {signal: draw(findings) for signal in (ARM, EVENT, MODEL)})


crowds = st.lists(st.tuples(all_findings(), st.integers(1, 45)), max_size=8)
draws = st.none() | st.builds(
    lambda least, tickets: Draw(1_000, (TicketBand(least, tickets), TicketBand(least + 9, 7))),
    st.integers(-50, 100),
    st.integers(1, 9),
)
named = policies().map(lambda policy: attrs.evolve(policy, version=policy.digest))


def people_of(crowd: Iterable[tuple[Findings, int]]) -> list[Findings]:
    """Return the findings of each person."""
    return list(chain.from_iterable(repeat(each, count) for each, count in crowd))


def scores(policy: ScorePolicy, people: Iterable[Findings]) -> list[int]:
    """Decide for each person."""
    return [decide(policy, FAN, each).score for each in people]


def mean(numbers: Sequence[int]) -> Fraction:
    """Return the mean of at least one number."""
    return Fraction(sum(numbers), len(numbers))


def exchanged(value: object) -> object:
    """Exchange old and new, up and down, wherever a document has them."""
    names = {"old": "new", "new": "old", "up": "down", "down": "up"}
    match value:
        case dict():
            return {names.get(name, name): exchanged(each) for name, each in value.items()}
        case list():
            return [exchanged(each) for each in value]
        case _:
            return value


def report_without_figures(report: PolicyDiff) -> dict[str, object]:
    """Write a report without the list of its figures, whose names hold old and new."""
    return {**diff_document(report), "figures": None}


@given(named, crowds, draws)
def test_a_policy_does_not_differ_from_itself(
    policy: ScorePolicy, crowd: list[tuple[Findings, int]], draw: Draw | None
) -> None:
    """The diff of a policy with itself is empty: nobody moves, and old is new everywhere."""
    report = diff(policy, policy, people_of(crowd), draw)
    assert (report.changes, report.up.people, report.down.people, report.examples) == ((), 0, 0, ())
    document = report_without_figures(report)
    assert document == exchanged(document)


@given(named, named, crowds, draws)
def test_back_is_there_with_old_and_new_exchanged(
    old: ScorePolicy, new: ScorePolicy, crowd: list[tuple[Findings, int]], draw: Draw | None
) -> None:
    """diff(b, a) is diff(a, b) with old and new, and so up and down, exchanged; nothing else."""
    people = people_of(crowd)
    there = report_without_figures(diff(old, new, people, draw))
    assert report_without_figures(diff(new, old, people, draw)) == exchanged(there)


@given(named, named, crowds, draws)
def test_order_does_not_matter(
    old: ScorePolicy, new: ScorePolicy, crowd: list[tuple[Findings, int]], draw: Draw | None
) -> None:
    """The same people in another order give the same report, to the last digit."""
    people = people_of(crowd)
    assert diff(old, new, people, draw) == diff(old, new, reversed(people), draw)


@given(named, named, crowds)
def test_cohorts_sum_to_all(
    old: ScorePolicy, new: ScorePolicy, crowd: list[tuple[Findings, int]]
) -> None:
    """The cohorts of each partition are all people, or all with a history; so are their moves."""
    people = people_of(crowd)
    report = diff(old, new, people)
    with_history = sum(found.raw is not None for found in people)
    for partition in report.partitions:
        shown = [each.count for each in partition.cohorts if each.count is not None]
        everybody = with_history if partition.name == ORIGIN else len(people)
        total = sum(each.people for each in shown)
        assert total == everybody or (partition.is_withheld and total < everybody)
        if not partition.is_withheld and partition.name != ORIGIN and people:
            assert sum(each.up for each in shown) == report.up.people
            assert sum(each.down for each in shown) == report.down.people
            assert report.everybody is not None
            assert (
                sum(each.old.mean * each.people for each in shown)
                == report.everybody.old.mean * total
            )
    assert sum(each.old for each in report.distribution) == len(people)
    assert sum(each.new for each in report.distribution) == len(people)


@given(named, named, crowds)
def test_few_people_are_never_shown(
    old: ScorePolicy, new: ScorePolicy, crowd: list[tuple[Findings, int]]
) -> None:
    """No cohort or example shows under 20 people, and no cell is withheld alone among others."""
    report = diff(old, new, people_of(crowd))
    for partition in report.partitions:
        withheld = [each for each in partition.cohorts if each.count is None]
        shown = [each.count for each in partition.cohorts if each.count is not None]
        assert all(each.people >= LEAST_SHOWN for each in shown)
        assert len(withheld) != 1 or len(partition.cohorts) == 1
    assert all(each.people >= LEAST_SHOWN for each in report.examples)


def cohort_of(report: PolicyDiff, name: str, of: Callable[[Cohort], bool]) -> Cohort:
    """Return the one cohort of a partition that a predicate picks."""
    (found,) = [each for each in report.partition(name).cohorts if of(each)]
    return found


def check_cohort(cohort: Cohort, old: Sequence[int], new: Sequence[int]) -> None:
    """Check a cohort against the scores of its people, unless it is withheld."""
    if cohort.count is None:
        return
    moves = [after - before for before, after in zip(old, new, strict=True)]
    assert (
        cohort.count.people,
        cohort.count.up,
        cohort.count.down,
        cohort.count.old.mean,
        cohort.count.new.mean,
    ) == (
        len(moves),
        sum(each > 0 for each in moves),
        sum(each < 0 for each in moves),
        mean(old),
        mean(new),
    )


@given(named, named, crowds)
def test_a_report_is_counting_one_by_one(
    old: ScorePolicy, new: ScorePolicy, crowd: list[tuple[Findings, int]]
) -> None:
    """Folded into classes or decided person by person, it is the same, exactly."""
    people = people_of(crowd)
    report = diff(old, new, people)
    before, after = scores(old, people), scores(new, people)
    ups = [b - a for a, b in zip(before, after, strict=True) if b > a]
    downs = [a - b for a, b in zip(before, after, strict=True) if a > b]
    for moves, points in ((report.up, ups), (report.down, downs)):
        expected = (len(points), mean(points), max(points)) if points else (0, 0, 0)
        assert (moves.people, moves.mean, moves.most) == expected
    for bucket in report.distribution:
        inside = range(bucket.at_least, bucket.at_most + 1)
        assert bucket.old == sum(score in inside for score in before)
        assert bucket.new == sum(score in inside for score in after)
    kinds: list[tuple[str, str, Callable[[Findings], bool]]] = [
        (HISTORY, NEWCOMERS, lambda found: found.raw is None),
        (HISTORY, "with a history", lambda found: found.raw is not None),
        (ORIGIN, "account score", lambda found: found.origin is ScoreOrigin.ACCOUNT_SCORE),
        (ORIGIN, "identity score", lambda found: found.origin is ScoreOrigin.IDENTITY_SCORE),
        (DEGRADED, "degraded", is_degraded),
        (DEGRADED, "not degraded", lambda found: not is_degraded(found)),
    ]
    for signal in SIGNALS:
        kinds.extend(
            (signal.name, missing.name.lower().replace("_", " "), lacks(signal, missing))
            for missing in Missing
        )
    for partition, name, belongs in kinds:
        mine = [index for index, found in enumerate(people) if belongs(found)]
        if mine:
            cohort = cohort_of(report, partition, lambda each, name=name: each.name == name)  # type: ignore[misc]  # bound at once
            check_cohort(cohort, [before[at] for at in mine], [after[at] for at in mine])


def is_degraded(found: Findings) -> bool:
    """Whether a system gave no answer."""
    return any(found.of(signal) is Missing.UNAVAILABLE for signal in SIGNALS)


def lacks(signal: Signal, missing: Missing) -> Callable[[Findings], bool]:
    """Return whether findings lack a signal in one way."""
    return lambda found: found.of(signal) is missing


@given(named, named, crowds)
def test_bias_is_counting_one_by_one(
    old: ScorePolicy, new: ScorePolicy, crowd: list[tuple[Findings, int]]
) -> None:
    """The measures of bias are those of ``MetricFrame``: differences and ratios of group means."""
    people = people_of(crowd)
    report = diff(old, new, people)
    newcomers = [found for found in people if found.raw is None]
    others = [found for found in people if found.raw is not None]
    if min(len(newcomers), len(others)) < LEAST_SHOWN:
        assert (report.old_bias, report.new_bias) == (None, None)
        return
    for policy, bias in ((old, report.old_bias), (new, report.new_bias)):
        assert bias is not None
        theirs, rest = mean(scores(policy, newcomers)), mean(scores(policy, others))
        assert bias.difference == max(theirs, rest) - min(theirs, rest)
        low, high = min(theirs, rest), max(theirs, rest)
        assert bias.ratio == (low / high if low >= 0 and high > 0 else None)
        assert bias.ratio_to_others == (theirs / rest if theirs >= 0 and rest > 0 else None)
        as_new = [attrs.evolve(each, origin=ScoreOrigin.NO_HISTORY, raw=None) for each in others]
        assert bias.penalty == rest - mean(scores(policy, as_new))
        places = {place(old, new, found) for found in people}
        differences = []
        for each in places:
            mine = [found for found in newcomers if place(old, new, found) == each]
            their = [found for found in others if place(old, new, found) == each]
            if min(len(mine), len(their)) >= LEAST_SHOWN:
                differences.append(abs(mean(scores(policy, mine)) - mean(scores(policy, their))))
        assert sorted(stratum.difference for stratum in bias.strata) == sorted(differences)
        assert bias.conditional_difference == max(differences, default=None)


def place(old: ScorePolicy, new: ScorePolicy, found: Findings) -> tuple[object, ...]:
    """Return by which bands of both policies ARM and the model know a person."""
    places: list[object] = []
    for signal in (ARM, MODEL):
        value = found.of(signal)
        if isinstance(value, Missing):
            places.append(value)
        else:
            places.append(tuple(policy.of(signal).find(value)[1].code for policy in (old, new)))
    return tuple(places)


@given(st.dictionaries(st.integers(1, 1_000), st.integers(1, 10**6), min_size=1), st.data())
def test_chances_sum_to_the_seats(people: dict[int, int], data: st.DataObject) -> None:
    """All chances sum to the seats, or to all people if these are fewer; more tickets, no less."""
    everybody = sum(people.values())
    seats = data.draw(st.integers(1, 2 * everybody))
    chances = seat_chances(seats, people)
    drawn = sum(chances[tickets] * count for tickets, count in people.items())
    assert math.isclose(drawn, min(seats, everybody), rel_tol=1e-9)
    assert all(0 <= chance <= 1 for chance in chances.values())
    assert list(chances.values()) == sorted(chances.values())

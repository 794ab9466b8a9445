"""The report of a policy diff as tables of text, which the terminal and the page show alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import attrs

from fanscore_core.cohorts import DEGRADED, HISTORY, ORIGIN, Cohort, Count, Partition, Standing
from fanscore_core.diff_rules import Rule, Verdict
from fanscore_core.newcomer_bias import NewcomerBias
from fanscore_core.policy_diff import Figure, Moves, PolicyDiff
from fanscore_core.seat_chances import Draw

WITHHELD = "withheld"
NOTHING = "-"
KEPT = "kept"
BROKEN = "BROKEN"

_MEASURES: Mapping[str, Callable[[NewcomerBias], Figure | None]] = {
    "parity difference": lambda bias: bias.difference,
    "parity ratio, lower by higher": lambda bias: bias.ratio,
    "parity ratio, newcomers by others": lambda bias: bias.ratio_to_others,
    "conditional difference, greatest": lambda bias: bias.conditional_difference,
    "conditional ratio, least": lambda bias: bias.conditional_ratio,
    "counterfactual penalty": lambda bias: bias.penalty,
}

_TITLES = {
    HISTORY: "Cohorts: newcomers and others",
    ORIGIN: "Cohorts: those with a history, by the origin of the score",
    DEGRADED: "Cohorts: with an answer unavailable, or not",
}


@attrs.frozen
class Section:
    """A table with its title.

    Attributes:
        title: in a few words.
        notes: what is said before the table.
        columns: the head of each column; none for no table.
        rows: a text for each column; of the first column what the row is about.
        bars: of each row the numbers to draw, old and new, if there is something to draw.
    """

    title: str
    notes: tuple[str, ...]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    bars: tuple[tuple[int, int], ...] = ()


def sections(report: PolicyDiff, verdicts: Sequence[Verdict] = ()) -> tuple[Section, ...]:
    """Return a report as sections, in the order in which it is read."""
    return tuple(_sections(report, verdicts))


def _sections(report: PolicyDiff, verdicts: Sequence[Verdict]) -> Iterator[Section]:
    yield _changes(report)
    yield _people(report)
    yield _distribution(report)
    yield _reasons(report)
    yield _examples(report)
    for partition in report.partitions:
        yield _cohorts(partition)
    yield from _bias(report)
    if report.draw is not None:
        yield from _chances(report.draw, report)
    if verdicts:
        yield _rules(verdicts)


def _changes(report: PolicyDiff) -> Section:
    notes = (
        f"old: {report.old.version}, {report.old.digest}",
        f"new: {report.new.version}, {report.new.digest}",
    )
    if not report.changes:
        return Section("Policies", (*notes, "They are equal."))
    rows = [(each.where, each.old or NOTHING, each.new or NOTHING) for each in report.changes]
    return Section("Policies", notes, ("where they differ", "old", "new"), tuple(rows))


def _people(report: PolicyDiff) -> Section:
    still = report.people - report.up.people - report.down.people
    rows = [
        (name, str(moves.people), _share(moves.people, report.people), *_points(moves))
        for name, moves in (("up", report.up), ("down", report.down))
    ]
    rows.append(("unmoved", str(still), _share(still, report.people), NOTHING, NOTHING))
    everybody = report.everybody
    mean = (
        f"; mean score {_two(everybody.old.mean)} under the old policy, "
        f"{_two(everybody.new.mean)} under the new"
        if everybody
        else ""
    )
    notes = (f"{report.people} people{mean}.",)
    columns = ("who moves", "people", "share", "mean points", "most points")
    return Section("People", notes, columns, tuple(rows))


def _distribution(report: PolicyDiff) -> Section:
    rows = [
        (_range(each.at_least, each.at_most), str(each.old), str(each.new))
        for each in report.distribution
    ]
    bars = [(each.old, each.new) for each in report.distribution]
    return Section("Scores", (), ("score", "old", "new"), tuple(rows), tuple(bars))


def _reasons(report: PolicyDiff) -> Section:
    rows = []
    for each in report.reasons:
        up, down = (_mover(each.up), _mover(each.down))
        rows.append((each.reason, *up, *down))
    columns = ("reason", "people up", "mean", "people down", "mean")
    notes = ("Of how many people a reason's points differ, and by how many.",)
    return Section("Reasons", notes, columns, tuple(rows))


def _mover(moves: Moves | None) -> tuple[str, str]:
    return (WITHHELD, WITHHELD) if moves is None else (str(moves.people), _two(moves.mean))


def _points(moves: Moves) -> tuple[str, str]:
    return (_two(moves.mean), str(moves.most)) if moves.people else (NOTHING, NOTHING)


def _examples(report: PolicyDiff) -> Section:
    if not report.examples:
        return Section("Examples", ("None that may be shown.",))
    rows = []
    for each in report.examples:
        origin, *others = each.findings.items()
        words = [origin[1], *(f"{name} {value}" for name, value in others)]
        rows.append((", ".join(words), str(each.people), str(each.old), str(each.new)))
    notes = ("At least 20 people each, whom neither policy can tell apart.",)
    return Section("Examples", notes, ("what is known", "people", "old", "new"), tuple(rows))


def _cohorts(partition: Partition) -> Section:
    has_worth = any(each.old or each.new for each in partition.cohorts)
    points = ("points",) if has_worth else ()
    columns = ("who", *points, "people", "up", "down", "old mean", "new mean")
    rows = tuple(_cohort(each, has_worth=has_worth) for each in partition.cohorts)
    return Section(_cohort_title(partition), _withholding(partition), columns, rows)


def _cohort(cohort: Cohort, *, has_worth: bool) -> tuple[str, ...]:
    points = (_points_of(cohort),) if has_worth else ()
    count = cohort.count
    if count is None:
        return (cohort.name, *points, *[WITHHELD] * 5)
    numbers = (str(count.people), str(count.up), str(count.down))
    return (cohort.name, *points, *numbers, _two(count.old.mean), _two(count.new.mean))


def _points_of(cohort: Cohort) -> str:
    if cohort.old is None or cohort.new is None:
        return NOTHING
    old, new = f"{cohort.old.points:+}", f"{cohort.new.points:+}"
    return old if old == new else f"{old} to {new}"


def _withholding(partition: Partition) -> tuple[str, ...]:
    if not partition.is_withheld:
        return ()
    return ("Fewer than 20 people are withheld, together with the next smallest.",)


def _cohort_title(partition: Partition) -> str:
    return _TITLES.get(partition.name, f"Cohorts: {partition.name}")


def _chances(draw: Draw, report: PolicyDiff) -> Iterator[Section]:
    bands = [f"{each.tickets} from {each.at_least}" for each in draw.bands]
    notes = (f"Of one of {draw.seats} seats; tickets by score: {', '.join(['1', *bands])}.",)
    rows = []
    if report.everybody is not None:
        rows.append(("everybody", *_chances_of(report.everybody)))
    for partition in report.partitions:
        rows.extend(
            (f"{partition.name}: {each.name}", *_chances_of(each.count))
            for each in partition.cohorts
        )
    yield Section("Chances", notes, ("who", "old", "new"), tuple(rows))


def _chances_of(count: Count | None) -> tuple[str, str]:
    return (WITHHELD, WITHHELD) if count is None else (_chance(count.old), _chance(count.new))


def _bias(report: PolicyDiff) -> Iterable[Section]:
    old, new = report.old_bias, report.new_bias
    if old is None or new is None:
        missing = "There are none to compare, or too few to show."
        return [Section("Newcomer bias", (missing,))]
    rows = [(name, _three(of(old)), _three(of(new))) for name, of in _MEASURES.items()]
    measures = Section("Newcomer bias", (), ("measure", "old", "new"), tuple(rows))
    if not old.strata:
        return [measures]
    strata = [
        (
            before.name,
            _three(before.difference),
            _three(after.difference),
            _three(before.ratio),
            _three(after.ratio),
        )
        for before, after in zip(old.strata, new.strata, strict=True)
    ]
    columns = ("equal in", "old", "new", "old ratio", "new ratio")
    note = (
        "Difference and ratio of the mean scores of newcomers and others whom ARM and the bot "
        "model know alike, 20 or more of each."
    )
    return [measures, Section("Conditional parity", (note,), columns, tuple(strata))]


def _rules(verdicts: Sequence[Verdict]) -> Section:
    broken = sum(not each.holds for each in verdicts)
    notes = (f"{broken} of {len(verdicts)} broken." if broken else "All are kept.",)
    rows = [
        (each.rule.figure, _bounds(each.rule), _figure(each.figure), _verdict(each))
        for each in verdicts
    ]
    return Section("Rules", notes, ("figure", "rule", "is", "verdict"), tuple(rows))


def _verdict(verdict: Verdict) -> str:
    return KEPT if verdict.holds else BROKEN


def _bounds(rule: Rule) -> str:
    given: Sequence[tuple[str, Decimal | None]] = (
        ("at least", rule.at_least),
        ("at most", rule.at_most),
    )
    return ", ".join(f"{name} {bound:f}" for name, bound in given if bound is not None)


def _chance(standing: Standing) -> str:
    return NOTHING if standing.chance is None else f"{standing.chance:.2%}"


def _share(people: int, of: int) -> str:
    return f"{people / of:.1%}" if of else NOTHING


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _two(number: Figure) -> str:
    return f"{float(number):.2f}"


def _figure(figure: Figure | None) -> str:
    """Write a figure as it is compared: an integer as one."""
    whole = isinstance(figure, Fraction) and figure.denominator == 1
    return str(figure) if whole else _three(figure)


def _three(figure: Figure | None) -> str:
    return NOTHING if figure is None else f"{float(figure):.3f}"

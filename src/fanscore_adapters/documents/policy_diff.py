"""The report of a policy diff as a document (docs/reference/policy-diff.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fanscore_core.cohorts import Cohort, Standing, Worth
from fanscore_core.diff_rules import Verdict
from fanscore_core.newcomer_bias import NewcomerBias
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_diff import Figure, Moves, PolicyDiff, figures
from fanscore_core.seat_chances import Draw


def diff_document(report: PolicyDiff, verdicts: Sequence[Verdict] = ()) -> Mapping[str, object]:
    """Write a report as a document of JSON; what is withheld, missing or not asked is ``None``.

    Args:
        report: the report.
        verdicts: on the rules that it was held against.
    """
    return {
        "old": _policy(report.old),
        "new": _policy(report.new),
        "changes": [
            {"where": each.where, "old": each.old, "new": each.new} for each in report.changes
        ],
        "people": report.people,
        "up": _moves(report.up),
        "down": _moves(report.down),
        "distribution": [
            {"atLeast": each.at_least, "atMost": each.at_most, "old": each.old, "new": each.new}
            for each in report.distribution
        ],
        "reasons": [
            {"reason": each.reason, "up": _moves(each.up), "down": _moves(each.down)}
            for each in report.reasons
        ],
        "examples": [
            {
                "people": each.people,
                "findings": dict(each.findings),
                "old": each.old,
                "new": each.new,
            }
            for each in report.examples
        ],
        "partitions": [
            {"name": each.name, "cohorts": [_cohort(cohort) for cohort in each.cohorts]}
            for each in report.partitions
        ],
        "newcomer": {"old": _bias(report.old_bias), "new": _bias(report.new_bias)},
        "draw": _draw(report.draw),
        "figures": {name: _number(figure) for name, figure in figures(report).items()},
        "rules": [_verdict(each) for each in verdicts],
    }


def _policy(policy: ScorePolicy) -> Mapping[str, object]:
    return {"version": policy.version, "digest": policy.digest}


def _moves(moves: Moves | None) -> Mapping[str, object] | None:
    if moves is None:
        return None
    return {"people": moves.people, "mean": float(moves.mean), "most": moves.most}


def _cohort(cohort: Cohort) -> Mapping[str, object]:
    count = cohort.count
    return {
        "name": cohort.name,
        "people": None if count is None else count.people,
        "up": None if count is None else count.up,
        "down": None if count is None else count.down,
        "old": _standing(cohort.old, None if count is None else count.old),
        "new": _standing(cohort.new, None if count is None else count.new),
    }


def _standing(worth: Worth | None, standing: Standing | None) -> Mapping[str, object]:
    return {
        "code": None if worth is None else worth.code,
        "points": None if worth is None else worth.points,
        "mean": None if standing is None else float(standing.mean),
        "chance": None if standing is None else standing.chance,
    }


def _bias(bias: NewcomerBias | None) -> Mapping[str, object] | None:
    if bias is None:
        return None
    return {
        "parityDifference": float(bias.difference),
        "parityRatio": _number(bias.ratio),
        "parityRatioToOthers": _number(bias.ratio_to_others),
        "conditionalDifference": _number(bias.conditional_difference),
        "conditionalRatio": _number(bias.conditional_ratio),
        "counterfactualPenalty": float(bias.penalty),
        "strata": [
            {
                "name": each.name,
                "difference": float(each.difference),
                "ratio": _number(each.ratio),
            }
            for each in bias.strata
        ],
    }


def _draw(draw: Draw | None) -> Mapping[str, object] | None:
    if draw is None:
        return None
    bands = [{"atLeast": each.at_least, "tickets": each.tickets} for each in draw.bands]
    return {"seats": draw.seats, "bands": bands}


def _verdict(verdict: Verdict) -> Mapping[str, object]:
    rule = verdict.rule
    return {
        "figure": rule.figure,
        "atLeast": None if rule.at_least is None else float(rule.at_least),
        "atMost": None if rule.at_most is None else float(rule.at_most),
        "value": _number(verdict.figure),
        "holds": verdict.holds,
    }


def _number(figure: Figure | None) -> float | int | None:
    """Write a figure: an integer as one, all else as the nearest float."""
    if isinstance(figure, Fraction) and figure.denominator == 1:
        return figure.numerator
    return None if figure is None else float(figure)

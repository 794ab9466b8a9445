from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import attrs
import pytest

from fanscore_core.diff_rules import Rule, Verdict, judge
from fanscore_core.errors import InvalidInput
from fanscore_core.policy_diff import diff, figures
from tests.unit.fanscore_core.test_policy_diff import CROWD, KIND, OLD

REPORT = diff(OLD, KIND, CROWD)


@pytest.mark.parametrize(
    ("at_least", "at_most", "holds"),
    [
        ("0.4", None, True),
        ("0.400000000000000000000000000001", None, False),
        (None, "0.4", True),
        (None, "0.399999999999999999999999999999", False),
        ("0.4", "0.4", True),
        ("0", "0.3", False),
        ("0.5", "0.6", False),
    ],
)
def test_bounds_are_compared_exactly(
    at_least: str | None, at_most: str | None, holds: bool
) -> None:
    """A figure on the bound keeps the rule, and one beyond by whatever little breaks it."""
    rule = Rule(
        "up.share",
        None if at_least is None else Decimal(at_least),
        None if at_most is None else Decimal(at_most),
    )
    assert judge(REPORT, [rule]) == (Verdict(rule, Fraction(2, 5), holds),)


def test_a_missing_figure_breaks_its_rule() -> None:
    """What a report cannot say, such as a chance without a draw, keeps no rule."""
    rule = Rule("newcomer.chance_ratio", Decimal(0))
    assert judge(REPORT, [rule]) == (Verdict(rule, None, holds=False),)


def test_a_figure_that_no_report_has_is_refused() -> None:
    """A name that was mistyped is an error, with its path and the names that there are."""
    rules = [Rule("people", Decimal(1)), Rule("newcomers.parity_ratio", Decimal(1))]
    with pytest.raises(InvalidInput) as refused:
        judge(REPORT, rules)
    problem = f"no report has this; expected one of {', '.join(figures(REPORT))}"
    assert str(refused.value) == f"rule[1].figure: {problem}"


def test_a_rule_has_a_bound() -> None:
    """A rule that nothing could break, or nothing could keep, is refused."""
    with pytest.raises(InvalidInput) as boundless:
        Rule("people")
    with pytest.raises(InvalidInput) as crossed:
        Rule("people", Decimal(2), Decimal(1))
    assert str(boundless.value) == "at_least: expected this or at_most"
    assert str(crossed.value) == "at_most: expected no less than at_least"


def test_zero_is_a_bound() -> None:
    """A bound of 0 is one, not none."""
    assert judge(REPORT, [attrs.evolve(Rule("down.people", at_most=Decimal(0)))])[0].holds

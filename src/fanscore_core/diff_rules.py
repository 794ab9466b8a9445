"""Rules that a change of policy must keep (docs/reference/policy-diff.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.policy_diff import Figure, PolicyDiff, figures


@attrs.frozen
class Rule:
    """What a figure of a report must be.

    Attributes:
        figure: its name, as ``figures`` has it.
        at_least: the least that keeps the rule; ``None`` for any.
        at_most: the greatest that keeps the rule; ``None`` for any.

    Raises:
        InvalidInput: neither is given, or no number is between both.
    """

    figure: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None

    def __attrs_post_init__(self) -> None:
        """Check that the rule can be kept and be broken."""
        if self.at_least is None and self.at_most is None:
            raise InvalidInput("at_least", "expected this or at_most")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise InvalidInput("at_most", "expected no less than at_least")

    def holds(self, figure: Figure | None) -> bool:
        """Whether a figure keeps the rule. A missing one does not."""
        if figure is None:
            return False
        exact = Fraction(figure)
        return (self.at_least is None or exact >= Fraction(self.at_least)) and (
            self.at_most is None or exact <= Fraction(self.at_most)
        )


@attrs.frozen
class Verdict:
    """A rule, and what a report has for it.

    Attributes:
        rule: the rule.
        figure: its figure; ``None`` where it is missing.
        holds: whether the rule is kept.
    """

    rule: Rule
    figure: Figure | None
    holds: bool


def judge(report: PolicyDiff, rules: Iterable[Rule]) -> tuple[Verdict, ...]:
    """Hold a report against rules.

    Raises:
        InvalidInput: a rule is about a figure that no report has; names its path.
    """
    found = figures(report)
    return tuple(_verdict(found, f"rule[{index}]", rule) for index, rule in enumerate(rules))


def _verdict(found: Mapping[str, Figure | None], where: str, rule: Rule) -> Verdict:
    if rule.figure not in found:
        problem = f"no report has this; expected one of {', '.join(found)}"
        raise InvalidInput(f"{where}.figure", problem)
    figure = found[rule.figure]
    return Verdict(rule, figure, rule.holds(figure))

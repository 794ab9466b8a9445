from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from fanscore_adapters.documents.diff_rules import parse_rules, parse_ticket_bands
from fanscore_core.diff_rules import Rule
from fanscore_core.errors import InvalidInput
from fanscore_core.seat_chances import TicketBand

RULES = """
[[rule]]
figure = "newcomer.parity_ratio"
at_least = 0.8  # exactly

[[rule]]
figure = "down.people"
at_least = 1
at_most = 1000
"""

WEIGHTS = """
[[band]]
at_least = 60
tickets = 2

[[band]]
at_least = 80
tickets = 4
"""


def test_rules_are_read() -> None:
    """A rule is a figure with one bound or two, and bounds are exact."""
    assert parse_rules(RULES) == (
        Rule("newcomer.parity_ratio", Decimal("0.8")),
        Rule("down.people", Decimal(1), Decimal(1000)),
    )


def test_tickets_are_read() -> None:
    """A band is the least score, and the tickets that it gives."""
    assert parse_ticket_bands(WEIGHTS) == (TicketBand(60, 2), TicketBand(80, 4))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "rules.rule: required"),
        ("rule = []", "rules.rule: expected at least one"),
        ("rule = 1", "rules.rule: expected a list"),
        ("rule = [1]", "rules.rule[0]: expected an object"),
        ("[[rules]]", "rules.rule: required"),
        ("[[rule]]\nat_least = 1", "rules.rule[0].figure: required"),
        ('[[rule]]\nfigure = "people"', "rules.rule[0].at_least: expected this or at_most"),
        ('[[rule]]\nfigure = "people"\nleast = 1', "rules.rule[0]: unknown key 'least'"),
        ("[[rule]]\nfigure = 1\nat_least = 1", "rules.rule[0].figure: expected a string"),
        ('[[rule]]\nfigure = "people"\nat_least = "1"', "rules.rule[0].at_least: expected a num"),
        ('[[rule]]\nfigure = "people"\nat_least = true', "rules.rule[0].at_least: expected a num"),
        ('[[rule]]\nfigure = "people"\nat_least = nan', "rules.rule[0].at_least: expected a num"),
        ('[[rule]]\nfigure = "people"\nat_least = inf', "rules.rule[0].at_least: expected a num"),
        ("[[rule]", "$: not TOML: "),
        ("rule = 1\nrule = 2", "$: not TOML: "),
        ("a = " + "[" * 10_000, "$: nested too deep"),
        ("a = " + "9" * 5_000, "$: a number has too many digits"),
    ],
    ids=lambda text: repr(text[:50]),
)
def test_mistakes_in_rules(text: str, said: str) -> None:
    """Whatever is wrong with a rules file, the error says where."""
    check_refused(parse_rules, text, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "weights.band: required"),
        ("band = []", "weights.band: expected at least one"),
        ("[[band]]\nat_least = 60", "weights.band[0].tickets: required"),
        ("[[band]]\nat_least = 6.5\ntickets = 1", "weights.band[0].at_least: expected an integer"),
        ("[[band]]\nat_least = 6\ntickets = 0", "weights.band[0].tickets: expected an integer"),
        ("[[band]]\nat_least = 6\ntickets = 1\nw = 1", "weights.band[0]: unknown key 'w'"),
    ],
)
def test_mistakes_in_weights(text: str, said: str) -> None:
    """Whatever is wrong with a weights file, the error says where."""
    check_refused(parse_ticket_bands, text, said)


def check_refused(parse: Callable[[str], object], text: str, said: str) -> None:
    """Check what is said of a text that is refused."""
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert str(refused.value).startswith(said)

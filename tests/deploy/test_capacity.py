from __future__ import annotations

import attrs
import pytest

from deploy.capacity import ASSUMED, COSTS, Use, main, monthly, of_registrations

USE = Use(
    requests=2e6, invocations=3e6, services=1e6, reads=4e6, writes=5e6, events=6e6, sessions=7
)
PRICES = attrs.evolve(
    ASSUMED,
    seconds=0.5,
    memory_gb=2,
    log_kb=3,
    event_kb=4,
    request_price=10,
    firewall_price=20,
    invocation_price=30,
    gb_second_price=0.001,
    read_price=40,
    write_price=50,
    event_price=60,
    archive_price=70,
    log_price=80,
    session_price=90,
)


def test_costs_follow_the_formulas() -> None:
    """Each service costs what its formula says, worked out by hand."""
    assert {name: cost(USE, PRICES) for name, (_, cost) in COSTS.items()} == {
        "AppSync": 20,
        "AWS WAF": 40,
        "Lambda, invocations": 90,
        "Lambda, time": 3000,
        "DynamoDB, reads": 160,
        "DynamoDB, writes": 250,
        "EventBridge": 360,
        "its archive": 1680,
        "CloudWatch Logs": 720,
        "Rekognition": 630,
    }


@pytest.mark.parametrize("name", COSTS)
def test_formulas_say_what_is_computed(name: str) -> None:
    """The formula that is shown gives the cost that is computed."""
    formula, cost = COSTS[name]
    values = {**attrs.asdict(PRICES), **attrs.asdict(USE)}
    millions = 1 if name in {"Lambda, time", "Rekognition"} else 1_000_000
    computed = 1.0
    for factor in formula.split(" * "):
        computed *= values[factor]
    assert cost(USE, PRICES) == pytest.approx(computed / millions)


def test_sales_grow_in_proportion() -> None:
    """Ten times the registrations use ten times as much."""
    assert of_registrations(1000) == of_registrations(100).times(10)


def test_a_month_costs_its_parts() -> None:
    """What is paid by the month is the cache, the metrics, the firewall and the monitoring."""
    free = attrs.evolve(ASSUMED, cache_price=0, metric_price=0)
    assert monthly(free) == ASSUMED.firewall_monthly + ASSUMED.monitoring_monthly
    assert monthly(attrs.evolve(free, cache_price=1)) - monthly(free) == 730


def test_the_tables_are_made_for_other_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """The command takes other sales and other assumptions."""
    main(["500", "--set", "session_price=2", "peak_share=1"])
    printed = capsys.readouterr().out
    assert "| Rekognition | `sessions * session_price` | 1,000 |" in printed
    assert "| liveness sessions started a second | 1 |" in printed


@pytest.mark.parametrize("given", ["session_prize=2", "session_price=dear", "session_price"])
def test_what_is_no_assumption_is_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is none, or a value that is no number, ends the command."""
    with pytest.raises(SystemExit):
        main(["--set", given])
    assert "error" in capsys.readouterr().err

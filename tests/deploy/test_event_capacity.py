from __future__ import annotations

import attrs
import pytest

from deploy.event_capacity import (
    ASSUMED,
    COSTS,
    EventUse,
    chunk_use,
    event_use,
    limits_table,
    main,
    rate,
)

USE = EventUse(
    chunks=1_000_000,
    reads=2e6,
    arm_calls=3_000_000,
    transitions=4_000_000,
    puts=5_000_000,
    gets=6_000_000,
    gb_seconds=7.0,
    stored_gb=8.0,
    log_gb=9.0,
)
PRICES = attrs.evolve(
    ASSUMED,
    cpu_ms=5.0,
    memory_mb=1769.0,
    arm_s=0.1,
    transition_price=10.0,
    put_price=20.0,
    get_price=30.0,
    stored_price=40.0,
    read_price=50.0,
    invocation_price=60.0,
    gb_second_price=70.0,
    log_price=80.0,
)


def test_costs_follow_the_formulas() -> None:
    """Each service costs what its formula says, worked out by hand."""
    assert {name: cost(USE, PRICES) for name, (_, cost) in COSTS.items()} == {
        "DynamoDB, reads": 100,
        "Lambda, invocations": 60,
        "Lambda, time": 490,
        "Step Functions": 40,
        "S3, PUT and LIST": 100,
        "S3, GET and HEAD": 180,
        "S3, a month": 320,
        "CloudWatch Logs": 720,
        "ARM, its invocations": 180,
    }


@pytest.mark.parametrize("name", COSTS)
def test_formulas_say_what_is_computed(name: str) -> None:
    """The formula that is shown gives the cost that is computed."""
    formula, cost = COSTS[name]
    values = {**attrs.asdict(PRICES), **attrs.asdict(USE)}
    computed = 1.0
    for factor in formula.split(" * "):
        computed *= values[factor]
    by_the_million = not name.startswith(("Lambda, time", "S3, a month", "CloudWatch"))
    assert cost(USE, PRICES) == pytest.approx(computed / (1_000_000 if by_the_million else 1))


def test_a_chunk_takes_its_work_and_its_waits() -> None:
    """Ten seconds of work, and 20 rounds in which ARM is asked four times one after the other."""
    assert PRICES.chunk_s == pytest.approx(10 + 20 * 4 * 0.1)
    assert attrs.evolve(PRICES, memory_mb=884.5).chunk_s == pytest.approx(28)
    assert attrs.evolve(PRICES, memory_mb=9000.0).chunk_s == PRICES.chunk_s


def test_events_are_chunks() -> None:
    """An event uses what its chunks use; an unfinished chunk costs a call of its own."""
    one, some = event_use(2_000, PRICES), event_use(2_001 * 1_000, PRICES)
    assert (one.chunks, one.reads, one.arm_calls) == (1, chunk_use(2_000).reads, 2_000)
    assert (one.transitions, one.puts, one.gets) == (4, 5, 2)
    assert (some.chunks, some.transitions, some.puts) == (1001, 2004, 2008)
    assert some.gb_seconds == pytest.approx(1001 * one.gb_seconds)


def test_a_second() -> None:
    """Nine chunks of 18 seconds score 1,000 fans a second."""
    assert attrs.astuple(rate(9, PRICES)) == pytest.approx((1000, 1005, 1005, 500, 109))


def test_limits_are_met_in_order() -> None:
    """The limit that is met first stands first; a slower ARM makes another one the first."""
    assert "executions of Lambda" in limits_table(PRICES).splitlines()[2]
    quick = attrs.evolve(PRICES, arm_s=0.01)
    assert "calls a second of one function" in limits_table(quick).splitlines()[2]


def test_the_tables_are_made_for_other_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """The command takes other events and other assumptions."""
    main(["4000", "--concurrency", "7", "--set", "read_price=1000000"])
    printed = capsys.readouterr().out
    assert "| DynamoDB, reads | `reads * read_price` | 10,040 |" in printed
    assert "| `ScoreEventConcurrency` | 7 |" in printed


@pytest.mark.parametrize("given", ["read_prize=2", "read_price=dear", "read_price"])
def test_what_is_no_assumption_is_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is none, or a value that is no number, ends the command."""
    with pytest.raises(SystemExit):
        main(["--set", given])
    assert "error" in capsys.readouterr().err

from __future__ import annotations

import pytest

from tests.simulation.__main__ import main
from tests.simulation.breaks import BREAKS, Break
from tests.simulation.schedules import schedule_of

SEEDS = 400
"""Within so many a break must show; most do within thirty."""


@pytest.mark.parametrize("broken", BREAKS, ids=lambda each: each.name)
def test_a_break_of_the_protocol_is_caught(broken: Break) -> None:
    """The simulation sees by which law that something is broken, and soon."""
    laws = (schedule_of(seed, broken.pieces).broken_law() for seed in range(SEEDS))
    assert broken.law in laws


def test_a_failure_says_how_to_see_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints the seed of a failure, and that seed shows the very failure."""
    broken = ["--break", "a lease holds nobody off"]
    assert main(["--count", str(SEEDS), *broken]) == 1
    law, command = capsys.readouterr().out.splitlines()
    assert law == "broken: a live claim and a finished mark are left alone"
    assert main([command.split()[-1], *broken]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == law

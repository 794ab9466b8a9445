"""What a seed stands for: who asks for what, how much goes wrong, and all that chance decides."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tests.simulation.pieces import SOUND, Pieces
from tests.simulation.processes import Faults
from tests.simulation.requests import (
    CHECK,
    DELETE,
    ENTER,
    FANS,
    RESULT,
    SALES,
    SAVE,
    SCORE,
    WITHDRAW,
    Maker,
)
from tests.simulation.simulation import Simulation
from tests.simulation.world import World

THEMES: Sequence[Sequence[str]] = (
    (SAVE, SAVE, SAVE, DELETE),
    (ENTER,),
    (ENTER, ENTER, WITHDRAW),
    (ENTER, SCORE),
    (CHECK, CHECK, RESULT, RESULT, RESULT),
    (SAVE, DELETE, ENTER, WITHDRAW, CHECK, RESULT, SCORE),
)
"""What the requests of a schedule are of; the first kind is always there."""

MOST_REQUESTS = 6
FAULT_RATES = (0.0, 0.1, 0.2, 0.4)


def schedule_of(seed: int, pieces: Pieces = SOUND) -> Simulation:
    """Make the schedule of a seed. Equal seeds and pieces make equal schedules."""
    random = Random(seed)
    theme = random.choice(THEMES)
    # Mostly one fan and one sale, so that requests meet.
    maker = Maker(random, FANS[: random.choice((1, 1, 1, 2))], SALES[: random.choice((1, 1, 2))])
    others = [random.choice(theme) for _ in range(random.randint(1, MOST_REQUESTS - 1))]
    requests = [maker.make(field) for field in (theme[0], *others)]
    faults = Faults(random, random.choice(FAULT_RATES))
    return Simulation(random, pieces, World.empty(random, pieces), requests, faults)

from __future__ import annotations

import math
from random import Random

import pytest

from fanscore_core.errors import InvalidInput
from fanscore_core.seat_chances import Draw, TicketBand, seat_chances


def test_tickets_by_score() -> None:
    """A score has the tickets of the highest band that it reaches, and one below all bands."""
    draw = Draw(1_000, (TicketBand(60, 2), TicketBand(80, 4)))
    assert [draw.tickets(score) for score in (-5, 59, 60, 79, 80, 100)] == [1, 1, 2, 2, 4, 4]
    assert Draw(1_000).tickets(100) == 1


def test_a_drawing_comes_out_as_predicted() -> None:
    """Seats drawn by weight, without putting back, go to each kind as its chance says."""
    people = {1: 6_000, 2: 5_000, 5: 4_000}
    chances = seat_chances(5_000, people)
    random = Random(7)
    keys = [
        (math.log(1 - random.random()) / tickets, tickets)  # Efraimidis and Spirakis, 2006
        for tickets, count in people.items()
        for _ in range(count)
    ]
    seated = sorted(keys, reverse=True)[:5_000]
    for tickets, count in people.items():
        drawn = sum(each == tickets for _, each in seated) / count
        assert drawn == pytest.approx(chances[tickets], abs=0.02)


def test_seats_for_all() -> None:
    """With as many seats as people, or more, everybody has one."""
    assert seat_chances(30, {1: 10, 4: 20}) == seat_chances(99, {1: 10, 4: 20}) == {1: 1.0, 4: 1.0}


def test_the_greatest_weights_keep_their_digits() -> None:
    """Where one ticket is next to nothing, chances still sum to the seats."""
    chances = seat_chances(1_000, {1: 10**9, 10**6: 10**6})
    assert math.isclose(10**9 * chances[1] + 10**6 * chances[10**6], 1_000, rel_tol=1e-9)


@pytest.mark.parametrize("seats", [999, 0, -1, 10**9 + 1, 1_000.0, True])
def test_too_few_seats_are_refused(seats: int) -> None:
    """Below 1,000 seats, the approximation says too little, and it is refused."""
    with pytest.raises(InvalidInput) as refused:
        Draw(seats)
    assert str(refused.value) == "seats: expected an integer from 1000 to 1000000000"


@pytest.mark.parametrize("tickets", [0, -1, 10**6 + 1, 1.5, True])
def test_tickets_are_a_few_whole_ones(tickets: int) -> None:
    """A band gives 1 to a million whole tickets."""
    with pytest.raises(InvalidInput) as refused:
        TicketBand(60, tickets)
    assert str(refused.value) == "tickets: expected an integer from 1 to 1000000"


def test_a_score_is_whole() -> None:
    """A band begins at an integer."""
    with pytest.raises(InvalidInput) as refused:
        TicketBand(60.5, 1)  # type: ignore[arg-type]  # that is the mistake
    assert str(refused.value) == "at_least: expected an integer"


def test_bands_ascend() -> None:
    """Each band begins above the one before."""
    with pytest.raises(InvalidInput) as refused:
        Draw(1_000, (TicketBand(60, 2), TicketBand(60, 4)))
    assert str(refused.value) == "band[1].at_least: expected more than 60"

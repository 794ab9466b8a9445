"""Each person's chance of a seat in a draw where a score gives tickets.

Integer scores tie by the thousand, so who is above a cut-off says little. What a score is worth is
a chance: everybody has at least one ticket, and who has more is drawn more often. With ``w``
tickets it is ``1 - (1 - t)^w``, where ``t`` is such that all chances sum to the seats. That is an
approximation for large numbers (docs/reference/policy-diff.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import expm1, fsum, log1p

import attrs

from fanscore_core.errors import InvalidInput

LEAST_SEATS = 1_000
"""With fewer seats, the approximation says too little."""

MOST_SEATS = 1_000_000_000
MOST_TICKETS = 1_000_000

_HALVINGS = 200  # more than a float has bits between the least and the greatest chance


@attrs.frozen
class TicketBand:
    """How many tickets a score gives.

    Attributes:
        at_least: the least score that gives them; any integer.
        tickets: 1 to 1,000,000.

    Raises:
        InvalidInput: naming the attribute.
    """

    at_least: int
    tickets: int

    def __attrs_post_init__(self) -> None:
        """Check both numbers."""
        if type(self.at_least) is not int:
            raise InvalidInput("at_least", "expected an integer")
        if type(self.tickets) is not int or not 1 <= self.tickets <= MOST_TICKETS:
            raise InvalidInput("tickets", f"expected an integer from 1 to {MOST_TICKETS}")


def _as_tuple(bands: Sequence[TicketBand]) -> tuple[TicketBand, ...]:
    return tuple(bands)


@attrs.frozen
class Draw:
    """A draw of seats.

    Attributes:
        seats: how many there are, 1,000 to 1,000,000,000.
        bands: from the least score upwards; who is in none has one ticket.

    Raises:
        InvalidInput: naming the path of the mistake.
    """

    seats: int
    bands: tuple[TicketBand, ...] = attrs.field(default=(), converter=_as_tuple)

    def __attrs_post_init__(self) -> None:
        """Check that there are seats enough, and that the bands ascend."""
        if type(self.seats) is not int or not LEAST_SEATS <= self.seats <= MOST_SEATS:
            raise InvalidInput("seats", f"expected an integer from {LEAST_SEATS} to {MOST_SEATS}")
        for index, band in enumerate(self.bands[1:], 1):
            before = self.bands[index - 1].at_least
            if band.at_least <= before:
                raise InvalidInput(f"band[{index}].at_least", f"expected more than {before}")

    def tickets(self, score: int) -> int:
        """Return how many tickets a score gives."""
        return next((band.tickets for band in reversed(self.bands) if score >= band.at_least), 1)


def seat_chances(seats: int, people: Mapping[int, int]) -> Mapping[int, float]:
    """Return the chance of a seat, from 0 to 1, by the number of tickets.

    Args:
        seats: how many are drawn.
        people: how many there are with each number of tickets.
    """
    ordered = sorted(people.items())
    if seats >= sum(people.values()):
        return dict.fromkeys((tickets for tickets, _ in ordered), 1.0)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        drawn = fsum(count * _chance(middle, tickets) for tickets, count in ordered)
        low, high = (middle, high) if drawn < seats else (low, middle)
    return {tickets: _chance(low, tickets) for tickets, _ in ordered}


def _chance(one_ticket: float, tickets: int) -> float:
    """Return 1 - (1 - t)^w; exactly also where t is tiny."""
    return 1.0 if one_ticket >= 1 else -expm1(tickets * log1p(-one_ticket))

"""The two sides: ours, and the ordinary one; called in a process with the scene's environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import TypeAlias

from benchmarks.fans import EVENT, TIME_LEFT_S
from fanscore_appsync.settings import read_settings
from fanscore_appsync.testing import appsync_event, service
from fanscore_appsync.wiring.apps import connect
from fanscore_core.ids import GlobalUserId

Side: TypeAlias = Callable[[object], object]
"""Gives the response to an event."""

FIELD = "VFApi.accountFanscore"
FAN = GlobalUserId("user123")
EXPECTED: Mapping[str, object] = {
    "score": 87,
    "rawScore": 75,
    "boosts": {"arm": 5, "event": 4, "model": 3},
}


def fan_event(fan: GlobalUserId = FAN) -> dict[str, object]:
    """Make the event that asks for a fan's score."""
    arguments = {"globalUserId": fan, "eventId": EVENT}
    selection = [*EXPECTED, "boosts/arm", "boosts/event", "boosts/model"]
    return appsync_event(FIELD, arguments, service(), selection=selection)


def our_side() -> Side:
    """Wire our app as the handler does; nothing is cached from one event to the next."""
    app = connect(read_settings(os.environ))
    return lambda event: app.answer(event, TIME_LEFT_S).response


def ordinary_side() -> Side:
    """Give what answers an event the ordinary way."""
    # Not before the environment names the tables: the module makes them when it is imported.
    from benchmarks.aws import ordinary  # noqa: PLC0415

    return lambda event: ordinary.handler(event, None)


def check(response: object) -> None:
    """Check that a response is the fan's score."""
    assert isinstance(response, dict)
    shown = {name: response.get(name) for name in EXPECTED}
    assert shown == EXPECTED, response


def medians(*functions: Callable[[], object], repetitions: int) -> list[float]:
    """Time functions in turns; give the median that each took, in seconds of the clock.

    Each is called once more before, and that does not count.
    """
    times = [[_timed(function) for function in functions] for _ in range(repetitions + 1)]
    return [median(column) for column in zip(*times[1:], strict=True)]


def _timed(function: Callable[[], object]) -> float:
    started_at = perf_counter()
    function()
    return perf_counter() - started_at

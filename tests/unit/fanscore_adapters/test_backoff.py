from __future__ import annotations

from fanscore_adapters.backoff import JITTER_S, pause
from tests.virtual_time import VirtualTime


def test_the_first_attempt_is_not_waited_for() -> None:
    """Who has no rival yet waits for nobody."""
    time = VirtualTime()
    pause(0, time.wait)
    assert time.waits_s == []


def test_later_attempts_wait_by_chance() -> None:
    """Rivals who try again wait a little, each for another time, so that they spread."""
    time = VirtualTime()
    for attempt in range(1, 33):
        pause(attempt, time.wait)
    assert len(set(time.waits_s)) > 1
    assert all(0 <= each <= JITTER_S for each in time.waits_s)
    assert len(time.waits_s) == 32

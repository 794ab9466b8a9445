"""Waiting before another attempt, longer each time and by chance, so that rivals spread."""

from __future__ import annotations

from random import SystemRandom
from time import sleep

FIRST_S = 0.01
MAX_S = 0.32

_random = SystemRandom()


def pause(attempt: int) -> None:
    """Wait before an attempt.

    Args:
        attempt: from 0; the first is not waited for.
    """
    if attempt:
        sleep(_random.uniform(0, min(FIRST_S * 2**attempt, MAX_S)))

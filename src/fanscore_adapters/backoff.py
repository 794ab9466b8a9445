"""Waiting before another attempt at a conditional write, by chance, so that rivals spread.

It is short and does not grow: what is written was merged with what the last attempt found, and
gets staler by waiting. A refused condition means that a rival has made progress.
"""

from __future__ import annotations

from collections.abc import Callable
from random import SystemRandom
from time import sleep

JITTER_S = 0.005

_random = SystemRandom()


def pause(attempt: int, wait: Callable[[float], None] = sleep) -> None:
    """Wait before an attempt.

    Args:
        attempt: from 0; the first is not waited for.
        wait: lets seconds pass.
    """
    if attempt:
        wait(_random.uniform(0, JITTER_S))

"""Waiting for what happens in the background, such as the delivery of an event."""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import TypeVar

FoundT = TypeVar("FoundT")

POLL_S = 0.02
MAX_POLLS = 15_000


def wait_for(look: Callable[[], FoundT]) -> FoundT:
    """Look again and again until something is found that is true, and give it.

    Raises:
        TimeoutError: it was not found.
    """
    for _ in range(MAX_POLLS):
        if found := look():
            return found
        sleep(POLL_S)
    raise TimeoutError

"""Times that can be compared: taken in turns within one run, so that a busy machine hits all."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import process_time


def in_turns(
    *functions: Callable[[], object],
    repetitions: int,
    calls: int = 1,
    clock: Callable[[], float] = process_time,
) -> list[float]:
    """Time some functions; give the least time that one call of each took, in seconds.

    Args:
        functions: one after the other, in each repetition.
        repetitions: how often each is timed.
        calls: how many make one timing.
        clock: by default, CPU time of all threads: what other processes do does not count.
    """
    times = [[_timed(function, calls, clock) for function in functions] for _ in range(repetitions)]
    return [min(column) / calls for column in zip(*times, strict=True)]


def _timed(function: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    gc.collect()
    started_at = clock()
    for _ in range(calls):
        function()
    return clock() - started_at

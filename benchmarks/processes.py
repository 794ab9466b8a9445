"""Processes of their own for what cannot be closed: an app ends with the process that holds it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from tempfile import TemporaryDirectory
from threading import BrokenBarrierError
from time import perf_counter
from typing import TypeVar

ResultT = TypeVar("ResultT")
GivenT = TypeVar("GivenT")

PATIENCE_S = 60.0

NOT_ON_LAMBDA = ("AWS_CA_BUNDLE", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_DIR", "SSL_CERT_FILE")
"""What a developer's machine may say, and costs time at each start."""

_others: list[Barrier] = []


@contextmanager
def environ_of_a_function() -> Iterator[Mapping[str, str]]:
    """Give an environment to start processes in, in which compiled modules are kept.

    They are there in a function that is deployed. The first process writes them.
    """
    with TemporaryDirectory() as folder:
        kept = {name: each for name, each in os.environ.items() if name not in NOT_ON_LAMBDA}
        yield {**kept, "PYTHONPYCACHEPREFIX": folder}


def in_process(function: Callable[[], ResultT]) -> ResultT:
    """Call a function in a fresh process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function).result()


def in_processes(
    function: Callable[[GivenT], ResultT], given: Sequence[GivenT]
) -> tuple[float, list[ResultT]]:
    """Call a function in a fresh process for each argument, all at the same time.

    Args:
        function: calls ``in_step`` twice: when it is ready, and when it has done its work.
        given: the arguments.

    Returns:
        The seconds from when all were ready until all had done their work, and the results.
    """
    context = get_context("spawn")
    barrier = context.Barrier(len(given) + 1)
    with ProcessPoolExecutor(len(given), context, _join, (barrier,)) as pool:
        futures = [pool.submit(function, each) for each in given]
        try:
            barrier.wait(PATIENCE_S)
            started_at = perf_counter()
            barrier.wait(PATIENCE_S)
            took_s = perf_counter() - started_at
        except BrokenBarrierError:
            for future in futures:
                future.result()  # raises what went wrong in one of them
            raise
        return took_s, [future.result() for future in futures]


def in_step() -> None:
    """Wait, in one of the processes, for all the others."""
    _others[0].wait(PATIENCE_S)


def _join(barrier: Barrier) -> None:
    _others.append(barrier)

"""How much work something is, told by counting what it calls, and never by the clock."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def no_collections() -> Iterator[None]:
    """Let the garbage collector wait.

    What it calls (finalizers, and whoever listens to it) would come by chance into one count and
    not into the next.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def calls_of(work: Callable[[], object]) -> int:
    """Return how many functions are called in this thread, of Python or of C, while it works."""
    count = 0

    def note(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    with no_collections():
        sys.setprofile(note)
        try:
            work()
        finally:
            sys.setprofile(before)
    return count

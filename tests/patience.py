"""Waiting that does not depend on the speed of the machine."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from fanscore_adapters.sources import Call, wait_for
from tests.virtual_time import VirtualTime

AMPLE_S = 600.0
POLL_S = 0.01


def standing() -> float:
    """Tell the time of a clock that stands still: nothing is ever late by it."""
    return 0.0


def patient(call: Call, _at_most_s: float | None = None) -> bool:
    """Wait for a call of an adapter until it ends, however long that takes."""
    return wait_for(call, None)


@attrs.frozen
class GivenUp:
    """Waits for a call until it ends, or until somebody says that it will not.

    Attributes:
        is_held: whether the call is held up, for as long as it is waited for.
        time: passes then, all that was left for the call.
    """

    is_held: Callable[[], bool]
    time: VirtualTime

    def __call__(self, call: Call, at_most_s: float | None) -> bool:
        """Wait."""
        while not wait_for(call, POLL_S):
            if self.is_held():
                self.time.now_s += at_most_s or 0.0
                return False
        return True

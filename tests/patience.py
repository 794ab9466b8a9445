"""Waiting that does not depend on the speed of the machine."""

from __future__ import annotations

from threading import Event

from fanscore_adapters.sources import Call, wait_for

POLL_S = 0.01


def patient(call: Call, _at_most_s: float | None = None) -> bool:
    """Wait for a call of an adapter until it ends, however long that takes."""
    return wait_for(call, None)


class GivenUp:
    """Waits for a call until it ends, or until an event says that it may be given up."""

    def __init__(self, when: Event) -> None:
        self._when = when

    def __call__(self, call: Call, _at_most_s: float | None = None) -> bool:
        """Wait."""
        while not self._when.is_set():
            if wait_for(call, POLL_S):
                return True
        return wait_for(call, 0.0)

"""A circuit breaker: a system that keeps failing is not asked for a while, then tried once.

See docs/decisions/0011-circuit-breaker.md.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic

import attrs

MAX_FAILURES = 5
"""Failures in a row after which the circuit opens."""

OPEN_S = 10.0
"""How long an open circuit lets nothing through, from the last failure or probe."""


@attrs.define
class CircuitBreaker:
    """The circuit to one system; may be used by several threads.

    Whoever is admitted reports how it went. While the circuit is open, one call every ``OPEN_S``
    is admitted as a probe. A probe that never reports holds up nobody: the next follows in time.

    Attributes:
        clock: seconds, never going back.
    """

    clock: Callable[[], float] = monotonic
    _failures: int = attrs.field(default=0, init=False)
    _open_until: float = attrs.field(default=0.0, init=False)
    _lock: Lock = attrs.field(factory=Lock, init=False, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether the last ``MAX_FAILURES`` reports or more were failures."""
        return self._failures >= MAX_FAILURES

    def admits(self) -> bool:
        """Whether a call may be made now. Asking takes the place of the probe: make the call."""
        with self._lock:
            if not self.is_open:
                return True
            if self.clock() < self._open_until:
                return False
            self._open_until = self.clock() + OPEN_S
            return True

    def succeeded(self) -> None:
        """Report that the system answered: the circuit closes."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Report that the system failed."""
        with self._lock:
            self._failures += 1
            self._open_until = self.clock() + OPEN_S

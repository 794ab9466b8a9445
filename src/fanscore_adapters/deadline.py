"""What becomes of a question for which the time is over."""

from __future__ import annotations

from fanscore_core.errors import DeadlineExceeded, FanscoreError, Unavailable
from fanscore_core.query import Ask

LEAST_S = 0.1
"""An attempt starts only with at least this much time left."""


def late(system: str, ask: Ask) -> FanscoreError:
    """Make the answer to a question for which there is no time any more."""
    if ask.degradable:
        return Unavailable(system, "no answer in time")
    return DeadlineExceeded(system)

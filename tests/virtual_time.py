"""A clock that only waiting moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs

START = datetime(2026, 11, 1, 8, tzinfo=UTC)


@attrs.define
class VirtualTime:
    """Seconds and the time of day, which pass by waiting alone.

    Attributes:
        now_s: seconds since the start.
        waits_s: how long each wait was.
    """

    now_s: float = 0.0
    waits_s: list[float] = attrs.field(factory=list)

    def wait(self, seconds: float) -> None:
        """Let seconds pass, and note it."""
        self.waits_s.append(seconds)
        self.now_s += seconds

    def clock(self) -> float:
        """Tell the seconds."""
        return self.now_s

    def now(self) -> datetime:
        """Tell the time of day."""
        return START + timedelta(seconds=self.now_s)

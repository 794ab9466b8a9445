"""The score policy: how many points a signal is worth (docs/reference/score-policy.md).

A policy is data. Where a signal's value lies among ascending bands decides the points; the last
band is open, so that there is no gap and no overlap.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from decimal import Decimal

import attrs

from fanscore_core.errors import InvalidInput


class Signal(enum.Enum):
    """What can raise or lower a score, by the names of the user's ``boosts``.

    ``ARM`` is a risk score, 0 safe to 10 risky; ``EVENT`` the number of the fan's demand records
    for the event; ``MODEL`` the probability, 0 to 1, that the fan is a bot.
    """

    ARM = "arm"
    EVENT = "event"
    MODEL = "model"


RESERVED_CODES = frozenset(
    {"ACCOUNT_SCORE", "IDENTITY_SCORE", "NO_HISTORY", "CLAMPED"}
    | {"ARM_UNAVAILABLE", "ARM_NOT_ASKED", "ARM_NO_SCORE"}
    | {"EVENT_UNAVAILABLE", "EVENT_NOT_ASKED"}
    | {"MODEL_UNAVAILABLE", "MODEL_NOT_ASKED", "MODEL_NO_VERDICT"}
)
"""Reason codes that have a meaning of their own, and that no band may have."""


@attrs.frozen
class Band:
    """A range of values and what it is worth.

    Attributes:
        points: added to the raw score.
        code: of the reason, such as ``ARM_LOW_RISK``.
        below: the values of the band are less than this; ``None`` for the last band.
    """

    points: int
    code: str
    below: Decimal | None = None

    def __attrs_post_init__(self) -> None:
        """Check the code and the bound."""
        if re.fullmatch(r"[A-Z][A-Z0-9_]*", self.code) is None:
            raise InvalidInput("code", "expected capitals, digits and _")
        if self.code in RESERVED_CODES:
            raise InvalidInput("code", "this code has a meaning of its own")
        if self.below is not None and not self.below.is_finite():
            raise InvalidInput("below", "expected a finite number")


@attrs.frozen
class SignalPolicy:
    """What one signal is worth.

    Attributes:
        unavailable: points where the signal's system gave no answer.
        bands: ascending; the last one is open.
    """

    unavailable: int
    bands: tuple[Band, ...]

    def __attrs_post_init__(self) -> None:
        """Check that each value lies in exactly one band."""
        if not self.bands:
            raise InvalidInput("bands", "expected at least one")
        if self.bands[-1].below is not None:
            where = f"bands[{len(self.bands) - 1}].below"
            raise InvalidInput(where, "the last band must be open, or values above it have none")
        lower: Decimal | None = None
        for index, band in enumerate(self.bands[:-1]):
            if band.below is None:
                raise InvalidInput(f"bands[{index}].below", "only the last band may be open")
            if lower is not None and band.below <= lower:
                raise InvalidInput(f"bands[{index}].below", f"expected more than {lower}")
            lower = band.below

    def find(self, value: Decimal) -> tuple[Decimal | None, Band]:
        """Find the band of a value, with the bound below it, if there is one."""
        lower = None
        for band in self.bands:
            if band.below is None or value < band.below:
                return lower, band
            lower = band.below
        raise AssertionError  # pragma: no cover  # the last band is open


@attrs.frozen
class ScorePolicy:
    """A complete, versioned policy.

    Attributes:
        version: the policy's name, part of each score.
        range: the least and the greatest score.
        no_history_raw_score: the raw score of a fan of whom nothing is known.
        arm: what the ARM risk score is worth.
        event: what the fan's demand for the event is worth.
        model: what the bot model's verdict is worth.
    """

    version: str
    range: tuple[int, int]
    no_history_raw_score: int
    arm: SignalPolicy
    event: SignalPolicy
    model: SignalPolicy

    def __attrs_post_init__(self) -> None:
        """Check what no part of a policy can check alone."""
        low, high = self.range
        if not self.version:
            raise InvalidInput("version", "expected a name")
        if not low < high:
            raise InvalidInput("range", "expected the least score, then the greatest")
        if not low <= self.no_history_raw_score <= high:
            raise InvalidInput("no_history_raw_score", f"expected {low} to {high}")
        _refuse_repeated_codes(self)

    def of(self, signal: Signal) -> SignalPolicy:
        """Give what one signal is worth."""
        match signal:
            case Signal.ARM:
                return self.arm
            case Signal.EVENT:
                return self.event
            case Signal.MODEL:
                return self.model


def _refuse_repeated_codes(policy: ScorePolicy) -> None:
    seen: set[str] = set()
    for signal in Signal:
        bands: Sequence[Band] = policy.of(signal).bands
        for index, band in enumerate(bands):
            if band.code in seen:
                where = f"{signal.value}.bands[{index}].code"
                raise InvalidInput(where, "another band has this code")
            seen.add(band.code)

"""Signals: what can raise or lower a score, each one value that says all there is to say of it.

A policy, findings and an explanation hold signals by these values. To add one, see
docs/how-to/add-a-boost.md.
"""

from __future__ import annotations

import enum
from decimal import Decimal

import attrs

from fanscore_core.errors import InvalidInput


class Missing(enum.Enum):
    """Why a signal has no value, by the end of its reason code."""

    NOT_ASKED = "was not asked"
    NO_SCORE = "knows no score for the fan"
    NO_VERDICT = "has no verdict on the fan"
    UNAVAILABLE = "gave no answer"


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
        if not _is_code(self.code):
            raise InvalidInput("code", "expected capitals, digits and _")
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


def _is_code(text: str) -> bool:
    return text.isascii() and text.isidentifier() and text.isupper() and text[0] != "_"


@attrs.frozen(cache_hash=True)
class Signal:
    """What can raise or lower a score. Signals are told apart by their names.

    Attributes:
        name: in a policy, in ``boosts`` and in ``degraded``: lower case, such as ``arm``.
        value_name: what its value is called in a reason's message.
        asked: who or what is asked for it, in a reason's message.
        missing: the ways in which it can have no value.
        default: what it is worth in the default policy, and in a policy that need not have it.
        required: whether a policy must say what it is worth. The API's ``boosts`` has the points of
            these; of others the reasons alone tell.
    """

    name: str
    value_name: str = attrs.field(eq=False)
    asked: str = attrs.field(eq=False)
    missing: tuple[Missing, ...] = attrs.field(eq=False)
    default: SignalPolicy = attrs.field(eq=False, repr=False)
    required: bool = attrs.field(default=False, eq=False)

    def code(self, missing: Missing) -> str:
        """Return the code of the reason that says why it has no value."""
        return f"{self.name.upper()}_{missing.name}"


ARM = Signal(
    "arm",
    "ARM risk score",
    "ARM risk scoring",
    (Missing.UNAVAILABLE, Missing.NOT_ASKED, Missing.NO_SCORE),
    SignalPolicy(
        0,
        (
            Band(5, "ARM_LOW_RISK", Decimal(3)),
            Band(0, "ARM_MEDIUM_RISK", Decimal(6)),
            Band(-15, "ARM_HIGH_RISK"),
        ),
    ),
    required=True,
)
"""A risk score, 0 safe to 10 risky."""

EVENT = Signal(
    "event",
    "Number of demand records for the event",
    "Demand for the event",
    (Missing.UNAVAILABLE, Missing.NOT_ASKED),
    SignalPolicy(
        0,
        (
            Band(0, "EVENT_NO_DEMAND", Decimal(1)),
            Band(4, "EVENT_DEMAND", Decimal(2)),
            Band(6, "EVENT_STRONG_DEMAND"),
        ),
    ),
    required=True,
)
"""The number of the fan's demand records for the event."""

MODEL = Signal(
    "model",
    "Bot probability",
    "The bot model",
    (Missing.UNAVAILABLE, Missing.NOT_ASKED, Missing.NO_VERDICT),
    SignalPolicy(
        0,
        (
            Band(3, "MODEL_LIKELY_HUMAN", Decimal("0.2")),
            Band(0, "MODEL_UNSURE", Decimal("0.8")),
            Band(-40, "MODEL_LIKELY_BOT"),
        ),
    ),
    required=True,
)
"""The probability, 0 to 1, that the fan is a bot."""

SIGNALS = (ARM, EVENT, MODEL)
"""The signals of a score, in the order of its reasons."""

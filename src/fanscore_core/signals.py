"""Signals: what can raise or lower a score, each one value that says all there is to say of it.

A policy, findings and an explanation hold signals by these values. To add one, see
docs/how-to/add-a-boost.md.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import cast

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.jcs import is_exact_integer

MAX_DECIMALS = 9
"""Of a bound."""

INTEGER_RULE = "expected an integer between -2^53 and 2^53"

MEMBERS_BESIDE_SIGNALS = ("version", "range", "no_history_raw_score")
"""What a policy's document says besides what signals are worth."""

MEMBERS_OF_BOOK = ("default", "events")
"""What the document of a policy book consists of."""

_LIMIT = 2**53
_FINEST = Decimal(1).scaleb(-MAX_DECIMALS)
_EXACT = Context(prec=28)  # enough for all digits that a bound may have: 16, and 9 decimals


class Missing(enum.Enum):
    """Why a signal has no value, by the end of its reason code."""

    NOT_ASKED = "was not asked"
    NO_SCORE = "knows no score for the fan"
    NO_VERDICT = "has no verdict on the fan"
    UNAVAILABLE = "gave no answer"

    __hash__ = object.__hash__  # as members are compared; Enum hashes the name, at some cost


def checked_integer(where: str, value: object) -> int:
    """Return points or a score, if they are an integer.

    Raises:
        InvalidInput: it is no integer, or not one that every reader of JSON takes.
    """
    if type(value) is not int:
        raise InvalidInput(where, "expected an integer")
    if not is_exact_integer(value):
        raise InvalidInput(where, INTEGER_RULE)
    return value


def _plain(bound: Decimal | None) -> Decimal | None:
    """Spell equal bounds alike: 0.20 as 0.2, and 1E+1 as 10. What is refused stays as it is."""
    if bound is None or _refusal(bound) is not None:
        return bound
    if not bound:
        return Decimal(0)  # of -0 as well
    digits = f"{bound.quantize(_FINEST, context=_EXACT):f}"
    return Decimal(digits.rstrip("0").removesuffix("."))


def _refusal(bound: object) -> str | None:
    """Return what is wrong with a bound."""
    if not isinstance(bound, Decimal):
        return "expected a number"
    if not bound.is_finite():
        return "expected a finite number"
    if bound.copy_abs() >= _LIMIT:
        return "expected a number between -2^53 and 2^53"
    if bound.quantize(_FINEST, context=_EXACT) != bound:
        return f"expected at most {MAX_DECIMALS} decimals"
    return None


@attrs.frozen
class Band:
    """A range of values and what it is worth.

    Attributes:
        points: added to the raw score; less than 2^53 either way.
        code: of the reason, such as ``ARM_LOW_RISK``.
        below: the values of the band are less than this; ``None`` for the last band. At most 9
            decimals, and less than 2^53 either way; kept without trailing zeros.

    Raises:
        InvalidInput: naming the attribute.
    """

    points: int
    code: str
    below: Decimal | None = attrs.field(default=None, converter=_plain)

    def __attrs_post_init__(self) -> None:
        """Check the points, the code and the bound."""
        checked_integer("points", self.points)
        if not _is_code(self.code):
            raise InvalidInput("code", "expected capitals, digits and _")
        if self.below is not None and (problem := _refusal(self.below)):
            raise InvalidInput("below", problem)


def _as_tuple(bands: Sequence[Band]) -> tuple[Band, ...]:
    given = tuple(bands) if isinstance(bands, list) else bands
    return cast("tuple[Band, ...]", given)  # what else it must be is checked with the rest


@attrs.frozen
class SignalPolicy:
    """What one signal is worth.

    Attributes:
        unavailable: points where the signal's system gave no answer; less than 2^53 either way.
        bands: ascending; the last one is open.

    Raises:
        InvalidInput: naming the path of the mistake.
    """

    unavailable: int
    bands: tuple[Band, ...] = attrs.field(converter=_as_tuple)

    def __attrs_post_init__(self) -> None:
        """Check that each value lies in exactly one band."""
        checked_integer("unavailable", self.unavailable)
        _check_kinds(self.bands)
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
                raise InvalidInput(f"bands[{index}].below", f"expected more than {lower:f}")
            lower = band.below

    def find(self, value: Decimal) -> tuple[Decimal | None, Band]:
        """Find the band of a value, with the bound below it, if there is one."""
        lower = None
        for band in self.bands:
            if band.below is None or value < band.below:
                return lower, band
            lower = band.below
        raise AssertionError  # pragma: no cover  # the last band is open


def _check_kinds(bands: object) -> None:
    if not isinstance(bands, tuple):
        raise InvalidInput("bands", f"expected a tuple of Band, got {type(bands).__name__}")
    for index, band in enumerate(bands):
        if not isinstance(band, Band):
            raise InvalidInput(f"bands[{index}]", f"expected a Band, got {type(band).__name__}")


def _is_code(text: str) -> bool:
    return (
        type(text) is str
        and text.isascii()
        and text.isidentifier()
        and text.isupper()
        and text[0] != "_"
    )


@attrs.frozen(cache_hash=True)
class Signal:
    """What can raise or lower a score. Signals are told apart by their names.

    Attributes:
        name: in a policy, in ``boosts`` and in ``degraded``: lower case, such as ``arm``, and no
            other member of a policy's document.
        value_name: what its value is called in a reason's message.
        asked: who or what is asked for it, in a reason's message.
        missing: the ways in which it can have no value.
        default: what it is worth in the default policy, and in a policy that need not have it.
        required: whether a policy must say what it is worth. The API's ``boosts`` has the points of
            these; of others the reasons alone tell.

    Raises:
        InvalidInput: it cannot have this name.
    """

    name: str
    value_name: str = attrs.field(eq=False)
    asked: str = attrs.field(eq=False)
    missing: tuple[Missing, ...] = attrs.field(eq=False)
    default: SignalPolicy = attrs.field(eq=False, repr=False)
    required: bool = attrs.field(default=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """Check that the name can stand in a policy's document, and begin a reason code."""
        if not (self.name.isascii() and self.name.islower() and _is_code(self.name.upper())):
            raise InvalidInput("name", "expected lower case, digits and _, such as arm")
        if self.name in {*MEMBERS_BESIDE_SIGNALS, *MEMBERS_OF_BOOK}:
            raise InvalidInput("name", "a policy has a member of this name")

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

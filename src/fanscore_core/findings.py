"""Findings: what is known of a fan when a score is decided.

A decision has two halves. Asking (questions, rounds, going on without a system) gives findings;
deciding (``scoring.decide``) is a pure function of a policy and findings, and can be repeated.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import TypeAlias

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.signals import Missing, Signal

MAX_STORED_SCORE = 100

_UNIT = Decimal(1)


def _decimal(value: Decimal | int) -> Decimal:
    return Decimal(value) if type(value) is int else value  # type: ignore[return-value]  # checked


def _stored(_instance: object, field: attrs.Attribute[Decimal], value: Decimal) -> None:
    problem = f"expected a number from 0 to {MAX_STORED_SCORE}"
    if type(value) is not Decimal:
        raise InvalidInput(field.name, f"{problem}: a Decimal or an int, not {_kind(value)}")
    if not value.is_finite() or not 0 <= value <= MAX_STORED_SCORE:
        raise InvalidInput(field.name, problem)


def _is_number(value: object) -> bool:
    return isinstance(value, Decimal) and value.is_finite()


def _kind(value: object) -> str:
    return type(value).__name__


@attrs.frozen
class StoredScore:
    """A score as a table keeps it: 0 to 100, possibly with decimals.

    Attributes:
        score: the score.
        raw_score: the score before any boost; the score itself where the table has none.

    Raises:
        InvalidInput: a number is out of range, or neither ``Decimal`` nor ``int``.
    """

    score: Decimal = attrs.field(converter=_decimal, validator=_stored)
    raw_score: Decimal = attrs.field(
        default=attrs.Factory(lambda self: self.score, takes_self=True),
        converter=_decimal,
        validator=_stored,
    )


class ScoreOrigin(enum.Enum):
    """Where a base score comes from, by its reason code."""

    ACCOUNT_SCORE = "Score of the fan's account"
    IDENTITY_SCORE = "Score of the fan's identity"
    NO_HISTORY = "Nothing is known of the fan yet"

    __hash__ = object.__hash__  # as members are compared; Enum hashes the name, at some cost


@attrs.frozen
class BaseScore:
    """What a score starts from, as it was found.

    Attributes:
        origin: where.
        raw: the stored raw score, unrounded.
    """

    origin: ScoreOrigin
    raw: Decimal


Finding: TypeAlias = Decimal | Missing
"""What is known of a signal: its value, or why there is none."""


def is_finding(value: object) -> bool:
    """Whether a value says something of a signal: a finite ``Decimal``, or ``Missing``."""
    return isinstance(value, Missing) or _is_number(value)


def _read_only(signals: Mapping[Signal, Finding]) -> Mapping[Signal, Finding]:
    return MappingProxyType(dict(signals))


@attrs.frozen
class Findings:
    """All that a decision depends on, besides the policy.

    Attributes:
        origin: where the base score was found, or that there is none.
        raw: the stored raw score, unrounded; ``None`` for ``NO_HISTORY``, which a policy values.
        signals: of each signal its value, or why it has none.

    Raises:
        InvalidInput: ``raw`` does not go with ``origin``, a key is no signal, or a value neither a
            finite ``Decimal`` nor ``Missing``.
    """

    origin: ScoreOrigin
    raw: Decimal | None
    signals: Mapping[Signal, Finding] = attrs.field(converter=_read_only, hash=False)

    def __attrs_post_init__(self) -> None:
        """Check that exactly a fan with a history has a raw score, and what is said of signals."""
        if (self.raw is None) is not (self.origin is ScoreOrigin.NO_HISTORY):
            expected = "none" if self.origin is ScoreOrigin.NO_HISTORY else "a number"
            raise InvalidInput("raw", f"expected {expected} with {self.origin.name}")
        if self.raw is not None and not _is_number(self.raw):
            raise InvalidInput("raw", f"expected a finite Decimal, got {_kind(self.raw)}")
        for signal, finding in self.signals.items():
            if not isinstance(signal, Signal):
                raise InvalidInput("signals", f"expected a Signal such as ARM, got {_kind(signal)}")
            if not is_finding(finding):
                where = f"signals.{signal.name}"
                problem = f"expected a finite Decimal or Missing, got {_kind(finding)}"
                raise InvalidInput(where, problem)

    def of(self, signal: Signal) -> Finding:
        """Return what is known of a signal; what was never looked for was not asked."""
        return self.signals.get(signal, Missing.NOT_ASKED)


def round_half_up(score: Decimal) -> int:
    """Round a stored score to an integer, halves up."""
    return int(score.quantize(_UNIT, ROUND_HALF_UP))

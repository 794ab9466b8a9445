"""From a base score and three signals to a score whose reasons add up.

``score = clamp(raw_score + arm + event + model)``, and the points of the reasons always sum to the
score.

See docs/reference/score-policy.md.
"""

from __future__ import annotations

import enum
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId
from fanscore_core.policy import ScorePolicy, Signal

MAX_STORED_SCORE = 100


def _stored(_instance: object, field: attrs.Attribute[Decimal], value: Decimal) -> None:
    number = type(value) is Decimal and value.is_finite()
    if not number or not 0 <= value <= MAX_STORED_SCORE:
        raise InvalidInput(field.name, f"expected a number from 0 to {MAX_STORED_SCORE}")


@attrs.frozen
class StoredScore:
    """A score as a table keeps it: 0 to 100, possibly with decimals.

    Attributes:
        score: the score.
        raw_score: the score before any boost; the score itself where the table has none.
    """

    score: Decimal = attrs.field(validator=_stored)
    raw_score: Decimal = attrs.field(
        default=attrs.Factory(lambda self: self.score, takes_self=True), validator=_stored
    )


class ScoreOrigin(enum.Enum):
    """Where a base score comes from, by its reason code."""

    ACCOUNT_SCORE = "Score of the fan's account"
    IDENTITY_SCORE = "Score of the fan's identity"
    NO_HISTORY = "Nothing is known of the fan yet"


@attrs.frozen
class BaseScore:
    """What a score starts from.

    Attributes:
        origin: where it was found.
        raw_score: in points.
    """

    origin: ScoreOrigin
    raw_score: int


class Missing(enum.Enum):
    """Why a signal has no value, by the end of its reason code."""

    NOT_ASKED = "was not asked"
    NO_SCORE = "knows no score for the fan"
    NO_VERDICT = "has no verdict on the fan"
    UNAVAILABLE = "gave no answer"


Finding: TypeAlias = Decimal | Missing
"""What is known of a signal: its value, or why there is none."""


@attrs.frozen
class ScoreReason:
    """One line of the explanation.

    Attributes:
        code: for machines.
        points: what it adds to the score.
        message: for people. Says which band, never the fan's exact value.
    """

    code: str
    points: int
    message: str


@attrs.frozen
class Boost:
    """What one signal adds to the score, and whether that is for want of an answer."""

    signal: Signal
    reason: ScoreReason
    degraded: bool = False


@attrs.frozen
class ScoreBoosts:
    """The points of the three signals."""

    arm: int
    event: int
    model: int


@attrs.frozen
class AccountFanscore:
    """A fan's score with its explanation, as the API gives it.

    Attributes:
        global_user_id: whose score.
        score: within the policy's range.
        raw_score: what it started from.
        boosts: points of each signal.
        reasons: their points sum to ``score``.
        policy_version: which policy decided.
        degraded: the signals whose system gave no answer.
    """

    global_user_id: GlobalUserId
    score: int
    raw_score: int
    boosts: ScoreBoosts
    reasons: tuple[ScoreReason, ...]
    policy_version: str
    degraded: tuple[Signal, ...]


_NAMES = {
    Signal.ARM: "ARM risk score",
    Signal.EVENT: "Number of demand records for the event",
    Signal.MODEL: "Bot probability",
}

_SOURCES = {
    Signal.ARM: "ARM risk scoring",
    Signal.EVENT: "Demand for the event",
    Signal.MODEL: "The bot model",
}


def round_half_up(score: Decimal) -> int:
    """Round a stored score to an integer, halves up."""
    return int(score.quantize(Decimal(1), ROUND_HALF_UP))


def base_score(stored: StoredScore, origin: ScoreOrigin) -> BaseScore:
    """Start from a stored score."""
    return BaseScore(origin, round_half_up(stored.raw_score))


def no_history(policy: ScorePolicy) -> BaseScore:
    """Start without a stored score. A new fan is never rejected for being new."""
    return BaseScore(ScoreOrigin.NO_HISTORY, policy.no_history_raw_score)


def boost(policy: ScorePolicy, signal: Signal, finding: Finding) -> Boost:
    """Look up what a signal is worth."""
    if isinstance(finding, Missing):
        return _missing_boost(policy, signal, finding)
    lower, band = policy.of(signal).find(finding)
    return Boost(
        signal,
        ScoreReason(band.code, band.points, f"{_NAMES[signal]} {_bounds(lower, band.below)}"),
    )


def explain(
    policy: ScorePolicy,
    global_user_id: GlobalUserId,
    base: BaseScore,
    arm: Boost,
    event: Boost,
    model: Boost,
) -> AccountFanscore:
    """Add up a score, with reasons whose points sum to it."""
    boosts = (arm, event, model)
    total = base.raw_score + sum(each.reason.points for each in boosts)
    low, high = policy.range
    score = min(max(total, low), high)
    reasons = [ScoreReason(base.origin.name, base.raw_score, base.origin.value)]
    reasons.extend(each.reason for each in boosts)
    if score != total:
        message = f"A score is never below {low} or above {high}"
        reasons.append(ScoreReason("CLAMPED", score - total, message))
    return AccountFanscore(
        global_user_id,
        score,
        base.raw_score,
        ScoreBoosts(arm.reason.points, event.reason.points, model.reason.points),
        tuple(reasons),
        policy.version,
        tuple(each.signal for each in boosts if each.degraded),
    )


def _missing_boost(policy: ScorePolicy, signal: Signal, missing: Missing) -> Boost:
    degraded = missing is Missing.UNAVAILABLE
    points = policy.of(signal).unavailable if degraded else 0
    code = f"{signal.name}_{missing.name}"
    return Boost(signal, ScoreReason(code, points, f"{_SOURCES[signal]} {missing.value}"), degraded)


def _bounds(lower: Decimal | None, below: Decimal | None) -> str:
    if lower is None:
        return "is known" if below is None else f"is below {below:f}"
    return f"is {lower:f} or more" + ("" if below is None else f", and below {below:f}")

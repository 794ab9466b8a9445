"""From findings to a score whose reasons add up: the pure half of a decision.

``score = clamp(raw_score + the points of all signals)``, and the points of the reasons always sum
to the score.

See docs/reference/score-policy.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

import attrs

from fanscore_core.findings import Finding, Findings, round_half_up
from fanscore_core.ids import GlobalUserId
from fanscore_core.policy import CLAMPED, ScorePolicy
from fanscore_core.signals import Missing, Signal


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


def _read_only(boosts: Mapping[Signal, int]) -> Mapping[Signal, int]:
    return MappingProxyType(dict(boosts))


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
    boosts: Mapping[Signal, int] = attrs.field(converter=_read_only, hash=False)
    reasons: tuple[ScoreReason, ...]
    policy_version: str
    degraded: tuple[Signal, ...]


def decide(
    policy: ScorePolicy, global_user_id: GlobalUserId, findings: Findings
) -> AccountFanscore:
    """Decide a score: the same policy and findings always give the same, explained in full.

    Args:
        policy: says what is worth how many points.
        global_user_id: whose score.
        findings: what is known of the fan.
    """
    boosts = [boost(policy, signal, findings.of(signal)) for signal in policy.signals]
    # A new fan is never rejected for being new.
    raw = findings.raw
    raw_score = policy.no_history_raw_score if raw is None else round_half_up(raw)
    total = raw_score + sum(each.reason.points for each in boosts)
    low, high = policy.range
    score = min(max(total, low), high)
    reasons = [ScoreReason(findings.origin.name, raw_score, findings.origin.value)]
    reasons.extend(each.reason for each in boosts)
    if score != total:
        message = f"A score is never below {low} or above {high}"
        reasons.append(ScoreReason(CLAMPED, score - total, message))
    return AccountFanscore(
        global_user_id,
        score,
        raw_score,
        {each.signal: each.reason.points for each in boosts},
        tuple(reasons),
        policy.version,
        tuple(each.signal for each in boosts if each.degraded),
    )


def boost(policy: ScorePolicy, signal: Signal, finding: Finding) -> Boost:
    """Look up what a signal is worth."""
    if isinstance(finding, Missing):
        return _missing_boost(policy, signal, finding)
    lower, band = policy.of(signal).find(finding)
    message = f"{signal.value_name} {_bounds(lower, band.below)}"
    return Boost(signal, ScoreReason(band.code, band.points, message))


def _missing_boost(policy: ScorePolicy, signal: Signal, missing: Missing) -> Boost:
    degraded = missing is Missing.UNAVAILABLE
    points = policy.of(signal).unavailable if degraded else 0
    message = f"{signal.asked} {missing.value}"
    return Boost(signal, ScoreReason(signal.code(missing), points, message), degraded)


def _bounds(lower: Decimal | None, below: Decimal | None) -> str:
    if lower is None:
        return "is known" if below is None else f"is below {below:f}"
    return f"is {lower:f} or more" + ("" if below is None else f", and below {below:f}")

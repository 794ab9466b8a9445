"""From findings to a score whose reasons add up: the pure half of a decision.

``score = clamp(raw_score + the points of all signals)``, and the points of the reasons always sum
to the score.

See docs/reference/score-policy.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import attrs

from fanscore_core.findings import Finding, Findings, ScoreOrigin, round_half_up
from fanscore_core.ids import GlobalUserId
from fanscore_core.points import Boost, ScoreReason
from fanscore_core.policy import CLAMPED, ScorePolicy
from fanscore_core.signals import Signal

_KEPT_REASONS = 1_024


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


# How ``decide`` fills a score whose parts are read-only already: its own __init__ takes as long as
# all the rest of a decision (docs/decisions/0020-columns.md).
_set_id, _set_score, _set_raw, _set_boosts, _set_reasons, _set_version, _set_degraded = (
    getattr(AccountFanscore, field.name).__set__ for field in attrs.fields(AccountFanscore)
)
_new = AccountFanscore.__new__


def decide(
    policy: ScorePolicy, global_user_id: GlobalUserId, findings: Findings
) -> AccountFanscore:
    """Decide a score: the same policy and findings always give the same, explained in full.

    Args:
        policy: says what is worth how many points.
        global_user_id: whose score.
        findings: what is known of the fan.
    """
    signals = policy.points.sum_of(findings)
    # A new fan is never rejected for being new.
    raw = findings.raw
    raw_score = policy.no_history_raw_score if raw is None else round_half_up(raw)
    score = total = raw_score + signals.points
    low, high = policy.range
    reasons = (_base_reason(findings.origin, raw_score), *signals.reasons)
    if not low <= total <= high:
        score = min(max(total, low), high)
        reasons = (*reasons, _clamp_reason(low, high, score - total))
    decided = _new(AccountFanscore)
    _set_id(decided, global_user_id)
    _set_score(decided, score)
    _set_raw(decided, raw_score)
    _set_boosts(decided, signals.boosts)
    _set_reasons(decided, reasons)
    _set_version(decided, policy.version)
    _set_degraded(decided, signals.degraded)
    return decided


def boost(policy: ScorePolicy, signal: Signal, finding: Finding) -> Boost:
    """Look up what a signal is worth."""
    return policy.points.boost(signal, finding)


@lru_cache(_KEPT_REASONS)
def _base_reason(origin: ScoreOrigin, raw_score: int) -> ScoreReason:
    return ScoreReason(origin.name, raw_score, origin.value)


@lru_cache(_KEPT_REASONS)
def _clamp_reason(low: int, high: int, points: int) -> ScoreReason:
    return ScoreReason(CLAMPED, points, f"A score is never below {low} or above {high}")

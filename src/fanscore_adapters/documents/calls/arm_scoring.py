"""How risky fans are, as ARM says it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from fanscore_adapters.documents.converter import read_as
from fanscore_adapters.documents.proxies import NOT_FOUND, ProxyCall
from fanscore_core.errors import InvalidInput
from fanscore_core.ports.arm_scoring import ArmScore, ArmScores
from fanscore_core.systems import ARM_SCORING

MAX_ARM_SCORE = 10


@attrs.frozen
class _ArmData:
    arm_score: Decimal


def _arm_score(data: object) -> Decimal:
    score = read_as(_ArmData)(data).arm_score
    _check_arm_score("data.armScore", score)
    return score


@attrs.frozen
class _ArmDataOfSome:
    arm_scores: tuple[Decimal | None, ...]


def _arm_scores(data: object) -> tuple[Decimal | None, ...]:
    scores = read_as(_ArmDataOfSome)(data).arm_scores
    for at, score in enumerate(scores):
        if score is not None:
            _check_arm_score(f"data.armScores[{at}]", score)
    return scores


def _check_arm_score(where: str, score: Decimal) -> None:
    if not 0 <= score <= MAX_ARM_SCORE:
        raise InvalidInput(where, f"expected 0 to {MAX_ARM_SCORE}")


ROWS: Sequence[ProxyCall] = (
    ProxyCall(
        ArmScore,
        ARM_SCORING,
        "armScore",
        lambda asked: {"globalUserId": asked.global_user_id, "eventId": asked.event_id},
        _arm_score,
        {NOT_FOUND: None},
    ),
    ProxyCall(
        ArmScores,
        ARM_SCORING,
        "armScores",
        lambda asked: {
            "globalUserIds": list(asked.global_user_ids),
            "eventId": asked.event_id,
        },
        _arm_scores,
    ),
)

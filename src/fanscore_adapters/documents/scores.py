"""Scores of many fans as lines of JSON, and their tally (docs/reference/command.md)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from fanscore_core.errors import FanscoreError, Unavailable
from fanscore_core.registrants import ScoredFan
from fanscore_core.score_tally import ScoreTally
from fanscore_core.scoring import AccountFanscore
from fanscore_core.signals import Signal

NO_SCORE = "UNAVAILABLE"
"""The code of the error that a fan has instead of a score."""

_text = json.JSONEncoder().encode


def score_line(fan: ScoredFan) -> str:
    """Write a fan's score as a line, with its end: as the API gives it, but for the messages."""
    head = f'{{"globalUserId":{_text(fan.global_user_id)},'
    if fan.score is None:
        assert isinstance(fan.found, FanscoreError)  # noqa: S101  # else there is a score
        return f"{head}{_error_members(fan.found)}}}\n"
    return f"{head}{_score_members(fan.score)}}}\n"


def _score_members(score: AccountFanscore) -> str:
    # Written piece by piece: all but the version are numbers and names of our own.
    boosts = ",".join(
        f'"{signal.name}":{points}' for signal, points in score.boosts.items() if signal.required
    )
    reasons = ",".join(
        f'{{"code":"{reason.code}","points":{reason.points}}}' for reason in score.reasons
    )
    return (
        f'"score":{score.score},"rawScore":{score.raw_score},"boosts":{{{boosts}}},'
        f'"reasons":[{reasons}],"policyVersion":{_text(score.policy_version)},'
        f'"degraded":[{_names(score.degraded)}]'
    )


def _names(signals: tuple[Signal, ...]) -> str:
    return ",".join(f'"{each.name}"' for each in signals)


def _error_members(error: FanscoreError) -> str:
    system = error.system if isinstance(error, Unavailable) else None
    document = {"code": NO_SCORE, "system": system}
    return f'"error":{json.dumps(document, separators=(",", ":"))}'


def tally_document(tally: ScoreTally) -> Mapping[str, object]:
    """Write a tally as a document, always in the same order."""
    return {
        "people": tally.people,
        "scored": tally.scored,
        "newcomers": tally.newcomers,
        "scores": {str(score): count for score, count in sorted(tally.scores.items())},
        "origins": dict(sorted(tally.origins.items())),
        "missing": [
            {"signal": signal, "reason": reason, "count": count}
            for (signal, reason), count in sorted(tally.missing.items())
        ],
        "failed": dict(sorted(tally.failed.items())),
    }


def tally_of(text: str) -> ScoreTally:
    """Read a tally that ``tally_document`` wrote, as JSON."""
    document = json.loads(text)
    return ScoreTally(
        Counter({int(score): count for score, count in document["scores"].items()}),
        Counter(document["origins"]),
        Counter({(each["signal"], each["reason"]): each["count"] for each in document["missing"]}),
        Counter(document["failed"]),
    )

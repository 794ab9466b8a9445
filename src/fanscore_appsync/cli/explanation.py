"""What an operator may see of a score besides what the API says: the value behind each reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

from fanscore_appsync.app import Response
from fanscore_appsync.local.graphql.trace_extension import write_run
from fanscore_core.engine.state import Outcome
from fanscore_core.findings import Finding
from fanscore_core.pipelines.account_scoring import AccountFanscoreStash
from fanscore_core.scoring import AccountFanscore


def reason_values(outcome: Outcome[object, object]) -> Sequence[Decimal | None]:
    """Return the value behind each reason of a score; ``None`` where there is none to know.

    Reasons come in the order of the policy's signals, after the base score.
    """
    stash = cast("AccountFanscoreStash", outcome.stash)
    score, findings = cast("AccountFanscore", outcome.value), stash.findings
    if findings is None:
        return (None,) * len(score.reasons)
    known = [findings.raw, *(_known(findings.of(signal)) for signal in score.boosts)]
    return (*known, *[None] * (len(score.reasons) - len(known)))


def write_explanation(response: Response, outcome: Outcome[object, object]) -> Mapping[str, object]:
    """Write a score and its run as JSON.

    Args:
        response: to an event that asks for an envelope.
        outcome: of the response.
    """
    envelope = cast("Mapping[str, Mapping[str, object]]", response.response)
    score = envelope.get("data")
    return {
        "score": None if score is None else _with_values(score, reason_values(outcome)),
        "error": envelope.get("error"),
        "run": write_run(outcome.trace),
    }


def _with_values(
    score: Mapping[str, object], values: Sequence[Decimal | None]
) -> Mapping[str, object]:
    reasons = cast("Sequence[Mapping[str, object]]", score["reasons"])
    pairs = zip(reasons, values, strict=True)
    return {**score, "reasons": [{**reason, "value": _text(value)} for reason, value in pairs]}


def _known(finding: Finding) -> Decimal | None:
    return finding if isinstance(finding, Decimal) else None


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"

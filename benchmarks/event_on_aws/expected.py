"""What is known of the fans, and so their scores."""

from __future__ import annotations

import json
from decimal import Decimal

from benchmarks.bulk.big_exports import fan_id
from benchmarks.event_on_aws.made_up import ARM_SCORE, made_up_findings
from fanscore_adapters.documents.scores import score_line
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import GlobalUserId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.registrants import ScoredFan
from fanscore_core.scoring import decide
from fanscore_core.signals import ARM, EVENT, MODEL


def expected_line(number: int, *, made_up: bool) -> object:
    """Return the line of a fan's score, as it must be.

    Args:
        number: of the fan.
        made_up: whether the function makes up their data; else they are from the tables, as
            ``benchmarks.bulk.big_exports`` has them.
    """
    fan = GlobalUserId(fan_id(number))
    findings = made_up_findings(fan) if made_up else _findings(number)
    scored = ScoredFan(fan, findings, decide(DEFAULT_POLICY, fan, findings))
    line: object = json.loads(score_line(scored))
    return line


def _findings(number: int) -> Findings:
    signals = {
        ARM: Decimal(ARM_SCORE),
        EVENT: Decimal(1),
        MODEL: Decimal(number * 37 % 1000) / 1000,
    }
    if number % 7 == 0:
        return Findings(ScoreOrigin.IDENTITY_SCORE, Decimal(number % 1000) / 10, signals)
    if number % 5:  # and so by 10
        return Findings(ScoreOrigin.ACCOUNT_SCORE, Decimal(number * 13 % 1000) / 10, signals)
    return Findings(ScoreOrigin.NO_HISTORY, None, signals)

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import attrs
import pytest

from fanscore_core.engine.question import Question
from fanscore_core.engine.rounds import run
from fanscore_core.engine.stubs import Answers
from fanscore_core.errors import Unavailable
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import BotRunId, EventId, GlobalUserId
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, account_fanscore
from fanscore_core.pipelines.receipts import receipt_of
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity
from fanscore_core.receipt import Decision, Receipt, ShadowDecision
from fanscore_core.signals import ARM, EVENT, MODEL, Missing
from tests.receipt_samples import OTHER_POLICY

FAN, EVENT_ID = GlobalUserId("fan1"), EventId("evt456")
ARGS = AccountFanscoreArgs(DEFAULT_POLICY, FAN, EVENT_ID)
AT = datetime(2026, 11, 28, 20, tzinfo=UTC)
NONCE = bytes(16)
ANSWERS: Mapping[Question[object], object] = {
    FanIdentity(FAN): None,
    ArmScore(FAN, EVENT_ID): Decimal(1),
    DiscoEventId(EVENT_ID): None,
    EventDemandCount(FAN, EVENT_ID): 1,
    BotOrNotCursor(): BotRunId("run7"),
    BotOrNot(FAN, BotRunId("run7")): None,
}
EXPECTED = Receipt(
    FAN,
    EVENT_ID,
    AT,
    DEFAULT_POLICY.version,
    DEFAULT_POLICY.digest,
    "0.1.0",
    NONCE,
    Findings(
        ScoreOrigin.NO_HISTORY,
        None,
        {ARM: Decimal(1), EVENT: Decimal(1), MODEL: Missing.NO_VERDICT},
    ),
    Decision(
        59,
        50,
        (("NO_HISTORY", 50), ("ARM_LOW_RISK", 5), ("EVENT_DEMAND", 4), ("MODEL_NO_VERDICT", 0)),
        (),
    ),
)


def test_a_run_has_a_receipt() -> None:
    """It is made of what the run was asked, found and decided, and of what is given."""
    outcome = run(account_fanscore, ARGS, Answers(*ANSWERS.items()))
    assert receipt_of(ARGS, outcome, AT, NONCE, "0.1.0") == EXPECTED


def test_a_shadow_is_noted_beside() -> None:
    """What a shadow policy would have decided is part of the receipt."""
    outcome = run(account_fanscore, ARGS, Answers(*ANSWERS.items()))
    made = receipt_of(ARGS, outcome, AT, NONCE, "0.1.0", shadow=OTHER_POLICY)
    shadow = ShadowDecision("kind", OTHER_POLICY.digest, 69)
    assert made == attrs.evolve(EXPECTED, shadow=shadow)


@pytest.mark.parametrize("shadow", [None, OTHER_POLICY])
def test_an_error_has_a_receipt_of_its_code(shadow: object) -> None:
    """A run that asked and failed has a receipt without findings, shadow or not."""
    failing: Mapping[Question[object], object] = {
        **ANSWERS,
        FanIdentity(FAN): Unavailable("fan_identity_table"),
    }
    outcome = run(account_fanscore, ARGS, Answers(*failing.items()))
    made = receipt_of(
        ARGS,
        outcome,
        AT,
        NONCE,
        "0.1.0",
        error="UNAVAILABLE",
        shadow=OTHER_POLICY if shadow else None,
    )
    assert made == attrs.evolve(EXPECTED, findings=None, decision=None, error="UNAVAILABLE")


def test_what_asked_nothing_has_no_receipt() -> None:
    """A run that failed before its first question decided about nobody."""
    outcome = run(account_fanscore, ARGS, Answers(*ANSWERS.items()))
    trace = attrs.evolve(outcome.trace, asked=())
    failed = attrs.evolve(outcome, trace=trace, value=None, error=Unavailable("x"))
    assert receipt_of(ARGS, failed, AT, NONCE, "0.1.0", error="UNAVAILABLE") is None

"""Receipts as they lie in ``demand_table``, with nothing left to chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from fanscore_adapters.items.operations import Item
from fanscore_adapters.items.receipts import receipt_item
from fanscore_core.findings import Finding, Findings, ScoreOrigin
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.ports.receipts import PutReceipt
from fanscore_core.receipt import Receipt, decision_of
from fanscore_core.scoring import decide
from fanscore_core.signals import ARM, EVENT, MODEL, Missing

DECIDED_AT = datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
EXPIRES_AT = datetime(2027, 4, 30, 7, 30, tzinfo=UTC)
CODE_VERSION = "0.1.0"


def receipt(
    fan: str = "user123",
    event: str | None = "evt456",
    *,
    microseconds: int = 0,
    arm: Finding = Decimal(2),
    demand: Finding = Decimal(1),
    policy: ScorePolicy = DEFAULT_POLICY,
    error: str | None = None,
) -> Receipt:
    """Make a receipt: of a score, unless an error is given.

    Args:
        fan: about whom.
        event: for which event.
        microseconds: after ``DECIDED_AT``; they make its nonce, too.
        arm: what ARM was found to be.
        demand: how many demand records were found.
        policy: that decides.
        error: the code of an error.
    """
    found = Findings(
        ScoreOrigin.ACCOUNT_SCORE,
        Decimal(75),
        {ARM: arm, EVENT: demand if event else Missing.NOT_ASKED, MODEL: Decimal("0.05")},
    )
    decided = decision_of(decide(policy, GlobalUserId(fan), found))
    return Receipt(
        GlobalUserId(fan),
        None if event is None else EventId(event),
        DECIDED_AT + timedelta(microseconds=microseconds),
        policy.version,
        policy.digest,
        CODE_VERSION,
        microseconds.to_bytes(16, "big"),
        None if error else found,
        None if error else decided,
        error,
    )


def stored(kept: Receipt) -> Item:
    """Return the item of a receipt."""
    return receipt_item(PutReceipt(kept, EXPIRES_AT))

"""The field ``decisionReceipt``: what decided a fan's score (docs/reference/receipts.md)."""

from __future__ import annotations

import attrs

from fanscore_core.decision_receipt import DecisionReceipt, decision_receipt
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, NoStash, step
from fanscore_core.errors import NotFound
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.policy_book import PolicyBook
from fanscore_core.ports.receipts import NewestReceipt


@attrs.frozen
class DecisionReceiptArgs:
    """Whose newest receipt is wanted, for which event, and how much of it.

    Attributes:
        global_user_id: about whom.
        event_id: for which event, as it was asked; ``None`` for a score without one.
        book: the policies in use.
        is_whole: whether its document is wanted, too.
    """

    global_user_id: GlobalUserId
    event_id: EventId | None
    book: PolicyBook
    is_whole: bool


@step("getDecisionReceipt")
async def get_decision_receipt(ctx: Context[DecisionReceiptArgs, NoStash]) -> DecisionReceipt:
    """Read the newest receipt of a fan for an event."""
    args = ctx.args
    receipt = await NewestReceipt(args.global_user_id, args.event_id)
    if receipt is None:
        raise NotFound("receipt")
    return decision_receipt(receipt, args.book, is_whole=args.is_whole)


newest_receipt = pipeline("decisionReceipt", NoStash, (get_decision_receipt,))

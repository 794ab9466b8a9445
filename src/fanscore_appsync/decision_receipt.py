"""Receipts from the core to GraphQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from fanscore_appsync import wire
from fanscore_appsync.arguments import DecisionReceiptArguments
from fanscore_appsync.authorization import CallerKind
from fanscore_appsync.invocation import Invocation
from fanscore_core.decision_receipt import DecisionReceipt
from fanscore_core.pipelines.decision_receipts import DecisionReceiptArgs
from fanscore_core.receipt import time_text


def decision_receipt_args(given: DecisionReceiptArguments, call: Invocation) -> DecisionReceiptArgs:
    """Make the arguments of ``decisionReceipt``: the whole document is for services alone."""
    is_whole = call.caller.kind is CallerKind.SERVICE
    return DecisionReceiptArgs(given.global_user_id, given.event_id, call.book, is_whole)


def decision_receipt(found: DecisionReceipt) -> Mapping[str, object]:
    """Write a ``DecisionReceipt``, its time to the microsecond, as the document has it."""
    members = cast("Mapping[str, object]", wire.data(found))
    return {**members, "decidedAt": time_text(found.decided_at)}

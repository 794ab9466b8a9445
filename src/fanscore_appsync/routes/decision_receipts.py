"""Receipts of scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import attrs

from fanscore_appsync import wire
from fanscore_appsync.authorization import CallerKind
from fanscore_appsync.fields import OWNER_OR_SERVICE, Field
from fanscore_appsync.invocation import Invocation
from fanscore_core.decision_receipt import DecisionReceipt
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.pipelines.decision_receipts import DecisionReceiptArgs, newest_receipt
from fanscore_core.receipt import time_text


@attrs.frozen
class DecisionReceiptArguments:
    """``VFApi.decisionReceipt``."""

    global_user_id: GlobalUserId
    event_id: EventId | None = None


def decision_receipt_args(given: DecisionReceiptArguments, call: Invocation) -> DecisionReceiptArgs:
    """Make the arguments of ``decisionReceipt``: the whole document is for services alone."""
    is_whole = call.caller.kind is CallerKind.SERVICE
    return DecisionReceiptArgs(given.global_user_id, given.event_id, call.book, is_whole)


def decision_receipt(found: DecisionReceipt) -> Mapping[str, object]:
    """Write a ``DecisionReceipt``, its time to the microsecond, as the document has it."""
    members = cast("Mapping[str, object]", wire.data(found))
    return {**members, "decidedAt": time_text(found.decided_at)}


ROWS: Mapping[str, Field] = {
    "VFApi.decisionReceipt": Field(
        OWNER_OR_SERVICE,
        DecisionReceiptArguments,
        newest_receipt,
        decision_receipt_args,
        write=decision_receipt,
        owner=lambda asked: asked.global_user_id,
    ),
}

"""What a receipt tells a fan: the decision, its reasons in words, and what would change it.

It never tells the value of a signal, nor how to look less like a bot (docs/reference/receipts.md).
"""

from __future__ import annotations

from datetime import datetime
from typing import NewType

import attrs

from fanscore_core.findings import Findings
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.points import ScoreReason
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_book import PolicyBook
from fanscore_core.receipt import Receipt
from fanscore_core.scoring import decide
from fanscore_core.signals import EVENT, Missing

JsonText = NewType("JsonText", str)
"""JSON, as text."""

REGISTER_DEMAND = "REGISTER_DEMAND"
"""Code of the hint to register demand."""

NO_WORDS = "Decided by rules of an earlier version"
"""Message of a reason whose policy is no longer in use, so that nobody can say it in words."""


@attrs.frozen
class ScoreHint:
    """What a fan can honestly do for a higher score.

    Attributes:
        code: for machines.
        message: for people.
        points: by how many the score would have been greater; 1 or more.
    """

    code: str
    message: str
    points: int


@attrs.frozen
class DecisionReceipt:
    """A receipt as the API gives it; see ``Receipt``.

    Attributes:
        global_user_id: about whom.
        event_id: for which event, as it was asked; ``None`` without one.
        decided_at: when, to the microsecond.
        score: that was decided; ``None``, like ``raw_score``, if the decision ended in an error.
        raw_score: what it started from.
        reasons: their points sum to the score; none for an error.
        degraded: the names of the signals whose system gave no answer.
        policy_version: which policy decided.
        policy_digest: the same, beyond doubt.
        leaf: the hash that stands for the receipt in a seal.
        document: the whole receipt in canonical JSON; ``None`` for a caller who may not see it.
        hints: what the fan can do; none where nothing is known to help.
    """

    global_user_id: GlobalUserId
    event_id: EventId | None
    decided_at: datetime
    score: int | None
    raw_score: int | None
    reasons: tuple[ScoreReason, ...]
    degraded: tuple[str, ...]
    policy_version: str
    policy_digest: str
    leaf: str
    document: JsonText | None
    hints: tuple[ScoreHint, ...]


def decision_receipt(receipt: Receipt, book: PolicyBook, *, is_whole: bool) -> DecisionReceipt:
    """Say what a receipt tells.

    Args:
        receipt: of the decision.
        book: the policies in use. The one that decided gives reasons their words, if it is here.
        is_whole: whether to give the document, too.
    """
    decision, findings = receipt.decision, receipt.findings
    policy = _policy_of(receipt, book)
    return DecisionReceipt(
        receipt.global_user_id,
        receipt.event_id,
        receipt.decided_at,
        decision.score if decision else None,
        decision.raw_score if decision else None,
        _reasons(receipt, policy),
        decision.degraded if decision else (),
        receipt.policy_version,
        receipt.policy_digest,
        receipt.leaf,
        JsonText(receipt.canonical_bytes.decode()) if is_whole else None,
        _hints(receipt, findings, policy) if policy and findings else (),
    )


def _policy_of(receipt: Receipt, book: PolicyBook) -> ScorePolicy | None:
    """Return the policy that decided, if it is in use: by now, perhaps for other events."""
    policies = (book.policy_for(receipt.event_id), book.default, *book.events.values())
    return next((each for each in policies if each.digest == receipt.policy_digest), None)


def _reasons(receipt: Receipt, policy: ScorePolicy | None) -> tuple[ScoreReason, ...]:
    """Return the reasons, in the words of deciding again if that comes to the same ones."""
    if receipt.decision is None or receipt.findings is None:
        return ()
    decided = receipt.decision.reasons
    if policy is not None:
        again = decide(policy, receipt.global_user_id, receipt.findings).reasons
        if tuple((each.code, each.points) for each in again) == decided:
            return again
    return tuple(ScoreReason(code, points, NO_WORDS) for code, points in decided)


def _hints(receipt: Receipt, findings: Findings, policy: ScorePolicy) -> tuple[ScoreHint, ...]:
    """Return what would have raised the score, of what a fan may be advised to do.

    Only demand is: no signal of ours counts a verified identity, and whatever else is found of a
    fan is either not theirs to change or would teach bots how not to be found.
    """
    count = findings.of(EVENT)
    if receipt.event_id is None or isinstance(count, Missing):
        return ()
    more = attrs.evolve(findings, signals={**findings.signals, EVENT: count + 1})
    fan = receipt.global_user_id
    rise = decide(policy, fan, more).score - decide(policy, fan, findings).score
    if rise <= 0:
        return ()
    what = "another sale of the event" if count else "the event"
    return (ScoreHint(REGISTER_DEMAND, f"Register demand for {what}", rise),)

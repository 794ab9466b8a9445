"""The receipt of a decision, made from how its run ended (docs/reference/receipts.md)."""

from __future__ import annotations

from datetime import datetime

from fanscore_core.engine.state import Outcome
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, AccountFanscoreStash
from fanscore_core.policy import ScorePolicy
from fanscore_core.receipt import Receipt, ShadowDecision, decision_of
from fanscore_core.scoring import AccountFanscore, decide


def receipt_of(
    args: AccountFanscoreArgs,
    outcome: Outcome[AccountFanscoreStash, AccountFanscore],
    decided_at: datetime,
    nonce: bytes,
    code_version: str,
    *,
    error: str | None = None,
    shadow: ScorePolicy | None = None,
) -> Receipt | None:
    """Make the receipt of a run of ``account_fanscore``.

    Args:
        args: of the run.
        outcome: of the run.
        decided_at: when, with offset.
        nonce: 16 bytes that nobody can guess, and that no other receipt has.
        code_version: the version of fanscore that ran.
        error: the code of the error that the run ended in, if it did.
        shadow: another policy, whose score is noted beside.

    Returns:
        The receipt; ``None`` where the run ended in an error before it asked anything.

    Raises:
        InvalidInput: an argument is not valid; names it.
    """
    if outcome.error is not None and not outcome.trace.rounds:
        return None
    value, findings = outcome.value, outcome.stash.findings
    shadowed = None
    if shadow is not None and value is not None and findings is not None:
        score = decide(shadow, args.global_user_id, findings).score
        shadowed = ShadowDecision(shadow.version, shadow.digest, score)
    return Receipt(
        args.global_user_id,
        args.event_id,
        decided_at,
        args.policy.version,
        args.policy.digest,
        code_version,
        nonce,
        None if value is None else findings,
        None if value is None else decision_of(value),
        error,
        shadowed,
    )

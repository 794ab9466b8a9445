"""Replaying receipts: each decision again, from its findings (docs/reference/receipts.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from fanscore_core.policy_book import PolicyBook
from fanscore_core.receipt import Receipt, decide_again


@attrs.frozen
class ReplayedReceipt:
    """A decision, and what it is when decided again.

    Attributes:
        receipt: of the decision.
        again: decided again; ``None`` where the policy that decided is not known.
    """

    receipt: Receipt
    again: Receipt | None

    @property
    def is_same(self) -> bool:
        """Whether deciding again gave the bytes of the receipt."""
        # Equal receipts have equal bytes. To compare them needs no writing.
        return self.again == self.receipt

    @property
    def rise(self) -> int:
        """By how many points the score is greater now; less than 0 if it is less."""
        before, after = self.receipt.decision, self.again.decision if self.again else None
        return after.score - before.score if before and after else 0

    @property
    def is_other_policy(self) -> bool:
        """Whether another policy decided again than decided first."""
        return self.again is not None and self.again.policy_digest != self.receipt.policy_digest


def replay_receipts(receipts: Iterable[Receipt], book: PolicyBook) -> Iterator[ReplayedReceipt]:
    """Decide again under the policies that decided, as far as a book has them.

    A decision that ended in an error has nothing to decide from, and comes back as it is.

    Args:
        receipts: used as they come.
        book: policies; which one decided, its digest tells, not the event.
    """
    known = {policy.digest: policy for policy in (book.default, *book.events.values())}
    for receipt in receipts:
        policy = known.get(receipt.policy_digest)
        again = None if policy is None else decide_again(receipt, policy)
        yield ReplayedReceipt(receipt, again)


def would_have_been(receipts: Iterable[Receipt], book: PolicyBook) -> Iterator[ReplayedReceipt]:
    """Decide again under the policies that a book has for the events.

    Args:
        receipts: used as they come.
        book: decides; may hold the policies that decided, or others.
    """
    for receipt in receipts:
        policy = book.policy_for(receipt.event_id)
        yield ReplayedReceipt(receipt, decide_again(receipt, policy))

from __future__ import annotations

import attrs

from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook
from fanscore_core.receipt import Decision
from fanscore_core.receipt_replay import replay_receipts, would_have_been
from tests.receipt_samples import OTHER_POLICY, error_receipt, receipt, receipts

NEWCOMER = Findings(ScoreOrigin.NO_HISTORY, None, {})
MADE = receipt(1, NEWCOMER)
FORGED = attrs.evolve(MADE, decision=Decision(99, 99, (("NO_HISTORY", 99),), ()))
EVENT_BOOK = PolicyBook(DEFAULT_POLICY, {EventId("evt456"): OTHER_POLICY})


def test_a_thousand_decisions_come_out_the_same() -> None:
    """Under the policy that decided, all are the same."""
    replayed = list(replay_receipts(receipts(1_000), PolicyBook(DEFAULT_POLICY)))
    assert [each.is_same for each in replayed] == [True] * 1_000
    assert {(each.rise, each.is_other_policy) for each in replayed} == {(0, False)}


def test_a_decision_that_the_findings_do_not_give_is_found() -> None:
    """It is not the same, under the same policy."""
    (replayed,) = replay_receipts([FORGED], PolicyBook(DEFAULT_POLICY))
    assert (replayed.is_same, replayed.rise, replayed.is_other_policy) == (False, -49, False)


def test_the_policy_that_decided_is_found_by_its_digest() -> None:
    """Wherever in the book it stands; one that is not there leaves nothing to compare."""
    by_other = receipt(1, NEWCOMER, OTHER_POLICY)
    made = [MADE, by_other, error_receipt(2)]
    assert [each.is_same for each in replay_receipts(made, EVENT_BOOK)] == [True] * 3
    unknown = list(replay_receipts(made, PolicyBook(OTHER_POLICY)))
    assert [each.again is None for each in unknown] == [True, False, True]
    assert (unknown[0].is_same, unknown[0].rise, unknown[0].is_other_policy) == (False, 0, False)


def test_another_policy_says_what_would_have_been() -> None:
    """The book's policy for the event decides, and the difference of the scores is there."""
    (would_be,) = would_have_been([MADE], EVENT_BOOK)
    assert would_be.again == receipt(1, NEWCOMER, OTHER_POLICY)
    assert (would_be.is_same, would_be.rise, would_be.is_other_policy) == (False, 10, True)
    elsewhere = attrs.evolve(MADE, event_id=None)
    assert [each.is_same for each in would_have_been([elsewhere], EVENT_BOOK)] == [True]
    (failed,) = would_have_been([error_receipt(1)], EVENT_BOOK)
    assert (failed.is_same, failed.rise) == (True, 0)

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from fanscore_core.decision_receipt import NO_WORDS, ScoreHint, decision_receipt
from fanscore_core.findings import Finding
from fanscore_core.ids import EventId
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.policy_book import PolicyBook
from fanscore_core.signals import EVENT, Band, Missing, SignalPolicy
from tests.stored_receipts import receipt

BOOK = PolicyBook(DEFAULT_POLICY)
OTHER = attrs.evolve(DEFAULT_POLICY, version="other", no_history_raw_score=40)


def worth(version: str, *bands: Band) -> ScorePolicy:
    """Make a policy where demand is worth this."""
    signals = {**DEFAULT_POLICY.signals, EVENT: SignalPolicy(0, bands)}
    return attrs.evolve(DEFAULT_POLICY, version=version, signals=signals)


LESS = worth("less", Band(4, "EVENT_LITTLE", Decimal(1)), Band(0, "EVENT_MUCH"))
CAPPED = attrs.evolve(DEFAULT_POLICY, version="capped", range=(0, 85))


@pytest.mark.parametrize(
    ("policy", "event", "demand", "hint"),
    [
        (DEFAULT_POLICY, "evt456", Decimal(0), ("the event", 4)),
        (DEFAULT_POLICY, "evt456", Decimal(1), ("another sale of the event", 2)),
        (DEFAULT_POLICY, "evt456", Decimal(2), None),
        (DEFAULT_POLICY, "evt456", Missing.UNAVAILABLE, None),
        (DEFAULT_POLICY, None, Decimal(0), None),
        (LESS, "evt456", Decimal(0), None),
        (CAPPED, "evt456", Decimal(0), ("the event", 2)),
        (CAPPED, "evt456", Decimal(1), None),
    ],
)
def test_what_would_change_a_score(
    policy: ScorePolicy, event: str | None, demand: Finding, hint: tuple[str, int] | None
) -> None:
    """Demand is named where it would have raised the score, and by how much; nothing else is."""
    book = PolicyBook(DEFAULT_POLICY, {EventId("evt1"): policy})
    shown = decision_receipt(
        receipt(event=event, demand=demand, policy=policy), book, is_whole=False
    )
    assert shown.hints == (
        ()
        if hint is None
        else (ScoreHint("REGISTER_DEMAND", f"Register demand for {hint[0]}", hint[1]),)
    )


def test_a_policy_out_of_use_has_no_words_and_no_hints() -> None:
    """Codes and points are those of the receipt; what nobody can explain any more says so."""
    kept = receipt(policy=OTHER, demand=Decimal(0))
    shown = decision_receipt(kept, BOOK, is_whole=False)
    assert kept.decision is not None
    assert tuple((each.code, each.points) for each in shown.reasons) == kept.decision.reasons
    assert {each.message for each in shown.reasons} == {NO_WORDS}
    assert shown.hints == ()


def test_reasons_that_would_be_others_today_have_no_words() -> None:
    """Where deciding again comes to other reasons, as by another version, none are made up."""
    kept = receipt()
    assert kept.decision is not None
    reasons = (("ACCOUNT_SCORE", 80), *kept.decision.reasons[1:-1], ("MODEL_UNSURE", -2))
    changed = attrs.evolve(kept, decision=attrs.evolve(kept.decision, reasons=reasons))
    shown = decision_receipt(changed, BOOK, is_whole=False)
    assert tuple((each.code, each.points) for each in shown.reasons) == reasons
    assert {each.message for each in shown.reasons} == {NO_WORDS}


@pytest.mark.parametrize("is_whole", [True, False])
def test_the_document_is_for_whom_it_is_meant(*, is_whole: bool) -> None:
    """The whole receipt is there or not, to the byte; nothing else differs."""
    kept = receipt()
    shown = decision_receipt(kept, BOOK, is_whole=is_whole)
    assert shown.document == (kept.canonical_bytes.decode() if is_whole else None)
    assert attrs.evolve(shown, document=None) == decision_receipt(kept, BOOK, is_whole=False)

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256

import attrs
import pytest

from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import RULE
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.receipt import (
    DIGITS_RULE,
    HASH_RULE,
    Decision,
    Receipt,
    ShadowDecision,
    decide_again,
    finding_text,
)
from fanscore_core.scalars import TEXT_RULE
from fanscore_core.signals import ARM, EVENT, INTEGER_RULE, MODEL, Missing
from tests.receipt_samples import OTHER_POLICY, error_receipt, receipt

FOUND = Findings(
    ScoreOrigin.ACCOUNT_SCORE,
    Decimal("74.60"),
    {ARM: Decimal(2), EVENT: Missing.UNAVAILABLE, MODEL: Decimal("0.10")},
)
MADE = attrs.evolve(
    receipt(1, FOUND), shadow=ShadowDecision("kind", "ab" * 32, 90), nonce=bytes(range(16))
)
DOCUMENT = {
    "v": 1,
    "globalUserId": "fan1",
    "eventId": "evt456",
    "decidedAt": "2026-11-28T20:31:00.000000Z",
    "policyVersion": "2026-11-01",
    "policyDigest": DEFAULT_POLICY.digest,
    "codeVersion": "0.1.0",
    "nonce": "000102030405060708090a0b0c0d0e0f",
    "findings": {
        "origin": "ACCOUNT_SCORE",
        "raw": "74.6",
        "signals": {"arm": "2", "event": "UNAVAILABLE", "model": "0.1"},
    },
    "decision": {
        "score": 83,
        "rawScore": 75,
        "reasons": [
            {"code": "ACCOUNT_SCORE", "points": 75},
            {"code": "ARM_LOW_RISK", "points": 5},
            {"code": "EVENT_UNAVAILABLE", "points": 0},
            {"code": "MODEL_LIKELY_HUMAN", "points": 3},
        ],
        "degraded": ["event"],
    },
    "error": None,
    "shadow": {"policyVersion": "kind", "policyDigest": "ab" * 32, "score": 90},
}


def test_a_receipt_is_this_document() -> None:
    """A receipt says who, what for, when, by which policy and code, from what, and what."""
    assert MADE.document == DOCUMENT


def test_a_leaf_is_the_hash_of_the_bytes() -> None:
    """The leaf is the SHA-256 of a zero byte and the canonical bytes (RFC 6962)."""
    assert MADE.leaf == sha256(b"\0" + MADE.canonical_bytes).hexdigest()
    assert MADE.canonical_bytes.startswith(b'{"codeVersion":"0.1.0","decidedAt":"2026-11-28T20:31')


def test_an_error_has_no_findings() -> None:
    """The receipt of an error has its code, and neither findings nor a decision."""
    document = error_receipt(1).document
    assert [document[name] for name in ("error", "findings", "decision", "eventId")] == [
        "UNAVAILABLE",
        None,
        None,
        None,
    ]


def test_an_error_is_not_decided_again() -> None:
    """From an error nothing can be decided, whatever the policy."""
    assert decide_again(error_receipt(1), OTHER_POLICY) == error_receipt(1)


def test_another_policy_decides_again() -> None:
    """Policy and decision are the other's then; all else is kept."""
    newcomer = receipt(1, Findings(ScoreOrigin.NO_HISTORY, None, {}))
    again = decide_again(newcomer, OTHER_POLICY)
    assert again == receipt(1, Findings(ScoreOrigin.NO_HISTORY, None, {}), OTHER_POLICY)
    assert (again.policy_version, again.policy_digest) == ("kind", OTHER_POLICY.digest)


def test_a_time_is_kept_in_utc() -> None:
    """One moment has one spelling, in whatever zone it is given."""
    there = datetime(2026, 11, 29, 2, 1, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert attrs.evolve(MADE, decided_at=there) == MADE


def test_the_first_years_have_four_digits_too() -> None:
    """A time is written so that texts sort as times."""
    early = attrs.evolve(MADE, decided_at=datetime(33, 4, 3, tzinfo=UTC))
    assert early.document["decidedAt"] == "0033-04-03T00:00:00.000000Z"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("0E+9", "0"),
        ("1E+1", "10"),
        ("1E+63", "1" + "0" * 63),
        ("1E-64", "0." + "0" * 63 + "1"),
        ("-0.50", "-0.5"),
        ("100", "100"),
        ("9" * 64 + "." + "9" * 64, "9" * 64 + "." + "9" * 64),
        ("1." + "0" * 99, "1"),
    ],
)
def test_equal_numbers_have_one_text(number: str, text: str) -> None:
    """A finding is written in plain digits, without needless zeros."""
    assert finding_text(Decimal(number)) == text


@pytest.mark.parametrize(
    "number",
    ["1E+64", "1E-65", "1E+999999", "1E-999999", "9" * 65, "1." + "0" * 64 + "1", "-1E+64"],
)
def test_absurd_numbers_are_refused(number: str) -> None:
    """What no system gives has no receipt, and is not even written out."""
    with pytest.raises(InvalidInput) as error:
        finding_text(Decimal(number))
    assert str(error.value) == f"findings: {DIGITS_RULE}"


def test_why_a_value_is_missing_is_its_text() -> None:
    """A signal without a value has the reason instead."""
    assert [finding_text(each) for each in Missing] == [each.name for each in Missing]


HALF = "half \ud800"
MISTAKES: tuple[tuple[dict[str, object], str], ...] = (
    ({"global_user_id": ""}, f"global_user_id: {RULE}"),
    ({"event_id": " x"}, f"event_id: {RULE}"),
    ({"decided_at": datetime(2026, 1, 1)}, "decided_at: expected a time with offset"),  # noqa: DTZ001
    (
        {"decided_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))},
        "decided_at: expected a time of the years 1 to 9999",
    ),
    ({"policy_version": ""}, f"policy_version: {TEXT_RULE}"),
    ({"policy_version": HALF}, f"policy_version: {TEXT_RULE}"),
    ({"policy_version": None}, f"policy_version: {TEXT_RULE}"),
    ({"policy_digest": "AB" * 32}, f"policy_digest: {HASH_RULE}"),
    ({"policy_digest": "ab" * 31}, f"policy_digest: {HASH_RULE}"),
    ({"policy_digest": None}, f"policy_digest: {HASH_RULE}"),
    ({"code_version": 1}, f"code_version: {TEXT_RULE}"),
    ({"nonce": bytes(15)}, "nonce: expected 16 bytes"),
    ({"nonce": "0123456789abcdef"}, "nonce: expected 16 bytes"),
    ({"error": "UNAVAILABLE"}, "decision: expected a decision or an error"),
    ({"decision": None}, "decision: expected a decision or an error"),
    ({"findings": None}, "findings: expected them with a decision, and with no error"),
    (
        {"decision": None, "error": "UNAVAILABLE"},
        "findings: expected them with a decision, and with no error",
    ),
    ({"decision": None, "findings": None, "error": ""}, f"error: {TEXT_RULE}"),
)


@pytest.mark.parametrize(("changes", "refused"), MISTAKES, ids=range(len(MISTAKES)))
def test_no_receipt_is_wrong(changes: dict[str, object], refused: str) -> None:
    """A receipt that exists is valid; what is wrong is named."""
    with pytest.raises(InvalidInput) as error:
        attrs.evolve(MADE, **changes)  # type: ignore[arg-type]  # of whatever type
    assert str(error.value) == refused
    assert isinstance(error.value, InvalidId) == refused.endswith(RULE)


def test_a_decision_explains_all_of_its_score() -> None:
    """The points of the reasons sum to the score, and all are integers that others can read."""
    reasons = (("ACCOUNT_SCORE", 75), ("CLAMPED", -5))
    assert Decision(70, 75, reasons, ()).score == 70
    for given, refused in (
        ((71, 75, reasons, ()), "reasons: expected points that sum to the score"),
        ((2**53, 75, reasons, ()), f"score: {INTEGER_RULE}"),
        ((70, True, reasons, ()), "raw_score: expected an integer"),
        ((70, 75, (("A", 70.0),), ()), f"reasons: {INTEGER_RULE}"),
        ((70, 75, ((HALF, 70),), ()), f"reasons: {TEXT_RULE}"),
        ((70, 75, reasons, (1,)), f"degraded: {TEXT_RULE}"),
    ):
        with pytest.raises(InvalidInput) as error:
            Decision(*given)
        assert str(error.value) == refused


def test_a_shadow_has_a_policy_and_a_score() -> None:
    """What a shadow decided is valid, too."""
    for given, refused in (
        (("", "ab" * 32, 1), f"policy_version: {TEXT_RULE}"),
        (("kind", "ab", 1), f"policy_digest: {HASH_RULE}"),
        (("kind", "ab" * 32, "1"), "score: expected an integer"),
    ):
        with pytest.raises(InvalidInput) as error:
            ShadowDecision(*given)
        assert str(error.value) == refused


def test_a_nonce_is_not_shown() -> None:
    """It stands in no message, log or traceback."""
    assert "nonce" not in repr(MADE)
    assert isinstance(MADE, Receipt)

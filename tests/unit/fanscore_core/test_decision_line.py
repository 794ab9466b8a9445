from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from fanscore_core.decision_line import DecisionLine, decision_line
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import RULE
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.receipt import HASH_RULE, ShadowDecision
from fanscore_core.scalars import TEXT_RULE
from fanscore_core.signals import ARM, EVENT, MODEL, Missing
from tests.receipt_samples import error_receipt, receipt

FOUND = Findings(
    ScoreOrigin.IDENTITY_SCORE,
    Decimal("74.5"),
    {ARM: Decimal(6), EVENT: Missing.UNAVAILABLE, MODEL: Decimal("0.1999")},
)
MADE = attrs.evolve(receipt(45, FOUND), shadow=ShadowDecision("kind", "ab" * 32, 90))
LINE = decision_line(MADE, DEFAULT_POLICY)


def test_a_line_has_bands_and_no_values() -> None:
    """It has what the policy made of the findings; no id of the fan, no value, and no minute."""
    assert LINE.document == {
        "fanscore_decision": 1,
        "leaf": MADE.leaf,
        "event": "evt456",
        "hour": "2026-11-28T21Z",
        "policy": DEFAULT_POLICY.digest,
        "code": "0.1.0",
        "origin": "IDENTITY_SCORE",
        "raw": 75,
        "bands": {"arm": 2, "event": "UNAVAILABLE", "model": 0},
        "score": 63,
        "codes": ["IDENTITY_SCORE", "ARM_HIGH_RISK", "EVENT_UNAVAILABLE", "MODEL_LIKELY_HUMAN"],
        "degraded": ["event"],
        "error": None,
        "shadow": 90,
    }
    for secret in ("fan45", "74.5", "0.1999", MADE.nonce.hex(), "2026-11-28T21:15"):
        assert secret not in LINE.text


def test_the_line_of_an_error_has_its_code() -> None:
    """Nothing was decided, and nothing found."""
    receipt_of_error = error_receipt(1)
    line = decision_line(receipt_of_error, DEFAULT_POLICY)
    assert line == DecisionLine(
        receipt_of_error.leaf,
        None,
        "2026-11-28T20Z",
        DEFAULT_POLICY.digest,
        "0.1.0",
        None,
        None,
        {},
        None,
        (),
        (),
        "UNAVAILABLE",
        None,
    )


HOUR = "expected an hour in UTC, such as 2026-11-28T20Z"
BAND = "expected an index from 0, or NOT_ASKED or NO_SCORE or NO_VERDICT or UNAVAILABLE"
TEXTS = f"expected a tuple of text: {TEXT_RULE}"
MISTAKES: tuple[tuple[str, object, str], ...] = (
    ("leaf", "ab" * 31, HASH_RULE),
    ("event_id", "", RULE),
    ("hour", "2026-11-28T24Z", HOUR),
    ("hour", "2026-11-28T20", HOUR),
    ("hour", 20, HOUR),
    ("policy_digest", "x", HASH_RULE),
    ("code_version", "", TEXT_RULE),
    ("origin", "account", "expected ACCOUNT_SCORE or IDENTITY_SCORE or NO_HISTORY"),
    ("origin", [], "expected ACCOUNT_SCORE or IDENTITY_SCORE or NO_HISTORY"),
    ("raw", 74.5, "expected an integer"),
    ("bands", {"arm": -1}, BAND),
    ("bands", {"arm": True}, BAND),
    ("bands", {"arm": "LOW"}, BAND),
    ("bands", {"arm": None}, BAND),
    ("bands", {"ärm": 1}, "expected names of signals"),
    ("bands", {1: 1}, "expected names of signals"),
    ("score", "63", "expected an integer"),
    ("codes", ["A"], TEXTS),
    ("codes", (1,), TEXTS),
    ("degraded", ("\ud800",), TEXTS),
    ("error", "", TEXT_RULE),
    ("shadow_score", 1.0, "expected an integer"),
)


@pytest.mark.parametrize(("name", "value", "refused"), MISTAKES, ids=range(len(MISTAKES)))
def test_no_line_is_wrong(name: str, value: object, refused: str) -> None:
    """A line that exists is valid; what is wrong is named."""
    with pytest.raises(InvalidInput) as error:
        attrs.evolve(LINE, **{name: value})  # type: ignore[arg-type]  # of whatever type
    where = f"{name}.arm" if refused == BAND else name
    assert str(error.value) == f"{where}: {refused}"

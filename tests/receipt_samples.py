"""Receipts of made-up fans, and their log lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import attrs

from fanscore_adapters.documents.receipts import receipt_line
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_core.decision_line import DecisionLine, decision_line
from fanscore_core.findings import Findings
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.receipt import NONCE_BYTES, Receipt, decision_of
from fanscore_core.scoring import decide

BEGINNING = datetime(2026, 11, 28, 20, 30, tzinfo=UTC)
EVENT_ID = EventId("evt456")
CODE = "0.1.0"

OTHER_POLICY = attrs.evolve(DEFAULT_POLICY, version="kind", no_history_raw_score=60)


def nonce(number: int) -> bytes:
    """Return a nonce of its own for each number."""
    return sha256(str(number).encode()).digest()[:NONCE_BYTES]


def receipt(
    number: int, findings: Findings, policy: ScorePolicy = DEFAULT_POLICY, code: str = CODE
) -> Receipt:
    """Decide for a made-up fan, and return the receipt."""
    fan = GlobalUserId(f"fan{number}")
    decided = decision_of(decide(policy, fan, findings))
    at = BEGINNING + timedelta(minutes=number)
    return Receipt(
        fan, EVENT_ID, at, policy.version, policy.digest, code, nonce(number), findings, decided
    )


def error_receipt(number: int, policy: ScorePolicy = DEFAULT_POLICY) -> Receipt:
    """Return the receipt of a decision that ended in an error."""
    fan = GlobalUserId(f"fan{number}")
    at = BEGINNING + timedelta(minutes=number)
    return Receipt(
        fan, None, at, policy.version, policy.digest, CODE, nonce(number), error="UNAVAILABLE"
    )


def receipts(people: int, seed: int = 1, policy: ScorePolicy = DEFAULT_POLICY) -> Iterator[Receipt]:
    """Return receipts of made-up fans."""
    for number, findings in enumerate(plausible_findings(people, seed)):
        yield receipt(number, findings, policy)


def receipts_file(*kept: Receipt) -> bytes:
    """Write a receipts file."""
    return "".join(map(receipt_line, kept)).encode()


def log_line(of: Receipt) -> DecisionLine:
    """Return the log line of a decision under the shipped policy."""
    return decision_line(of, DEFAULT_POLICY)

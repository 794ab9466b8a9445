"""The receipts and log lines that the documentation shows: ``python -m tests.docs.receipt_files``.

They are of this version of fanscore and of the shipped policy. A test fails where they are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from fanscore_adapters.documents.receipts import receipt_line
from fanscore_core.decision_line import decision_line
from fanscore_core.findings import Findings, ScoreOrigin
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.receipt import NONCE_BYTES, Receipt, decision_of
from fanscore_core.scoring import decide
from fanscore_core.signals import ARM, EVENT, MODEL, Missing
from tests.docs.pages import ROOT

FOLDER = ROOT / "docs/how-to"
BEGINNING = datetime(2026, 11, 28, 20, 58, 30, 250_000, tzinfo=UTC)

FOUND: Mapping[str, Findings | None] = {
    "user123": Findings(
        ScoreOrigin.ACCOUNT_SCORE,
        Decimal(75),
        {ARM: Decimal(2), EVENT: Decimal(1), MODEL: Decimal("0.1")},
    ),
    "user124": Findings(
        ScoreOrigin.NO_HISTORY,
        None,
        {ARM: Missing.UNAVAILABLE, EVENT: Decimal(1), MODEL: Missing.NO_VERDICT},
    ),
    "user125": Findings(
        ScoreOrigin.IDENTITY_SCORE,
        Decimal("61.5"),
        {ARM: Decimal("7.2"), EVENT: Decimal(2), MODEL: Decimal("0.37")},
    ),
    "user126": None,
    "user127": Findings(
        ScoreOrigin.ACCOUNT_SCORE,
        Decimal("97.25"),
        {ARM: Decimal("0.5"), EVENT: Decimal(3), MODEL: Decimal("0.015")},
    ),
}
"""What was found of each fan; of one, a system that the score needs did not answer."""


def files() -> Mapping[Path, str]:
    """Return the files and what they are to hold."""
    receipts = [_receipt(*each) for each in enumerate(FOUND.items())]
    lines = [f"{decision_line(each, DEFAULT_POLICY).text}\n" for each in receipts]
    others = ["START RequestId: 8f5c0d1e Version: 7\n", "REPORT RequestId: 8f5c0d1e\n"]
    return {
        FOLDER / "receipts.jsonl": "".join(map(receipt_line, receipts)),
        FOLDER / "decisions.log": "".join([others[0], *lines, others[1]]),
    }


def _receipt(number: int, fan: tuple[str, Findings | None]) -> Receipt:
    name, found = fan
    user, policy = GlobalUserId(name), DEFAULT_POLICY
    return Receipt(
        user,
        EventId("evt456"),
        BEGINNING + number * timedelta(seconds=47),
        policy.version,
        policy.digest,
        version("fanscore"),
        sha256(name.encode()).digest()[:NONCE_BYTES],
        found,
        decision_of(decide(policy, user, found)) if found else None,
        None if found else "UNAVAILABLE",
    )


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(content, encoding="utf-8")

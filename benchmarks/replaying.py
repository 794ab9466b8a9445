"""How long it takes to decide again what receipts answer for, and to seal their lines."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import process_time

from benchmarks.findings import Finding, Measure, Number
from benchmarks.processes import in_process
from fanscore_adapters.documents.decision_lines import read_decision_lines
from fanscore_adapters.documents.receipts import read_receipts, receipt_line
from fanscore_adapters.embedded.plausible_fans import plausible_findings
from fanscore_core.decision_line import decision_line
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.policy_book import PolicyBook
from fanscore_core.receipt import NONCE_BYTES, Receipt, decision_of
from fanscore_core.receipt_replay import replay_receipts
from fanscore_core.scoring import decide
from fanscore_core.sealing import seal

MILLION = 1_000_000


def replaying(people: int = 50_000) -> list[Finding]:
    """Replay a receipts file and seal its log lines, in a process of its own, on one core.

    All of it counts: reading the file, checking each byte, deciding, comparing.
    """
    with tempfile.TemporaryDirectory() as folder:
        receipts, lines = Path(folder) / "receipts.jsonl", Path(folder) / "lines.jsonl"
        with receipts.open("w", encoding="utf-8") as file, lines.open("w") as log:
            for each in _receipts(people):
                file.write(receipt_line(each))
                log.write(f"{decision_line(each, DEFAULT_POLICY).text}\n")
        runs = [in_process(partial(_replayed, receipts, people)) for _ in range(3)]
        sealed_s = in_process(partial(_sealed, lines, people))
    replayed_s, mismatches = min(runs)  # the least, as wherever times are compared
    return [
        Measure("replay of a million receipts, in seconds of CPU", 60, replayed_s * MILLION),
        Measure("of these, how many come out otherwise", 0, mismatches),
        Number("one receipt read, checked and decided again", replayed_s * 1e6, "µs"),
        Number("one log line read and sealed", sealed_s * 1e6, "µs"),
    ]


def _receipts(people: int) -> Iterator[Receipt]:
    policy, at = DEFAULT_POLICY, datetime(2026, 11, 28, tzinfo=UTC)
    for number, findings in enumerate(plausible_findings(people, seed=1)):
        fan = GlobalUserId(f"fan{number}")
        nonce = sha256(fan.encode()).digest()[:NONCE_BYTES]
        decided = decision_of(decide(policy, fan, findings))
        event = EventId("evt456")
        about = (fan, event, at, policy.version, policy.digest, "0.1.0", nonce)
        yield Receipt(*about, findings, decided)


def _replayed(path: Path, people: int) -> tuple[float, int]:
    """Return how long one receipt takes, in seconds, and how many came out otherwise."""
    started_at = process_time()
    with path.open("rb") as file:
        replayed = replay_receipts(read_receipts(file), PolicyBook(DEFAULT_POLICY))
        same = sum(each.is_same for each in replayed)
    return (process_time() - started_at) / people, people - same


def _sealed(path: Path, people: int) -> float:
    started_at = process_time()
    with path.open("rb") as file:
        head = seal(read_decision_lines(file)).head()
    assert head.size == people
    return (process_time() - started_at) / people

"""Receipts of an event's scored fans, and their log lines (docs/reference/receipts.md)."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import attrs

from fanscore_adapters.bulk.chunks import Record
from fanscore_adapters.bulk.work_folder import damaged, kept_document, new_file
from fanscore_adapters.documents.receipts import receipt_line
from fanscore_adapters.documents.scores import NO_SCORE
from fanscore_core.decision_line import decision_line_text
from fanscore_core.errors import InvalidInput
from fanscore_core.findings import Findings
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.policy import ScorePolicy
from fanscore_core.receipt import NONCE_BYTES, Receipt, decision_of, time_text
from fanscore_core.registrants import ScoredFan

DECIDING = "deciding.json"
"""Keeps what the receipts of a run have in common, from before its first score on."""

_KEY_BYTES = 32


@attrs.frozen
class Deciding:
    """What the receipts of a run have in common.

    Attributes:
        decided_at: when the run began to decide; all its receipts say so.
        key: makes their nonces. It lasts no longer than the work does.
    """

    decided_at: datetime
    key: bytes = attrs.field(repr=False)

    @classmethod
    def now(cls) -> Deciding:
        """Begin to decide."""
        return cls(datetime.now(UTC), secrets.token_bytes(_KEY_BYTES))

    def nonce(self, fan: GlobalUserId) -> bytes:
        """Return a fan's 16 bytes, which nobody can guess without the key."""
        return hmac.digest(self.key, fan.encode(), "sha256")[:NONCE_BYTES]


@attrs.define
class ReceiptMaker:
    """Makes the receipts of a run, the same ones whenever it goes on.

    Attributes:
        event_id: the event, as it was asked.
        policy: decides.
        code_version: the version of fanscore that decides.
        path: of the file that keeps a ``Deciding``.
    """

    event_id: EventId
    policy: ScorePolicy
    code_version: str
    path: Path
    _fans: Sequence[ScoredFan] = attrs.field(default=(), init=False)
    _made: Sequence[Receipt] = attrs.field(default=(), init=False)

    def receipts(self, fans: Sequence[ScoredFan]) -> Sequence[Receipt]:
        """Make the receipts of some fans, once for all records that are made of them.

        A fan has none if a number that was found has more digits than a receipt may have.
        """
        if fans is not self._fans:
            self._fans, self._made = fans, [*self._receipts(fans)]
        return self._made

    def _receipts(self, fans: Sequence[ScoredFan]) -> Iterator[Receipt]:
        for each in fans:
            receipt = self._receipt(each)
            try:
                receipt.leaf  # noqa: B018  # is kept, or cannot be made
            except InvalidInput:
                continue
            yield receipt

    def _receipt(self, fan: ScoredFan) -> Receipt:
        return Receipt(
            fan.global_user_id,
            self.event_id,
            self._deciding.decided_at,
            self.policy.version,
            self.policy.digest,
            self.code_version,
            self._deciding.nonce(fan.global_user_id),
            fan.found if isinstance(fan.found, Findings) else None,
            None if fan.score is None else decision_of(fan.score),
            NO_SCORE if fan.score is None else None,
        )

    @cached_property
    def _deciding(self) -> Deciding:
        kept = kept_document(self.path, dict)
        try:
            at, key = (
                datetime.fromisoformat(str(kept["decidedAt"])),
                bytes.fromhex(str(kept["key"])),
            )
        except (KeyError, ValueError):
            raise damaged(self.path) from None
        if at.tzinfo is None or len(key) != _KEY_BYTES:
            raise damaged(self.path)
        return Deciding(at, key)


def begin_deciding(path: Path, begin: Callable[[], Deciding] = Deciding.now) -> None:
    """Write the file that keeps what the receipts of a run have in common."""
    deciding = begin()
    kept = {"decidedAt": time_text(deciding.decided_at), "key": deciding.key.hex()}
    with new_file(path) as file:
        file.write(json.dumps(kept).encode())


def receipts_record(maker: ReceiptMaker) -> Record:
    """Keep a receipt of each decision, also of one that ended in an error."""
    return Record("receipts.jsonl", lambda fans: map(receipt_line, maker.receipts(fans)))


def decisions_record(maker: ReceiptMaker) -> Record:
    """Keep the log line of each receipt, which holds no link to a person."""

    def lines(fans: Sequence[ScoredFan]) -> Iterator[str]:
        return (f"{decision_line_text(each, maker.policy)}\n" for each in maker.receipts(fans))

    return Record("decisions.jsonl", lines)

"""Keeping a receipt of each decision, once it is answered: with the fan, as a log line, or both.

Imported only where a setting asks for it. Nothing here can fail an answer, or hold one up for
longer than ``MAX_WAIT_S`` (docs/how-to/turn-receipts-on.md).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, cast

import attrs

from fanscore_appsync.log import OUT_OF_TIME, ReceiptCounts
from fanscore_appsync.shadow import Shadowed
from fanscore_core.decision_line import decision_line_text
from fanscore_core.engine.question import Ask, Source
from fanscore_core.engine.state import Outcome
from fanscore_core.errors import OF_THE_PROCESS, DeadlineExceeded, SourceFailed, Unavailable
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, AccountFanscoreStash
from fanscore_core.pipelines.receipts import receipt_of
from fanscore_core.policy import ScorePolicy
from fanscore_core.ports.receipts import PutReceipt
from fanscore_core.receipt import NONCE_BYTES, Receipt
from fanscore_core.scoring import AccountFanscore
from fanscore_core.systems import DEMAND

MAX_WAIT_S = 0.25
"""The longest that an answer waits for its receipt to be stored.

It has been decided by then, over connections that are open, and a write takes some milliseconds:
what takes longer than this will hardly come. A person hardly notices a quarter of a second.
"""


class Resolved(Protocol):
    """What is used of a field that was resolved."""

    @property
    def args(self) -> object:
        """The arguments of the pipeline that ran, if one did."""
        ...

    @property
    def outcome(self) -> Outcome[object, object] | None:
        """How that run ended."""
        ...

    @property
    def code(self) -> str:
        """The code of the error that the caller gets, if it is one."""
        ...

    @property
    def shadowed(self) -> Shadowed | None:
        """What a shadow policy made of it, if there is one."""
        ...


def fresh_nonce() -> bytes:
    """Make 16 bytes that nobody can guess."""
    return secrets.token_bytes(NONCE_BYTES)


@attrs.frozen
class ReceiptKeeper:
    """Makes and keeps receipts.

    Attributes:
        code_version: the version of fanscore that decides.
        report: logs how a receipt failed, without any personal data.
        kept_for: how long a receipt is stored.
        source: stores receipts, within the seconds that it is given; ``None`` to store none.
        write_line: writes log lines; ``None`` to write none.
        nonce: makes 16 bytes that nobody can guess.
    """

    code_version: str
    report: Callable[[Exception], str]
    kept_for: timedelta
    source: Callable[[float], Source] | None = None
    write_line: Callable[[str], None] | None = None
    nonce: Callable[[], bytes] = fresh_nonce

    def keep(
        self, resolved: Sequence[Resolved], decided_at: datetime, time_left_s: float
    ) -> ReceiptCounts | None:
        """Keep receipts of what was decided; report the first that failed. Raises nothing.

        Args:
            resolved: the fields that were resolved. Only scores have receipts.
            decided_at: when, with offset.
            time_left_s: for the answer. At most half of it is waited, and ``MAX_WAIT_S``.

        Returns:
            how many were kept; ``None`` where there was nothing to keep.
        """
        made, failures = self._made(resolved, decided_at)
        logged = [self._logged(*each) for each in made]
        stored = self._stored([receipt for receipt, _ in made], min(MAX_WAIT_S, time_left_s / 2))
        ended = [line or item for line, item in zip(logged, stored, strict=True)]
        failures += [each for each in ended if each]
        if failures:
            self.report(failures[0])
        kept = ended.count(None)
        return ReceiptCounts(kept, len(failures)) if kept or failures else None

    def _made(
        self, resolved: Sequence[Resolved], decided_at: datetime
    ) -> tuple[list[tuple[Receipt, ScorePolicy]], list[Exception]]:
        """Make receipts, each beside the policy that decided; return why others failed, too.

        A run that ended before it asked anything decided nothing, and has no receipt.
        """
        made: list[tuple[Receipt, ScorePolicy]] = []
        failures: list[Exception] = []
        for each in resolved:
            args, outcome = each.args, each.outcome
            if not isinstance(args, AccountFanscoreArgs) or outcome is None:
                continue
            try:
                receipt = receipt_of(
                    args,
                    cast("Outcome[AccountFanscoreStash, AccountFanscore]", outcome),
                    decided_at,
                    self.nonce(),
                    self.code_version,
                    error=None if outcome.error is None else each.code,
                    shadow=None if each.shadowed is None else each.shadowed.policy,
                )
                if receipt is not None and receipt.leaf:  # one without a leaf fails here already
                    made.append((receipt, args.policy))
            except Exception as error:  # noqa: BLE001  # whatever it is: the answer stands
                failures.append(error)
        return made, failures

    def _logged(self, receipt: Receipt, policy: ScorePolicy) -> Exception | None:
        """Write the log line of a receipt; return why that failed, if it did."""
        if self.write_line is None:
            return None
        try:
            self.write_line(decision_line_text(receipt, policy))
        except Exception as error:  # noqa: BLE001  # the same
            return error
        return None

    def _stored(self, receipts: Sequence[Receipt], wait_s: float) -> Sequence[Exception | None]:
        """Store receipts, all at the same time; return for each why that failed, if it did."""
        if self.source is None or not receipts:
            return [None] * len(receipts)
        try:
            asks = [Ask(PutReceipt(each, each.decided_at + self.kept_for)) for each in receipts]
            answers = [each.answer for each in self.source(max(0.0, wait_s)).fetch(asks)]
            return [_failure(answer) for answer, _ in zip(answers, receipts, strict=True)]
        except OF_THE_PROCESS:
            raise
        except BaseException as error:  # noqa: BLE001  # the same
            failed = SourceFailed(DEMAND, f"raised {type(error).__name__}")
            return [failed] * len(receipts)


def _failure(answer: object) -> Exception | None:
    """Return why a receipt was not stored, in words that may be logged."""
    match answer:
        case True:
            return None
        case Unavailable(system, reason):
            return SourceFailed(system, reason)
        case DeadlineExceeded(system):
            return SourceFailed(system, OUT_OF_TIME)
        case Exception():
            return answer
        case _:
            return SourceFailed(DEMAND, "another receipt has its place")

"""What the apps of all functions have in common: sources, the time, and a log line each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING

import attrs

from fanscore_appsync import wire
from fanscore_appsync.log import (
    OK,
    UNKNOWN,
    InvocationLog,
    ReceiptCounts,
    invocation_log,
    log_invocation,
)
from fanscore_core.engine.question import Source
from fanscore_core.engine.state import Outcome

if TYPE_CHECKING:
    from fanscore_appsync.shadow import ShadowCounts


@attrs.define(eq=False, repr=False)
class Progress:
    """What is known of an invocation so far, for the log.

    Attributes:
        name: of the field, operation, consumer or work.
        codes: for each item ``OK``, or the code of its error.
        outcomes: of the pipelines that ran.
        shadow: what a shadow policy would have decided, if there is one.
        receipts: what became of the receipts, if any are kept.
        raised: what ended the invocation, if something did.
    """

    name: str = UNKNOWN
    codes: Sequence[str] = (OK,)
    outcomes: Sequence[Outcome[object, object]] = ()
    shadow: ShadowCounts | None = None
    receipts: ReceiptCounts | None = None
    raised: Exception | None = None


@attrs.frozen(eq=False, repr=False)
class FunctionApp:
    """Everything that every function needs.

    Attributes:
        source: makes the source for one invocation, of the seconds that are left for it.
        report: logs an unforeseen error, and returns the id to find it by.
        now: the time, with offset.
        log: is given the line of each invocation.
    """

    source: Callable[[float], Source]
    report: Callable[[Exception], str]
    now: Callable[[], datetime]
    log: Callable[[InvocationLog], None] = attrs.field(default=log_invocation, kw_only=True)

    @contextmanager
    def logged(self, function: str, invocation: str) -> Iterator[Progress]:
        """Measure an invocation, and log it in the end, whether it raises or not.

        Args:
            function: as ``InvocationLog`` has it.
            invocation: Lambda's id of it.
        """
        started_at = perf_counter()
        progress = Progress()
        try:
            yield progress
        except Exception as error:
            progress.codes = [wire.error_code(error)]
            progress.raised = error
            raise
        finally:
            self.log(
                invocation_log(
                    function=function,
                    name=progress.name,
                    invocation=invocation,
                    codes=progress.codes,
                    outcomes=progress.outcomes,
                    took_s=perf_counter() - started_at,
                    shadow=progress.shadow,
                    receipts=progress.receipts,
                    raised=progress.raised,
                )
            )

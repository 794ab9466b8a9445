"""What the functions log of each invocation: one JSON object a line, and metrics in it.

The fields are an allow-list: counts, times, and names that are ours. CloudWatch makes metrics of
the same line
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).

See docs/reference/logs.md.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from time import time
from typing import TYPE_CHECKING, TextIO

import attrs

from fanscore_core.engine.state import Outcome
from fanscore_core.engine.trace import Fate, Trace
from fanscore_core.errors import DeadlineExceeded, Unavailable

if TYPE_CHECKING:
    from fanscore_appsync.shadow import ShadowCounts

OK = "OK"
UNKNOWN = "unknown"

NAMESPACE = "fanscore"
METRICS = {
    "milliseconds": "Milliseconds",
    "items": "Count",
    "errors": "Count",
    "degraded": "Count",
    "rounds": "Count",
    "calls": "Count",
}
"""The fields that are metrics, and their units; all counts of a shadow and of receipts are, too."""

MAX_REASONS = 10
"""The most reasons in a line; a batch may have as many as it has items."""

OUT_OF_TIME = "out of time"
"""The reason of an answer for which the time of the whole request was over."""

_NO_ANSWER = frozenset({"DeadlineExceeded", "Unavailable"})

_WORDY = ("boto3", "botocore", "httpcore", "httpx", "urllib3")
"""Libraries that log what they send, if they are let."""

_log = logging.getLogger("fanscore")
_decisions = logging.getLogger("fanscore.decisions")


@attrs.frozen
class ReceiptCounts:
    """What became of the receipts of an invocation; members of its log line.

    Attributes:
        receipts_kept: receipts that were kept wherever they should be.
        receipts_failed: those that were not, or not everywhere.
    """

    receipts_kept: int = 0
    receipts_failed: int = 0


@attrs.frozen
class InvocationLog:
    """How an invocation ended.

    Attributes:
        function: such as ``resolver``.
        name: of the field, operation, consumer or work; ``unknown`` if it is not one of ours.
        invocation: Lambda's id of it.
        outcome: ``OK``, or the code of the first error (docs/reference/errors.md).
        milliseconds: how long it took.
        items: of a batch; 1 if it was none.
        errors: how many of them ended in an error.
        degraded: how many steps went on without an answer.
        rounds: how often sources were asked, one time after the other.
        calls: how many calls over a network were made.
        failed: the systems that gave no answer, or none in time.
        reasons: why they gave none, each after its system's name.
        degraded_steps: the names of the steps that went on without an answer.
        failed_steps: the names of the steps that ended in an error.
        slowest_step: the name of the step that waited longest for its answers; empty if none did.
        slowest_milliseconds: how long it waited.
        shadow: what a shadow policy would have decided; its members stand among the others in the
            line, and in none where it had nothing to decide.
        receipts: what became of the receipts; the same, where there were none to keep.
    """

    function: str
    name: str
    invocation: str
    outcome: str
    milliseconds: float
    items: int = 1
    errors: int = 0
    degraded: int = 0
    rounds: int = 0
    calls: int = 0
    failed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    degraded_steps: tuple[str, ...] = ()
    failed_steps: tuple[str, ...] = ()
    slowest_step: str = ""
    slowest_milliseconds: float = 0.0
    shadow: ShadowCounts | None = None
    receipts: ReceiptCounts | None = None


def invocation_log(  # noqa: PLR0913  # the columns of a line
    *,
    function: str,
    name: str,
    invocation: str,
    codes: Sequence[str],
    outcomes: Sequence[Outcome[object, object]],
    took_s: float,
    shadow: ShadowCounts | None = None,
    receipts: ReceiptCounts | None = None,
    raised: Exception | None = None,
) -> InvocationLog:
    """Sum up an invocation.

    Args:
        function: as ``InvocationLog`` has it.
        name: as ``InvocationLog`` has it.
        invocation: as ``InvocationLog`` has it.
        codes: for each item ``OK``, or the code of its error.
        outcomes: of the pipelines that ran.
        took_s: how long it took, in seconds.
        shadow: as ``InvocationLog`` has it.
        receipts: as ``InvocationLog`` has it.
        raised: what ended the invocation, if something did; a system that is asked by no pipeline
            is known from it.
    """
    errors = [code for code in codes if code != OK]
    traces = [outcome.trace for outcome in outcomes]
    slowest_s, slowest = _slowest(traces)
    return InvocationLog(
        function,
        name,
        invocation,
        errors[0] if errors else OK,
        _milliseconds(took_s),
        len(codes),
        len(errors),
        sum(trace.fates.count(Fate.DEGRADED) for trace in traces),
        max((trace.rounds for trace in traces), default=0),
        sum(trace.calls for trace in traces),
        _failed(traces, raised),
        _reasons(traces, raised),
        _steps_that(Fate.DEGRADED, traces),
        _steps_that(Fate.FAILED, traces),
        slowest,
        _milliseconds(slowest_s),
        shadow,
        receipts,
    )


def log_invocation(facts: InvocationLog) -> None:
    """Log an invocation, if anybody listens."""
    if _log.isEnabledFor(logging.INFO):
        _log.info(json.dumps(_line(facts)))


def log_decision(line: str) -> None:
    """Log the line of a decision (docs/reference/receipts.md), if anybody listens."""
    _decisions.info("%s", line)


@contextmanager
def log_decisions_to(stream: TextIO) -> Iterator[None]:
    """Write the lines of decisions, and no others, to a stream for as long as the block runs."""
    lines = logging.StreamHandler(stream)
    lines.setFormatter(logging.Formatter("%(message)s"))
    before = _decisions.level
    _decisions.addHandler(lines)
    _decisions.setLevel(logging.INFO)
    try:
        yield
    finally:
        _decisions.removeHandler(lines)
        _decisions.setLevel(before)


def log_to_stdout() -> None:
    """Write our lines to standard output, as Lambda collects them; keep wordy libraries quiet."""
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(logging.Formatter("%(message)s"))
    _log.handlers = [lines]
    _log.propagate = False
    _log.setLevel(logging.INFO)
    for name in _WORDY:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _failed(traces: Sequence[Trace], raised: Exception | None) -> tuple[str, ...]:
    return tuple(sorted({system for system, _ in _unanswered(traces, raised)}))


def _reasons(traces: Sequence[Trace], raised: Exception | None) -> tuple[str, ...]:
    found = {f"{system}: {reason}" for system, reason in _unanswered(traces, raised)}
    return tuple(sorted(found)[:MAX_REASONS])


def _steps_that(fate: Fate, traces: Sequence[Trace]) -> tuple[str, ...]:
    return tuple(sorted({name for trace in traces for name in trace.steps_that(fate)}))


def _slowest(traces: Sequence[Trace]) -> tuple[float, str]:
    """Return how long the slowest step of all runs waited, in seconds, and its name."""
    waited = (
        (trace.step_took_s(position), trace.steps[position])
        for trace in traces
        for position in {asked.step: None for asked in trace.asked}
    )
    return max(waited, key=itemgetter(0), default=(0.0, ""))


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _unanswered(traces: Sequence[Trace], raised: Exception | None) -> Iterator[tuple[str, str]]:
    """Return the systems that gave no answer, each with why."""
    for trace in traces:
        for asked in trace.asked:
            if asked.failure in _NO_ANSWER:
                yield asked.source, asked.reason or OUT_OF_TIME
    if isinstance(raised, Unavailable | DeadlineExceeded):
        yield raised.system, raised.reason if isinstance(raised, Unavailable) else OUT_OF_TIME


def _line(facts: InvocationLog) -> dict[str, object]:
    """Return the members of a line; what there is nothing to say of has none."""
    line = attrs.asdict(facts)
    units = dict(METRICS)
    for name in ("shadow", "receipts"):
        counts = line.pop(name)
        if counts is not None:
            line |= counts
            units |= dict.fromkeys(counts, "Count")
    return {**line, "_aws": _embedded_metrics(units)}


def _embedded_metrics(units: Mapping[str, str]) -> dict[str, object]:
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["function", "name"]], "Metrics": metrics}
    return {"Timestamp": int(time() * 1000), "CloudWatchMetrics": [directive]}

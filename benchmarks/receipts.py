"""Receipts as log lines: what they add to a decision, and that they ask nothing."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from io import StringIO

import attrs

from benchmarks.findings import Finding, Measure, Number
from benchmarks.one_fan import known_answers
from benchmarks.shadow import TIME_LEFT_S, answering, app_of, asked_by, fail
from benchmarks.timing import in_turns
from fanscore_appsync.receipts import ReceiptKeeper
from fanscore_appsync.testing import appsync_event, service


def receipts() -> list[Finding]:
    """Time a decision with a log line against one without, and count what each asks."""
    source = known_answers()
    plain = app_of(source)
    keeper = ReceiptKeeper("1.0", fail, timedelta(days=180), write_line=partial(_write, StringIO()))
    logged = attrs.evolve(plain, keeper=keeper)
    event = appsync_event(
        "VFApi.accountFanscore", {"globalUserId": "user123", "eventId": "evt456"}, service()
    )
    assert logged.answer(event, TIME_LEFT_S) == plain.answer(event, TIME_LEFT_S)
    asked = [asked_by(source, app, event) for app in (logged, plain)]
    logged_s, plain_s = in_turns(
        answering(logged, event), answering(plain, event), repetitions=15, calls=300
    )
    return [
        Measure("decision line, against without", 1.35, logged_s / plain_s),
        Measure("decision line: questions more", 0, asked[0] - asked[1]),
        Number("answers in memory: one event, with a decision line", logged_s * 1e6, "µs"),
    ]


def _write(stream: StringIO, line: str) -> None:
    """Write a line as to standard output; keep none."""
    stream.seek(0)
    stream.write(f"{line}\n")

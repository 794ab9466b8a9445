"""A shadow policy: what it adds to a decision, and that it asks nothing."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from benchmarks.findings import Finding, Measure, Number
from benchmarks.one_fan import known_answers
from benchmarks.timing import in_turns
from fanscore_appsync.app import App
from fanscore_appsync.testing import appsync_event, service
from fanscore_appsync.wiring.parts import mint, now
from fanscore_core.engine.question import Source
from fanscore_core.engine.recording import Recording
from fanscore_core.policy import DEFAULT_POLICY

SHADOW = attrs.evolve(DEFAULT_POLICY, version="shadow", no_history_raw_score=60)
TIME_LEFT_S = 30.0


def shadow() -> list[Finding]:
    """Time a decision with a shadow against one without, and count what each asks."""
    source = known_answers()
    plain = app_of(source)
    shadowed = attrs.evolve(plain, shadow=SHADOW)
    found = beside(shadowed, plain, source)
    return [
        Measure("shadow, against without", 1.25, found.with_s / found.without_s),
        Measure("shadow: questions more", 0, found.questions_more),
        Number("answers in memory: one event, without a shadow", found.without_s * 1e6, "µs"),
        Number("answers in memory: one event, with a shadow", found.with_s * 1e6, "µs"),
    ]


@attrs.frozen
class Beside:
    """What something beside a decision costs.

    Attributes:
        with_s: how long an answer takes with it, in seconds.
        without_s: the same without it.
        questions_more: that are asked with it.
    """

    with_s: float
    without_s: float
    questions_more: int


def beside(other: App, plain: App, source: Source) -> Beside:
    """Measure an app that does something beside decisions, and see that it answers alike."""
    event = appsync_event(
        "VFApi.accountFanscore", {"globalUserId": "user123", "eventId": "evt456"}, service()
    )
    assert other.answer(event, TIME_LEFT_S) == plain.answer(event, TIME_LEFT_S)
    more, least = (asked_by(source, app, event) for app in (other, plain))
    with_s, without_s = in_turns(
        answering(other, event), answering(plain, event), repetitions=15, calls=300
    )
    return Beside(with_s, without_s, more - least)


def app_of(source: Source) -> App:
    """Make an app that keeps nothing."""
    return App(lambda _: source, fail, now, mint, DEFAULT_POLICY)


def fail(error: Exception) -> str:
    """Let nothing go wrong unnoticed."""
    raise error


def asked_by(source: Source, app: App, event: object) -> int:
    """Count what an app asks."""
    recording = Recording(source)
    attrs.evolve(app, source=lambda _: recording).answer(event, TIME_LEFT_S)
    return len(recording.kept)


def answering(app: App, event: object) -> Callable[[], object]:
    """Return what answers an event."""
    return lambda: app.answer(event, TIME_LEFT_S)

"""What is counted at the server, and timed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.aws.cold_start import OURS, start_in_turns
from benchmarks.aws.front import Asked, Front
from benchmarks.aws.scene import within
from benchmarks.aws.sides import Side, medians
from benchmarks.findings import Finding, Measure, Number
from benchmarks.own_api.scene import Scene
from benchmarks.own_api.sides import (
    EVENTS,
    check,
    group_event,
    ordinary_side,
    our_side,
    threads_side,
)

ORDINARY = "benchmarks.own_api.ordinary"


def calls_and_rounds(scene: Scene) -> list[Finding]:
    """Count, at the server, what each event takes."""
    ours, ordinary = (
        within(scene.late, partial(_asked, scene.late_front, make_side))
        for make_side in (our_side, ordinary_side)
    )
    findings: list[Finding] = []
    for name in EVENTS:
        findings += [
            Measure(f"{name}: calls", ordinary[name].total, ours[name].total),
            Measure(f"{name}: one after the other", ordinary[name].rounds, ours[name].rounds),
        ]
    return findings


def time(scene: Scene) -> list[Finding]:
    """Time each event by both sides, and by the ordinary one with threads."""
    findings: list[Finding] = []
    for where, environ, repetitions in (("0 ms", scene.near, 200), ("20 ms", scene.late, 30)):
        for name, taken_s in within(environ, partial(_timed, repetitions)).items():
            ours_s, ordinary_s, *threads_s = taken_s
            findings += [
                Measure(f"{name}, sources {where} late: time", 1.0, ours_s / ordinary_s),
                Number(f"{name}, sources {where} late: ours", ours_s * 1e3, "ms"),
                Number(f"{name}, sources {where} late: the ordinary way", ordinary_s * 1e3, "ms"),
            ]
            findings += [
                Measure(f"{name}, sources {where} late: against threads", 1.0, ours_s / each_s)
                for each_s in threads_s
            ]
    return findings


def cold_start(scene: Scene) -> list[Finding]:
    """Time cold starts of both sides in turns."""
    ours, ordinary = start_in_turns(scene.near, (OURS, ORDINARY), group_event(), check)
    return [
        Measure("cold start, to the first answer", 1.0, ours[0] / ordinary[0]),
        Measure("cold start, importing", 1.0, ours[1] / ordinary[1]),
        Number("cold start: ours", ours[0] * 1e3, "ms"),
        Number("cold start: the ordinary one", ordinary[0] * 1e3, "ms"),
    ]


def _asked(front: Front, make_side: Callable[[], Side]) -> dict[str, Asked]:
    """Ask with clients that are made, so that calls which may overlap do."""
    side = make_side()
    check(side(group_event()))
    found = {}
    for name, event in EVENTS.items():
        side(event())
        front.reset()
        side(event())
        found[name] = front.asked()
    return found


def _timed(repetitions: int) -> dict[str, list[float]]:
    """Return the seconds of each event: ours, the ordinary way, and the same with threads."""
    sides = [our_side(), ordinary_side()]
    with_threads = [*sides, threads_side()]
    for side in with_threads:
        check(side(group_event()))
    return {
        name: medians(
            *(
                partial(_answer, side, event)
                for side in (with_threads if event is group_event else sides)
            ),
            repetitions=repetitions,
        )
        for name, event in EVENTS.items()
    }


def _answer(side: Side, event: Callable[[], object]) -> object:
    return side(event())

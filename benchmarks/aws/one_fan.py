"""One fan's score: the calls of AWS that it takes, and the time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.aws.front import Asked, Front
from benchmarks.aws.scene import Scene, within
from benchmarks.aws.sides import Side, check, fan_event, medians, ordinary_side, our_side
from benchmarks.findings import Finding, Measure, Number


def calls_and_rounds(scene: Scene) -> list[Finding]:
    """Count, at the server, what one score takes."""
    ours, ordinary = (_asked(scene, make_side) for make_side in (our_side, ordinary_side))
    assert (ordinary.total, ordinary.rounds) == (8, 8), ordinary
    return [
        Measure("one cold accountFanscore: AWS calls", 5, ours.total),
        Measure("one cold accountFanscore: rounds", 2, ours.rounds),
        Number("the ordinary way: AWS calls", ordinary.total, ""),
        Number("the ordinary way: rounds", ordinary.rounds, ""),
    ]


def time(scene: Scene) -> list[Finding]:
    """Time a score by both sides, with sources that are near, and with late ones."""
    near_ours_s, near_ordinary_s = within(scene.near, partial(_both_sides, 200))
    late_ours_s, late_ordinary_s = within(scene.late, partial(_both_sides, 50))
    return [
        Measure(
            "one accountFanscore, against the ordinary way", 0.55, near_ours_s / near_ordinary_s
        ),
        Measure("the same, every source 20 ms late", 0.35, late_ours_s / late_ordinary_s),
        Number("one accountFanscore: ours", near_ours_s * 1e3, "ms"),
        Number("one accountFanscore: the ordinary way", near_ordinary_s * 1e3, "ms"),
        Number("every source 20 ms late: ours", late_ours_s * 1e3, "ms"),
        Number("every source 20 ms late: the ordinary way", late_ordinary_s * 1e3, "ms"),
    ]


def _asked(scene: Scene, make_side: Callable[[], Side]) -> Asked:
    return within(scene.late, partial(_once, scene.late_front, make_side))


def _once(front: Front, make_side: Callable[[], Side]) -> Asked:
    """Ask for a score with clients that are made, so that calls which may overlap do."""
    side, event = make_side(), fan_event()
    check(side(event))
    front.reset()
    check(side(event))
    return front.asked()


def _both_sides(repetitions: int) -> list[float]:
    """Give the seconds that one score takes: ours, and the ordinary way."""
    event = fan_event()
    sides = our_side(), ordinary_side()
    for side in sides:
        check(side(event))
    return medians(*(partial(side, event) for side in sides), repetitions=repetitions)

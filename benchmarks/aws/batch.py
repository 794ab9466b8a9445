"""A hundred fans of one event as one batch, against one by one."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.aws.scene import FANS, Scene, within
from benchmarks.aws.sides import Side, fan_event, medians, our_side
from benchmarks.fans import fan_ids
from benchmarks.findings import Finding, Measure, Number

REPETITIONS = 7


def batch(scene: Scene) -> list[Finding]:
    """Time both, and count at the server what a batch takes."""
    scene.late_front.reset()
    within(scene.late, _once)
    asked = scene.late_front.asked()
    together_s, one_by_one_s = within(scene.near, _both_ways)
    return [
        Measure("100 fans as one batch, against 100 calls", 0.5, together_s / one_by_one_s),
        Measure("100 fans as one batch: AWS calls", 305, asked.total),
        Number("100 fans as one batch", together_s * 1e3, "ms"),
        Number("100 fans as 100 calls", one_by_one_s * 1e3, "ms"),
    ]


def _once() -> None:
    _together(our_side())


def _both_ways() -> list[float]:
    ours = our_side()
    assert _together(ours) == _one_by_one(ours)
    return medians(lambda: _together(ours), lambda: _one_by_one(ours), repetitions=REPETITIONS)


def _together(ours: Side) -> Sequence[object]:
    response = ours([fan_event(fan) for fan in fan_ids(FANS)])
    assert isinstance(response, list)
    scores = [each["data"] for each in response]
    assert all(each["rawScore"] == 61 and not each["degraded"] for each in scores)
    return scores


def _one_by_one(ours: Side) -> Sequence[object]:
    return [ours(fan_event(fan)) for fan in fan_ids(FANS)]

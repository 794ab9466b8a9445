from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest

from fanscore_core.errors import Conflict
from fanscore_core.ports.consumers import PostNotification, PostSync, PutMark, PutProfile
from fanscore_core.ports.demand_records import PutDemandRecord
from fanscore_core.ports.entries import PutEntry
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.ports.idv_check_liveness import StartLivenessSession
from fanscore_core.ports.liveness_vendor import CreateVendorSession
from fanscore_core.ports.verification import FinishLivenessSession, PutLivenessSession
from tests.simulation.__main__ import main, replay_command
from tests.simulation.log import Line
from tests.simulation.processes import FAULTS, Fault
from tests.simulation.schedules import schedule_of
from tests.simulation.simulation import LATE

SCHEDULES = 2_200
ROOT = Path(__file__).parents[2]

EFFECTS = (
    CreateVendorSession,
    FinishLivenessSession,
    PostNotification,
    PostSync,
    PublishUserEvent,
    PutDemandRecord,
    PutEntry,
    PutLivenessSession,
    PutMark,
    PutProfile,
    StartLivenessSession,
)

OF_EFFECTS = {fault.value for fault in FAULTS if fault is not Fault.LOST}
"""The faults that only befall effects."""


@attrs.frozen
class Tried:
    """A schedule that has run.

    Attributes:
        seed: makes it again.
        broken: the law that was broken, if one was.
        met: what happened: texts, and faults and conflicts by what they befell.
    """

    seed: int
    broken: str | None
    met: frozenset[tuple[str, str]]


@pytest.fixture(scope="module")
def tried() -> Sequence[Tried]:
    """Some thousand schedules."""
    return [_tried(seed) for seed in range(SCHEDULES)]


def _tried(seed: int) -> Tried:
    schedule = schedule_of(seed)
    return Tried(seed, schedule.broken_law(), frozenset(map(_event, schedule.log)))


def _event(line: Line) -> tuple[str, str]:
    what = line.what if isinstance(line.what, str) else type(line.what).__name__
    if isinstance(line.note, Conflict):
        return what, str(line.note)
    if getattr(line.note, "written", None) is False:
        return what, "refused"
    return what, str(getattr(line.note, "value", line.note if line.note == LATE else ""))


def test_every_law_holds_in_every_schedule(tried: Sequence[Tried]) -> None:
    """Whatever is lost, delayed, doubled or crashes, and in whatever order, every law holds."""
    assert len(tried) >= 2_000
    assert [(replay_command(each.seed), each.broken) for each in tried if each.broken] == []


def test_every_fault_befalls_every_effect(tried: Sequence[Tried]) -> None:
    """No effect is spared: the schedules have each of them lost, delayed, doubled and repeated."""
    met = frozenset[tuple[str, str]]().union(*(each.met for each in tried))
    befallen = {(name, fault) for name, fault in met if fault in OF_EFFECTS}
    assert befallen == {(effect.__name__, fault) for effect in EFFECTS for fault in OF_EFFECTS}


@pytest.mark.parametrize(
    "rarity",
    [
        ("PutDemandRecord", "refused"),
        ("PutEntry", "refused"),
        ("PutMark", "refused"),
        ("PutProfile", "refused"),
        ("PutMark", LATE),
        ("is told", "This request id was used for another request"),
        ("ends", "Another owner has this"),
        ("ends", "BEFORE"),
        ("crashes", ""),
        ("event becomes a dead letter", ""),
    ],
    ids=" ".join,
)
def test_what_is_rare_happens(tried: Sequence[Tried], rarity: tuple[str, str]) -> None:
    """The schedules go where it gets difficult."""
    assert any(rarity in each.met for each in tried)


def test_a_seed_reproduces_its_schedule(capsys: pytest.CaptureFixture[str]) -> None:
    """The same seed makes the same schedule to the letter, in another process too."""
    assert main(["1"]) == 0
    here = capsys.readouterr().out
    there = subprocess.run(
        [sys.executable, *replay_command(1).split()[1:]],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout == here
    assert here.splitlines()[-1] == "every law holds"


def test_another_seed_makes_another_schedule() -> None:
    """Seeds are not all one."""
    logs = set()
    for seed in range(20):
        schedule = schedule_of(seed)
        schedule.run()
        logs.add(tuple(map(str, schedule.log)))
    assert len(logs) == 20


def test_many_schedules_run_by_one_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The search says how many schedules it has run, and that every law holds."""
    assert main(["--count", "3", "--first", "7"]) == 0
    assert capsys.readouterr().out == "every law holds in 3 schedules\n"

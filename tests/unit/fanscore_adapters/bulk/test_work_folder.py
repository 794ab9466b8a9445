from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from fanscore_adapters.bulk.work_folder import WorkFolder, keep
from fanscore_core.errors import InvalidInput

PLAN: Mapping[str, object] = {"event": "evt456", "inputs": {"demand_table": "d1"}}


def test_a_step_is_done_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """What a stopped step has made is gone; a finished one stays, its files and folders synced."""
    synced: list[str] = []
    done: list[str] = []
    path = tmp_path / "work"
    with WorkFolder(path, PLAN, done.append, lambda each: synced.append(each.name)) as work:
        with work.making("one") as making:
            making.mkdir()
            (making / "file").write_text("whole")
        with pytest.raises(IsADirectoryError), work.making("two") as making:
            (making.parent / "one").write_text("half of it")
        assert (work.has("one"), work.has("two"), done) == (True, False, ["one"])
    assert synced == ["plan.json.unfinished", "work", "file", "one.unfinished", "work"]
    with WorkFolder(path, PLAN) as work:
        assert {each.name for each in path.iterdir()} == {"lock", "plan.json", "one"}
        assert (path / "one/file").read_text() == "whole"


@pytest.mark.parametrize(
    ("plan", "names"),
    [
        ({**PLAN, "event": "evt457"}, "event"),
        ({**PLAN, "inputs": {"demand_table": "d2"}, "event": "x"}, "event, inputs"),
        ({"event": "evt456"}, "inputs"),
        ({**PLAN, "arm": "none"}, "arm"),
    ],
)
def test_the_work_of_another_plan_is_refused(
    tmp_path: Path, plan: Mapping[str, object], names: str
) -> None:
    """Who goes on with other inputs is told in what they differ, and nothing is changed."""
    path = tmp_path / "work"
    WorkFolder(path, PLAN).__exit__(None, None, None)
    with pytest.raises(InvalidInput) as raised:
        WorkFolder(path, plan)
    problem = f"has the work of another run, which differs in: {names}"
    assert str(raised.value) == f"{path}: {problem}; remove it, or name another output"


@pytest.mark.parametrize(
    ("error", "has_step", "stays"),
    [
        (InvalidInput("--db", "no database"), False, False),
        (InvalidInput("--db", "no database"), True, True),
        (OSError(), False, True),
    ],
)
def test_input_that_is_refused_at_once_leaves_no_folder(
    tmp_path: Path, error: Exception, has_step: bool, stays: bool
) -> None:
    """Whoever corrects it finds nothing in the way; work that was done is kept."""
    path = tmp_path / "work"
    with suppress(type(error)), WorkFolder(path, PLAN) as work:
        if has_step:
            with work.making("one") as making:
                making.write_text("whole")
        (path / "two.unfinished").mkdir()
        raise error
    assert [each.name for each in tmp_path.iterdir()] == ["work"] * stays


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    """While one run is at work in a folder, another one is not; afterwards it may be."""
    with WorkFolder(tmp_path / "work", PLAN), pytest.raises(InvalidInput, match="another run is"):
        WorkFolder(tmp_path / "work", PLAN)
    WorkFolder(tmp_path / "work", PLAN).__exit__(None, None, None)


def test_folders_that_are_not_ours_are_refused(tmp_path: Path) -> None:
    """What lies in the way, and was not made by a run, is left as it is."""
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(InvalidInput, match="exists, and has no work of ours in it"):
            WorkFolder(path, PLAN)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_run_that_was_stopped_at_its_very_beginning_goes_on(tmp_path: Path) -> None:
    """An empty folder, or one with the lock alone, is one that had just been made."""
    for name in ("empty", "locked"):
        (tmp_path / name).mkdir()
    (tmp_path / "locked/lock").touch()
    for name in ("empty", "locked"):
        with WorkFolder(tmp_path / name, PLAN) as work:
            assert (work.path / "plan.json").exists()


def test_a_folder_is_gone_at_once(tmp_path: Path) -> None:
    """What a run that was stopped while it removed its folder has left goes with the next one."""
    with WorkFolder(tmp_path / "work", PLAN) as work:
        work.remove()
    assert [*tmp_path.iterdir()] == []
    (tmp_path / "work.unfinished").mkdir()
    (tmp_path / "work.unfinished/scored").touch()
    with WorkFolder(tmp_path / "work", PLAN):
        assert [each.name for each in tmp_path.iterdir()] == ["work"]


def test_only_the_owner_may_look(tmp_path: Path) -> None:
    """The folder holds personal data."""
    with WorkFolder(tmp_path / "work", PLAN) as work:
        assert work.path.stat().st_mode & 0o777 == 0o700


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    """An error of the system that names no file names the one that was being made."""
    with WorkFolder(tmp_path / "work", PLAN) as work:
        full = Path("/dev/full").open("wb", 0)  # noqa: SIM115  # closed below
        with full, pytest.raises(OSError, match="No space") as raised, work.making("one"):
            full.write(b"x")
        assert raised.value.filename == str(work.path / "one.unfinished")


def test_keeping_a_file(tmp_path: Path) -> None:
    """A file takes the place of one that was there."""
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    keep(tmp_path / "new", tmp_path / "old")
    assert ([each.name for each in tmp_path.iterdir()], (tmp_path / "old").read_text()) == (
        ["old"],
        "new",
    )

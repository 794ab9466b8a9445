from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from pathlib import Path

from benchmarks.bulk.big_exports import EVENT, write_exports
from fanscore_adapters.documents.receipts import read_receipts
from tests.e2e.test_program import PROGRAM, TERMINAL

FANS = 4_000


def start(folder: Path, out: str, stderr: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start to score."""
    given = (
        "score-event",
        EVENT,
        "--export",
        str(folder / "exports"),
        "--output",
        str(folder / out),
        "--receipts",
        str(folder / f"{out}.receipts"),
    )
    environ = {name: value for name, value in os.environ.items() if name not in TERMINAL}
    return subprocess.Popen([PROGRAM, *given], stdout=subprocess.PIPE, stderr=stderr, env=environ)


def finish(process: subprocess.Popen[bytes]) -> bytes:
    """Wait for the end, and give what was printed."""
    printed, _ = process.communicate()
    assert process.returncode == 0
    return printed


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    """Killed again and again, each time some steps later, it comes to the same bytes.

    Each fan has one receipt, all of one moment.
    """
    write_exports(tmp_path / "exports", FANS)
    expected = finish(start(tmp_path, "whole.jsonl")).replace(b"whole", b"killed")
    work = tmp_path / "killed.jsonl.work"
    kills = 0
    for step in ("facts.json", "identity-000000", "joined-000000"):
        process = start(tmp_path, "killed.jsonl")
        while process.poll() is None and not (work / step).exists():
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    assert kills > 0
    assert finish(start(tmp_path, "killed.jsonl")) == expected
    assert (tmp_path / "killed.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not work.exists()
    with (tmp_path / "killed.jsonl.receipts").open("rb") as file:
        receipts = [*read_receipts(file)]
    lines = (tmp_path / "killed.jsonl").read_bytes().splitlines()
    fans = [json.loads(each)["globalUserId"] for each in lines]
    assert [each.global_user_id for each in receipts] == fans
    assert len({each.decided_at for each in receipts}) == 1


def test_progress_is_shown_on_a_terminal(tmp_path: Path) -> None:
    """A terminal sees on standard error how much is done; standard output has the picture alone."""
    write_exports(tmp_path / "exports", 100)
    ours, theirs = pty.openpty()
    printed = finish(start(tmp_path, "scores.jsonl", theirs))
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # nobody writes any more
        pass
    finally:
        os.close(ours)
    assert b"Scoring" in shown
    assert b"100%" in shown
    assert printed.startswith(b"100 registrants of evt456, policy 2026-11-01\n")

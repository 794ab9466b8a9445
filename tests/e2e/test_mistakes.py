"""What only a process of its own shows: pipes, full disks, closed streams, signals."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import pytest

from tests.e2e.test_program import PROGRAM

PRINTING = (
    ("--help",),
    ("--version",),
    ("demo",),
    ("demo", "--json"),
    ("invoke", "event.json"),
    ("explain", "user123", "--db", "fans.db"),
    ("explain", "user123", "--json"),
    ("sample", "fans.db"),
    ("events", "retry", "--db", "fans.db"),
    ("events", "replay", "--consumer", "profile", "--db", "fans.db"),
    ("policy", "show"),
    ("policy", "sample-findings", "--people", "9"),
    ("schema",),
    ("erase", "user123", "--db", "fans.db"),
    ("token", "user123", "--keys", "keys"),
    ("serve", "--port", "0", "--keys", "keys"),
)
FULL = b"fanscore: No space left on device\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a database and an event."""
    folder = tmp_path_factory.mktemp("mistakes")
    subprocess.run([PROGRAM, "sample", "fans.db"], cwd=folder, check=True, capture_output=True)
    (folder / "event.json").write_text("{}")
    return folder


def run(
    folder: Path,
    *arguments: str,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] = subprocess.PIPE,
) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a folder, with nothing to read."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        check=False,
    )


@contextmanager
def full_disk() -> Iterator[IO[bytes]]:
    """Open a file that takes nothing."""
    with Path("/dev/full").open("wb", buffering=0) as full:
        yield full


@contextmanager
def nobody_reads() -> Iterator[int]:
    """Open a pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_full_disk(folder: Path, arguments: tuple[str, ...]) -> None:
    """Output that finds no room ends the command in one line: status 1."""
    with full_disk() as full:
        done = run(folder, *arguments, stdout=full)
    assert (done.stderr, done.returncode) == (FULL, 1)


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_a_reader_that_has_gone(folder: Path, arguments: tuple[str, ...]) -> None:
    """Output that nobody reads any more, as of a pipe to head, ends the command without a word."""
    with nobody_reads() as pipe:
        done = run(folder, *arguments, stdout=pipe)
    assert (done.stderr, done.returncode) == (b"", 1)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("nope",), 2),
        (("explain", " x"), 2),
        (("invoke", "missing.json"), 2),
        (("events", "list", "--db", "fans.db"), 1),
    ],
    ids=str,
)
def test_nowhere_to_complain(folder: Path, arguments: tuple[str, ...], status: int) -> None:
    """A complaint that finds no room, or nobody, leaves the exit status as it should be."""
    with full_disk() as full, nobody_reads() as pipe:
        statuses = [run(folder, *arguments, stderr=each).returncode for each in (full, pipe)]
    assert statuses == [status, status]


CLOSED: Mapping[str, tuple[int, bytes]] = {
    "fanscore demo >&-": (1, b"fanscore: standard output is closed\n"),
    "fanscore invoke - <&-": (2, b"fanscore: /dev/null: not JSON: JSONDecodeError\n"),
    "fanscore nope 2>&-": (2, b""),
}


@pytest.mark.parametrize("line", CLOSED)
def test_closed_streams(folder: Path, line: str) -> None:
    """A stream that the program was started without is missed where it is needed, in one line."""
    script = line.replace("fanscore", '"$0"', 1)
    done = subprocess.run(
        ["/bin/sh", "-c", script, PROGRAM], cwd=folder, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == CLOSED[line]


@contextmanager
def heeding_ctrl_c() -> Iterator[None]:
    """Let processes heed SIGINT, which a shell has its background jobs ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c(tmp_path: Path) -> None:
    """Ctrl+C ends a command that waits for its input: one line, and the status of shells."""
    fifo = tmp_path / "event.json"
    os.mkfifo(fifo)
    with (
        heeding_ctrl_c(),
        subprocess.Popen([PROGRAM, "invoke", str(fifo)], stderr=subprocess.PIPE) as process,
        fifo.open("wb", buffering=0) as given,  # waits until the command opens it too
    ):
        process.send_signal(signal.SIGINT)
        with suppress(BrokenPipeError):
            given.write(b"{")  # Python hears of a signal that came just before a read only after it
        _, said = process.communicate()
    assert (said, process.returncode) == (b"fanscore: interrupted\n", 130)


def test_no_end(folder: Path) -> None:
    """A file without end is refused once it is longer than any event."""
    done = run(folder, "invoke", "/dev/zero")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"fanscore: /dev/zero: longer than 33554432 characters\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("sample", "fans.db"),
        ("events", "retry", "--db", "fans.db"),
        ("events", "replay", "--consumer", "profile", "--db", "fans.db"),
        ("erase", "user123", "--yes", "--db", "fans.db"),
    ],
    ids=" ".join,
)
def test_a_database_that_may_only_be_read(arguments: tuple[str, ...]) -> None:
    """What has to write refuses a database that it may only read, in one line."""
    with TemporaryDirectory() as folder:
        database = Path(folder, "fans.db")
        subprocess.run([PROGRAM, "sample", database], check=True, capture_output=True)
        database.chmod(0o444)
        Path(folder).chmod(0o555)
        try:
            done = subprocess.run(
                [*powerless(), PROGRAM, *arguments], cwd=folder, capture_output=True, check=False
            )
        finally:
            Path(folder).chmod(0o755)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"fanscore: database fans.db: ")
    assert done.stderr.count(b"\n") == 1


def powerless() -> list[str]:
    """Give what starts a program for which permissions count, though root may start it."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may write whatever there is, and there is no setpriv")
    return ["setpriv", "--bounding-set=-dac_override", "--"]

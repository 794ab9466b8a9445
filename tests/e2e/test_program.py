from __future__ import annotations

import json
import os
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from fanscore_appsync.testing import appsync_event, service, user
from tests.e2e.lambda_runtime import PREFIX

TERMINAL = {"COLUMNS", "FORCE_COLOR", "NO_COLOR"}
PROGRAM = str(Path(sys.executable).parent / "fanscore")
EVENT = appsync_event(
    "VFApi.accountFanscore", {"globalUserId": "user123", "eventId": "evt456"}, user("user123")
)


def fanscore(
    *arguments: str | bytes, given: bytes = b"", environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the installed program in a process of its own."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(PREFIX) and name not in TERMINAL
    }
    return subprocess.run(
        [PROGRAM, *arguments],
        check=False,
        input=given,
        capture_output=True,
        env={**inherited, **(environ or {})},
    )


def answer(done: subprocess.CompletedProcess[bytes]) -> Mapping[str, object]:
    """Give the JSON that the program printed."""
    document: Mapping[str, object] = json.loads(done.stdout)
    return document


def test_the_demo() -> None:
    """The installed program shows the user's own example: 87 of 75, 5, 4 and 3, in two rounds."""
    done = fanscore("demo")
    text = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert '"score": 87,\n        "rawScore": 75,' in text
    assert "2 rounds, 7 questions" in text
    assert sum(line.startswith("    ran") for line in text.splitlines()) == 8
    picture = text[text.index("Score 87") :]
    assert [line for line in picture.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_the_pictures_on_a_terminal(columns: int) -> None:
    """On a terminal, the pictures have its width and colours; with NO_COLOR they have none."""
    plain = on_a_terminal(columns, {"NO_COLOR": "1"})
    assert "\x1b" not in plain
    assert [line for line in plain.splitlines() if len(line) > columns] == []
    assert max(map(len, plain.splitlines())) > columns - 10
    assert "\x1b[32m█" in on_a_terminal(columns, {"TERM": "xterm"})
    assert "\x1b" not in on_a_terminal(columns, {"TERM": "dumb"})


def on_a_terminal(columns: int, environ: Mapping[str, str]) -> str:
    """Explain a score on a terminal of so many columns; return what it shows."""
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb") as screen:
        termios.tcsetwinsize(theirs, (24, columns))
        inherited = {name: os.environ[name] for name in os.environ if name not in TERMINAL}
        with subprocess.Popen(
            [PROGRAM, "explain", "user123", "--event", "evt456"],
            stdout=theirs,
            env={**inherited, **environ},
        ):
            os.close(theirs)
            shown = b"".join(until_closed(screen))
    return shown.decode().replace("\r\n", "\n")


def until_closed(screen: BinaryIO) -> Iterator[bytes]:
    """Read a terminal until the last program on it has ended, which Linux tells by an error."""
    with suppress(OSError):
        while chunk := os.read(screen.fileno(), 4096):
            yield chunk


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_the_demo_on_an_old_terminal(encoding: str) -> None:
    """A terminal that has no block characters gets the score all the same, and no traceback."""
    done = fanscore("demo", environ={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b'"score": 87' in done.stdout


@pytest.mark.parametrize(
    ("event", "status", "member"),
    [
        (EVENT, 0, "score"),
        ({**EVENT, "envelope": True}, 0, "data"),
        ({**EVENT, "identity": None}, 1, "errorType"),
        ({**EVENT, "identity": None, "envelope": True}, 1, "error"),
    ],
    ids=["plain", "envelope", "plain-error", "envelope-error"],
)
def test_events_on_standard_input(event: object, status: int, member: str) -> None:
    """An event on standard input is answered, and the exit status tells data from errors."""
    done = fanscore("invoke", "-", given=json.dumps(event).encode())
    assert (done.returncode, done.stderr, member in answer(done)) == (status, b"", True)


@pytest.mark.parametrize("given", [b"", b"{", b"\xff", b"[" * 100_000])
def test_unusable_standard_input(given: bytes) -> None:
    """What is no JSON is unusable: status 2, one sentence, no traceback."""
    done = fanscore("invoke", "-", given=given)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert done.stderr.startswith(b"fanscore: <stdin>: not JSON: ")


def test_a_database_from_process_to_process(tmp_path: Path) -> None:
    """What one process writes, another explains, and the function answers from."""
    database = str(tmp_path / "fans.db")
    assert fanscore("sample", database).returncode == 0
    explained = fanscore("explain", "user123", "--event", "evt456", "--db", database)
    assert explained.stdout.decode().startswith("Score 87 of user123, policy 2026-11-01\n")
    event = json.dumps({**EVENT, "identity": service()}).encode()
    assert (
        answer(fanscore("invoke", "-", given=event, environ={"FANSCORE_DB": database}))["score"]
        == 87
    )


def test_a_database_whose_name_is_no_text(tmp_path: Path) -> None:
    """A file name that is no UTF-8 is a file name like any other."""
    database = os.fsencode(tmp_path) + b"/\xff.db"
    written = fanscore("sample", database)
    assert (written.returncode, written.stderr) == (0, b"")
    explained = fanscore("explain", "user123", "--db", database)
    assert (explained.returncode, explained.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (("explain", b"\xff"), {}),
        (("explain", "user123", "--db", "missing.db"), {}),
        (("explain", "user123"), {"FANSCORE_POLICY": "missing.json"}),
        (("explain", "user123"), {"FANSCORE_BACKEND": "postgres"}),
        (("sample", "missing/fans.db"), {}),
        (("demo", "--outage", "weather"), {}),
        (("bogus",), {}),
    ],
    ids=str,
)
def test_mistakes(arguments: tuple[str | bytes, ...], environ: Mapping[str, str]) -> None:
    """A user's mistake ends the program with status 2 and a message, never a traceback."""
    done = fanscore(*arguments, environ=environ)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr
    assert b"Traceback" not in done.stderr

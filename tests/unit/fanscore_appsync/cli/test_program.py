from __future__ import annotations

import io
import sys

import pytest

from fanscore_appsync.cli import main as command
from fanscore_appsync.cli.program import run


class FullDisk(io.TextIOBase):
    """A stream that takes text, and has no room for it in the end."""

    def write(self, text: str) -> int:
        """Take a text."""
        return len(text)

    def flush(self) -> None:
        """Find no room, until it is closed."""
        if not self.closed:
            raise OSError(28, "No space left on device")


def started(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Start the program with arguments; give the exit status."""
    monkeypatch.setattr(sys, "argv", ["anything", *arguments])
    try:
        return run()
    except SystemExit as end:
        return end.code


def test_it_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program runs the command, under the name that its pages call it by."""
    assert started(monkeypatch, "policy", "nope") == 2
    said = "fanscore: No such command 'nope'. See 'fanscore policy --help'.\n"
    assert capsys.readouterr() == ("", said)


def test_without_click(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the extra, the program says which one it needs."""
    monkeypatch.delitem(sys.modules, command.__name__)
    monkeypatch.setitem(sys.modules, "click", None)
    assert started(monkeypatch, "demo") == 2
    said = "fanscore: the command needs fanscore[cli] (pip install 'fanscore[cli]')\n"
    assert capsys.readouterr() == ("", said)


def test_a_module_of_ours_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of fanscore that is missing is a broken installation, not a missing extra."""
    monkeypatch.setitem(sys.modules, command.__name__, None)
    with pytest.raises(ModuleNotFoundError, match=command.__name__):
        started(monkeypatch, "demo")


def test_closed_streams(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an output nothing is done; without an input, there is nothing to read."""
    monkeypatch.setattr(sys, "stdin", None)
    assert started(monkeypatch, "invoke", "-") == 2
    assert capsys.readouterr().err.startswith("fanscore: ")
    sys.stdin.close()
    monkeypatch.setattr(sys, "stdout", None)
    assert started(monkeypatch, "demo") == 1
    assert capsys.readouterr().err == "fanscore: standard output is closed\n"


def test_output_that_stays_unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream with text that finds no room is closed, so that Python says nothing of it."""
    full = FullDisk()
    monkeypatch.setattr(sys, "stdout", full)
    assert started(monkeypatch, "policy", "nope") == 2
    assert full.closed


def test_ctrl_c_before_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl+C while the command is still being loaded ends it in one line, too."""

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "main", interrupted)
    assert started(monkeypatch, "demo") == 130
    assert capsys.readouterr() == ("", "fanscore: interrupted\n")

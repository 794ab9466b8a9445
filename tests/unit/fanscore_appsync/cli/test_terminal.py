from __future__ import annotations

import io
import sys
from collections.abc import Mapping

import pytest

from fanscore_appsync.cli.terminal import colors, columns, show


@pytest.mark.parametrize(
    ("environ", "uses_colors"),
    [
        ({}, None),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "0"}, False),
        ({"NO_COLOR": ""}, None),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": ""}, None),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
    ids=str,
)
def test_the_environment_decides_on_colors(
    environ: Mapping[str, str], *, uses_colors: bool | None
) -> None:
    """NO_COLOR, then FORCE_COLOR decide unless empty; else whether the output is a terminal."""
    assert colors(environ) is uses_colors


@pytest.mark.parametrize(("given", "expected"), [("40", 40), ("132", 132), ("39", 40), ("1", 40)])
def test_the_environment_decides_on_columns(
    monkeypatch: pytest.MonkeyPatch, given: str, expected: int
) -> None:
    """COLUMNS says how wide a picture may be; below 40 there is none."""
    monkeypatch.setenv("COLUMNS", given)
    assert columns() == expected


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "Score 50 of J\u00fcrgen\U0001f600 \u2588\u00b7"),
        ("latin-1", "Score 50 of J\u00fcrgen\\U0001f600 #."),
        ("ascii", "Score 50 of J\\xfcrgen\\U0001f600 #."),
    ],
)
def test_a_picture_is_shown_as_far_as_the_terminal_can(
    monkeypatch: pytest.MonkeyPatch, encoding: str, shown: str
) -> None:
    """Where the terminal has not all characters, pictures are in ASCII, and ids are escaped."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
    show("Score 50 of J\u00fcrgen\U0001f600 \u2588\u00b7")
    assert written.getvalue().decode(encoding) == f"{shown}\n"

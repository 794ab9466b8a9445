from __future__ import annotations

from collections.abc import Mapping

import pytest

from fanscore_appsync.cli.terminal import colors, columns


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

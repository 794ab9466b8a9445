"""The page that builds an API of one's own: its blocks, put together, are ``examples/presale``."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "your-own-api.md"
EXAMPLE = ROOT / "examples" / "presale"
WHOLE = ("pyproject.toml", *(f"presale/{each.name}" for each in (EXAMPLE / "presale").glob("*.*")))
"""The files that the page has a reader write, from their first line to their last."""

_NAMED = re.compile(r"^`([^`]+)`$")


def quoted() -> list[tuple[str, str]]:
    """Return the blocks that stand below the name of a file, with that name."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    named = ((_NAMED.match(lines[block.line - 4]), block) for block in blocks(PAGE))
    return [(found[1], block.text) for found, block in named if found]


def lines_of(text: str) -> list[str]:
    """Return the lines that say something."""
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize(("name", "text"), quoted())
def test_blocks_are_the_examples(name: str, text: str) -> None:
    """Each block below the name of a file stands in that file, letter by letter."""
    assert text in (EXAMPLE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_the_blocks_are_the_whole_example(name: str) -> None:
    """Whoever copies the blocks of a file one below the other has the file."""
    copied = [line for each, text in quoted() if each == name for line in lines_of(text)]
    assert copied == lines_of((EXAMPLE / name).read_text(encoding="utf-8"))


def test_all_code_is_tried() -> None:
    """A block of code either runs as it stands, or is quoted from the example."""
    code = [block for block in blocks(PAGE) if block.language not in {"console", "python", "sh"}]
    assert len(code) == len(quoted())

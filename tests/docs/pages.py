"""The pages of the documentation, and what in them can be tried out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block of a page: its language, its text, and the number of its first line."""

    language: str
    text: str
    line: int


class Command(NamedTuple):
    """A shell command of a ``console`` block, and what the page shows that it prints."""

    command: str
    shown: str


def name_of(page: Path) -> str:
    """Name a page as the reader of the repository does."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[Block]:
    """Give the blocks of a page in order."""
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        yield Block(found[1], found[2], text.count("\n", 0, found.start(2)) + 1)


def prose(page: Path) -> str:
    """Give a page without its blocks."""
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def commands(block: Block) -> list[Command]:
    """Split a ``console`` block: lines that begin with ``$`` are commands, the rest is output."""
    if block.language != "console":
        return []
    parts = re.split(r"^\$ (.*)\n", block.text, flags=re.MULTILINE)
    return [Command(*pair) for pair in zip(parts[1::2], parts[2::2], strict=True)]

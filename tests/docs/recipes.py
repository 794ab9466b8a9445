"""Recipes: pages whose ``diff`` blocks, applied in order, make a change that is whole.

A recipe has a heading for each step, ``## 1. ...``. Below it stand unified diffs and, in ``sh``
blocks, what is run. A table names, for each step, tests that fail after it, and what they say.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.docs.pages import ROOT, Block, blocks

PARTS = ("src", "tests", "docs", "deploy", "benchmarks", "examples")
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "Makefile", "LICENSE")

_STEP = re.compile(r"^## (\d+)\. ", re.MULTILINE)
_LEAD = re.compile(r"^\| (\d+) \| `(tests/[^`]+)` \| `([^`]+)` \|$", re.MULTILINE)
_FILE = re.compile(r"^--- (?:a/)?(.+)\n\+\+\+ b/(.+)\n", re.MULTILINE)
_HUNK = re.compile(r"^@@ .*@@.*\n", re.MULTILINE)
_FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


class Step(NamedTuple):
    """A step of a recipe: its number, and its blocks in order."""

    number: int
    blocks: Sequence[Block]


class Lead(NamedTuple):
    """A test that leads the way: after which step it fails, and what it says."""

    step: int
    test: str
    says: str


class Tried(NamedTuple):
    """What came of a run of tests."""

    failed: frozenset[str]
    output: str


def steps(page: Path) -> Iterator[Step]:
    """Return the steps of a recipe in order."""
    text = page.read_text(encoding="utf-8")
    starts = [
        (int(found[1]), text.count("\n", 0, found.start()) + 1) for found in _STEP.finditer(text)
    ]
    ends = [line for _, line in starts[1:]] + [text.count("\n") + 1]
    for (number, start), end in zip(starts, ends, strict=True):
        yield Step(number, [each for each in blocks(page) if start < each.line < end])


def leads(page: Path) -> list[Lead]:
    """Return the rows of a recipe's table."""
    text = page.read_text(encoding="utf-8")
    return [Lead(int(step), test, says) for step, test, says in _LEAD.findall(text)]


class Copy(NamedTuple):
    """A scratch copy of the project."""

    root: Path

    def follow(self, step: Step) -> None:
        """Do what a step says."""
        for block in step.blocks:
            if block.language == "diff":
                apply(self.root, block.text)
            elif block.language == "sh":
                done = self.run("/bin/sh", "-ec", block.text)
                assert done.returncode == 0, done.stdout

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy, with the copy's code."""
        environment = {name: text for name, text in os.environ.items() if "FANSCORE_" not in name}
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        return subprocess.run(
            command,
            cwd=self.root,
            env={**environment, "PATH": path, "PYTHONPATH": str(self.root / "src")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def test(self, tests: Sequence[str]) -> Tried:
        """Run some tests of the copy."""
        options = ("-v", "--tb=short", "-p", "no:cacheprovider")
        done = self.run(sys.executable, "-m", "pytest", *options, *dict.fromkeys(tests))
        assert done.returncode in {0, 1}, done.stdout
        return Tried(frozenset(_FAILED.findall(done.stdout)), done.stdout)

    def changed(self) -> set[str]:
        """Name the files that are not as they are in the project."""
        paths = (path.relative_to(self.root) for part in PARTS for path in _files(self.root / part))
        return {path.as_posix() for path in paths if not _same(self.root / path, ROOT / path)}


def copied(to: Path) -> Copy:
    """Copy the project."""
    for part in PARTS:
        shutil.copytree(ROOT / part, to / part, ignore=shutil.ignore_patterns("node_modules", ".*"))
    for file in FILES:
        shutil.copy2(ROOT / file, to / file)
    return Copy(to)


def touched(page: Path) -> set[str]:
    """Name the files that the diffs of a recipe change or make."""
    diffs = (block.text for block in blocks(page) if block.language == "diff")
    return {found[2] for text in diffs for found in _FILE.finditer(text)}


def apply(root: Path, diff: str) -> None:
    """Apply a unified diff: each hunk where its lines stand, whatever the line numbers say.

    Raises:
        AssertionError: the lines of a hunk do not stand in the file, or not only once; or a file
            that is to be made is there.
    """
    _, *parts = _FILE.split(diff)
    for old, name, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        path = root / name
        is_new = old == "/dev/null"
        assert is_new is not path.exists(), f"{name}: expected {'no such' if is_new else 'a'} file"
        before = "" if is_new else path.read_text(encoding="utf-8")
        for hunk in _HUNK.split(text)[1:]:
            before = _with_hunk(before, hunk.splitlines(), name)
        path.write_text(before, encoding="utf-8")


def _with_hunk(text: str, lines: Sequence[str], name: str) -> str:
    marked = [line or " " for line in lines]  # pages keep no spaces at the ends of lines
    old = "".join(f"{line[1:]}\n" for line in marked if line[0] in " -")
    new = "".join(f"{line[1:]}\n" for line in marked if line[0] in " +")
    if not old:
        return new
    found = f"\n{text}".count(f"\n{old}")
    assert found == 1, f"{name}: these lines stand in it {found} times:\n{old}"
    return f"\n{text}".replace(f"\n{old}", f"\n{new}")[1:]


def _files(folder: Path) -> Iterator[Path]:
    return (each for each in folder.rglob("*") if each.is_file() and each.suffix != ".pyc")


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()

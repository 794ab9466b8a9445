"""The page on AppSync's constructs leaves none out.

``appsync_constructs.json`` lists them by name: ``typings`` are those that AWS's npm package
declares (held by ``deploy/appsync/tests/constructs.test.js``, from which it can be made anew),
``besides`` those that no typing can declare.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "reference" / "appsync-constructs.md"

CODE = re.compile(r"`([^`\n]+)`")
OF_A_NAMESPACE = re.compile(r"(ai|ctx|dynamodb|extensions|rds|runtime|util)\.[\w.]+")
INSTEAD = re.compile(r"\b[Nn]o place[^:]*: \S.{9}")


class Row(NamedTuple):
    """A row of the page: what AppSync has, and what is said of it."""

    constructs: tuple[str, ...]
    here: str


LISTED: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "appsync_constructs.json").read_text(encoding="utf-8")
)
CONSTRUCTS = [name for names in LISTED.values() for name in names]


def rows() -> list[Row]:
    """Read the rows of the page."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    assert {len(row) for row in cells} == {2}
    return [Row(tuple(CODE.findall(appsync)), here) for appsync, here in cells]


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_each_construct_has_its_row(name: str) -> None:
    """Every construct stands in the left column of a table of the page."""
    assert name in {each for row in rows() for each in row.constructs}


def test_there_are_no_other_constructs() -> None:
    """No name in the left column is misspelt: it is one that AppSync has."""
    named = {each for row in rows() for each in row.constructs if OF_A_NAMESPACE.fullmatch(each)}
    assert named - set(CONSTRUCTS) == set()


def test_what_has_no_place_says_what_to_do_instead() -> None:
    """A construct that has no place here is not left at that."""
    without = [row for row in rows() if re.search(r"\bno place\b", row.here, re.IGNORECASE)]
    assert without
    assert [row for row in without if not INSTEAD.search(row.here)] == []


def test_each_construct_is_listed_once() -> None:
    """The list repeats no name, and is sorted."""
    assert {kind: sorted(set(names)) for kind, names in LISTED.items()} == LISTED
    assert set(LISTED["typings"]).isdisjoint(LISTED["besides"])

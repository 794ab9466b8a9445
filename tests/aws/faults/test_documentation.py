from __future__ import annotations

import re

from tests.aws import test_client
from tests.aws.faults import test_app, test_calls
from tests.aws.faults.table import ROWS, Fault, tested
from tests.docs.pages import ROOT

PAGE = ROOT / "docs/reference/faults.md"
FIRST_CELL = re.compile(r"^\| ([^|]+?) \|", re.MULTILINE)

TESTS = (test_app, test_calls, test_client)
"""Where faults are tested; to import them is to know which."""


def test_each_fault_is_documented() -> None:
    """The page has one row for each fault, by its name and in order."""
    _head, *rows = FIRST_CELL.findall(PAGE.read_text(encoding="utf-8"))
    assert rows == [fault.value for fault in Fault]


def test_each_fault_is_tested() -> None:
    """Each fault stands in the table of the tests, or has a test of its own."""
    assert {row.fault for row in ROWS.values()} | tested == set(Fault)

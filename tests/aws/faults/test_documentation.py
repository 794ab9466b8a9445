from __future__ import annotations

import re

from tests.aws import test_client
from tests.aws.faults import test_app, test_calls
from tests.aws.faults.table import ROWS, Fault, tested
from tests.docs.pages import ROOT
from tests.hostile import test_dripping_servers, test_lnaa_faults
from tests.unit.fanscore_adapters.http import test_lnaa, test_webhooks

PAGE = ROOT / "docs/reference/faults.md"
FIRST_CELL = re.compile(r"^\| ([^|]+?) \|", re.MULTILINE)
LAST_CELL = re.compile(r"^\|.*\| ([^|]+?) \|$", re.MULTILINE)
NAME = re.compile(r"`([^`]+)`")

TESTS = (test_app, test_calls, test_client)
"""Where faults are tested; to import them is to know which."""


HTTP_TESTS = (test_dripping_servers, test_lnaa_faults, test_lnaa, test_webhooks)
"""Where faults of what is asked over HTTP are tested."""


def sections() -> list[str]:
    """Give the page up to its first heading, and what follows each."""
    return PAGE.read_text(encoding="utf-8").split("\n## ")


def test_each_fault_is_documented() -> None:
    """The page has one row for each fault, by its name and in order."""
    of_aws, *_ = sections()
    _head, *rows = FIRST_CELL.findall(of_aws)
    assert rows == [fault.value for fault in Fault]


def test_each_fault_is_tested() -> None:
    """Each fault stands in the table of the tests, or has a test of its own."""
    assert {row.fault for row in ROWS.values()} | tested == set(Fault)


def test_what_is_said_of_http_is_tested() -> None:
    """The rows and tests that the table of LNAA and the webhooks names are there, in each row."""
    [of_http] = [each for each in sections() if each.startswith("LNAA and the webhooks\n")]
    _head, *cells = LAST_CELL.findall(of_http)
    known = {*test_lnaa_faults.ROWS, *(name for module in HTTP_TESTS for name in vars(module))}
    assert len(cells) == 10
    assert [NAME.findall(cell) for cell in cells if not set(NAME.findall(cell)) <= known] == []
    assert all(map(NAME.findall, cells))

"""The pages about operations and the template say the same."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest

from fanscore_appsync.log import InvocationLog
from fanscore_core.systems import FUNCTIONS, TABLES
from tests.docs.pages import ROOT, name_of, prose

TEMPLATE = (ROOT / "deploy/template.yaml").read_text(encoding="utf-8")
OPERATIONS = ROOT / "docs/reference/operations.md"
ABOUT_THE_STACK = [
    ROOT / "docs" / page
    for page in (
        "explanation/security.md",
        "how-to/bring-your-own-tables.md",
        "how-to/deploy.md",
        "how-to/erase-a-fan.md",
        "how-to/rotate-keys.md",
        "how-to/upgrade-and-roll-back.md",
        "reference/operations.md",
    )
]

OF_THE_STACK = re.compile(
    r"`((?:[A-Z][a-z0-9]+)+(?:Alarm|Url|Name|Ids?|Key|Expires|Retention|Rate|Memory"
    r"|Topic|Secret|Version|Handler|Service|Scoring))`"
)
"""What is written like an alarm, an output or a parameter of the template."""


OF_CODE = re.compile(r"`(\w+)`")


def resources(kind: str) -> list[str]:
    """Give the resources of a kind in the template."""
    return re.findall(rf"^  (\w+):\n    Type: {kind}$", TEMPLATE, re.MULTILINE)


def declared() -> set[str]:
    """Give the parameters, resources and outputs of the template."""
    return set(re.findall(r"^  ([A-Z]\w+):$", TEMPLATE, re.MULTILINE))


def test_every_alarm_is_explained() -> None:
    """The page has a row for each alarm of the template, and for no other."""
    rows = re.findall(r"^\| `(\w+Alarm)` \|", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE)
    alarms = [*resources("AWS::CloudWatch::Alarm"), *resources("AWS::CloudWatch::CompositeAlarm")]
    assert sorted(rows) == sorted(alarms)
    assert rows


@pytest.mark.parametrize("page", ABOUT_THE_STACK, ids=name_of)
def test_names_of_the_template_are_in_it(page: Path) -> None:
    """What a page names as a parameter, an output or an alarm is one."""
    named = set(OF_THE_STACK.findall(prose(page)))
    assert named
    assert named <= declared()


def test_queries_read_what_is_logged() -> None:
    """The queries of the page for the log ask for members of the resolver's line alone."""
    text = OPERATIONS.read_text(encoding="utf-8")
    queries = re.findall(r"^```\n(filter .*?)^```", text, re.MULTILINE | re.DOTALL)
    words = re.findall(r"[a-z_]+(?=\.0\b|, name|\b > 0)|(?<=by )\w+", " ".join(queries))
    known = {field.name for field in attrs.fields(InvocationLog)}
    assert len(queries) == 5
    assert set(words) - {"bin"} <= known
    assert {"failed", "reasons", "degraded_steps", "failed_steps", "slowest_step"} <= set(words)


def test_every_system_may_be_down() -> None:
    """The page says of each table and function what still works without it."""
    first_column = re.findall(
        r"^\| (`[a-z_`, ]+`).* \|", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE
    )
    named = set(re.findall(r"`([a-z_]+)`", " ".join(first_column)))
    assert {*TABLES, *FUNCTIONS} - named == set()


def test_every_function_of_others_can_be_named() -> None:
    """Who has functions already finds the parameter for each of them."""
    page = (ROOT / "docs/how-to/bring-your-own-tables.md").read_text(encoding="utf-8")
    parameters = {each.title().replace("_", "") for each in FUNCTIONS} & declared()
    parameters -= {"IdvCheckLiveness"}  # part of the stack
    assert parameters
    assert parameters - set(OF_CODE.findall(page)) == set()


def test_queues_keep_messages_as_long_as_the_pages_say() -> None:
    """Dead letters stay for 14 days."""
    kept = re.findall(r"MessageRetentionPeriod: (\d+)", TEMPLATE)
    assert set(kept) == {str(14 * 24 * 60 * 60)}


def test_events_are_kept_as_long_as_the_pages_say() -> None:
    """By default, the archive keeps events for 30 days."""
    archive = re.search(
        r"^  ArchiveRetention:\n(?:    .*\n)*?    Default: (\d+)$", TEMPLATE, re.MULTILINE
    )
    assert archive is not None
    assert archive[1] == "30"


def test_no_function_may_delete() -> None:
    """As the pages say, no role has the right to delete an item."""
    assert "DeleteItem" not in TEMPLATE
    assert "BatchWriteItem" not in TEMPLATE

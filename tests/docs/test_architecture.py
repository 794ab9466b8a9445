"""The architecture page: the wings, and what each name of the JavaScript pipelines became."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "explanation" / "architecture.md"
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)\)")

STASH = (
    "score",
    "rawScore",
    "armScore",
    "armBoost",
    "discoEventId",
    "eventData",
    "botCursor",
    "botScore",
    "userInfo",
    "existingSaleRecord",
    "eventRecord",
)
STEPS = (
    "getAccountFanscoreGlobalUserId",
    "getAccountFanscoreMemberId",
    "getArmScore",
    "getDiscoEventId",
    "getEventDemandRecord",
    "getBotOrNotCursor",
    "getBotOrNot",
    "calcAccountScore",
    "tmAccountInfo",
    "getDemandSaleRecord",
    "getDemandEventRecord",
    "saveDemandRecord",
    "upsertUser",
    "checkLiveness",
)
DATA_SOURCES = (
    "account_fanscore_table",
    "fan_identity_table",
    "verification_table",
    "demand_table",
    "proxy_campaign_service",
    "proxy_tm_account_service",
    "arm_scoring",
    "idv_check_liveness",
    "get_updated_phonescore",
    "check_eligibility",
    "event_details",
    "lnaa_api",
    "upsert_user",
)
OTHERS = (
    "VFApi.accountFanscore",
    "accountFanscore",
    "demandRecordSave",
    "upsertEntry",
    "Demand.eventDetails",
    "apiAccountFanscore",
    "demandMutationTemplate",
    "boosts",
    "global_user_id",
    "member_id",
    "email",
    "throwIfNotLoggedIn()",
    "lambdaResponse()",
    "runtime.earlyReturn",
    "shared.ts",
    "resolvers.tf",
    "caching_config",
    "ctx.identity",
    "fan:{global_user_id}",
    "demand#{eventId}-{saleId}",
    "user.upsert",
    "NOT_LOGGED_IN",
    "errorInfo",
    "errorType",
)


def rows(text: str) -> list[list[str]]:
    """Return the lines of all tables, as cells."""
    lines = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def section(heading: str) -> list[list[str]]:
    """Return the lines of the table under a heading, its head left out."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2]
    return rows(re.split(r"^#", text, maxsplit=1, flags=re.MULTILINE)[0])[2:]


def linked(cell: str) -> list[Path]:
    """Return the files that a cell links to."""
    return [(PAGE.parent / target).resolve() for target in LINK.findall(cell)]


@pytest.mark.parametrize(
    "name", [*(f"ctx.stash.{field}" for field in STASH), *STEPS, *DATA_SOURCES, *OTHERS]
)
def test_names_are_found_beside_what_they_became(name: str) -> None:
    """Whoever looks for a name of the JavaScript pipelines finds a line that links to the code."""
    found = [
        line
        for line in rows(PAGE.read_text(encoding="utf-8"))
        if any(re.match(re.escape(name) + r"(?!\w)", code) for code in CODE.findall(" ".join(line)))
    ]
    assert [line for line in found if linked(" ".join(line))]


@pytest.mark.parametrize(
    "line", section("### Names of the JavaScript pipelines"), ids=lambda line: line[0]
)
def test_what_names_became_is_in_the_code(line: list[str]) -> None:
    """Each name of the right column stands in a file that the line links to."""
    _, here = line
    texts = [file.read_text(encoding="utf-8") for file in linked(here)]
    words = [file.name for file in linked(here)]
    missing = [
        code
        for code in CODE.findall(here)
        if code not in words
        and not any(re.search(rf"\b{re.escape(code)}\b", text) for text in texts)
    ]
    assert texts
    assert missing == []


def test_every_wing_is_listed() -> None:
    """Each folder of the code is a line of the table of wings, and none that is not there."""
    source = ROOT / "src"
    folders = {
        folder.relative_to(source).as_posix()
        for folder in source.rglob("*")
        if folder.is_dir() and "__pycache__" not in folder.parts and ".egg-info" not in folder.name
    }
    listed = [CODE.findall(line[0])[0] for line in section("## The wings")]
    assert sorted(listed) == sorted(folders)

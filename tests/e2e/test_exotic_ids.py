"""Fans whose ids are made by other systems, from the call to the last byte."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.erasure import Erasure
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.testing import appsync_event, user
from fanscore_core.ids import PATH_RULE, GlobalUserId
from tests.e2e.local_system import LocalSystem

FANS = (
    "auth0|canary",
    "canary@example.com",
    "J\u00fcrgen canary #1 50%",
    "canary\U0001f600\u202f-%2D%23",
    "canary'; DROP TABLE demand_table; --",
    "..",
)
EVENT, SALE = "evt#1-%2D\u00fc", "sale 1#-%\U0010fffd"


@pytest.fixture
def system(tmp_path: Path) -> Iterator[LocalSystem]:
    """Set a system up on a file."""
    path = str(tmp_path / "fans.db")
    with SqliteTables(path) as tables, EventStore(path) as events, ThreadPoolExecutor(4) as pool:
        yield LocalSystem(tables, events, pool)


def called(system: LocalSystem, fan: str, field: str, **arguments: object) -> object:
    """Give what AppSync learns of a fan's call."""
    headers = {"authorization": "Bearer token"}
    return system.answer(appsync_event(field, arguments, user(fan), headers=headers))


@pytest.mark.parametrize("fan", FANS)
def test_a_fan_with_any_id(
    system: LocalSystem, tmp_path: Path, caplog: pytest.LogCaptureFixture, fan: str
) -> None:
    """The fan saves, is scored, enters and is erased, and neither log nor file knows the fan."""
    caplog.set_level(logging.DEBUG)
    place = {"eventId": EVENT, "saleId": SALE}
    saved = called(system, fan, "Mutation.demandRecordSave", input=place)
    assert isinstance(saved, dict)
    record = saved["record"]
    assert (record["eventId"], record["saleId"], record["fanId"]) == (EVENT, SALE, fan)
    assert called(system, fan, "Demand.records", eventId=EVENT) == {
        "items": [record],
        "nextToken": None,
    }
    assert called(system, fan, "Demand.records", eventId="evt#1") == {
        "items": [],
        "nextToken": None,
    }
    score = called(system, fan, "VFApi.accountFanscore", globalUserId=fan, eventId=EVENT)
    assert isinstance(score, dict)
    assert score["globalUserId"] == fan
    assert ("EVENT_DEMAND", 4) in [(each["code"], each["points"]) for each in score["reasons"]]
    entry = {"campaignId": "camp #1%"}
    assert isinstance(called(system, fan, "Mutation.upsertEntry", input=entry), dict)
    started = called(system, fan, "Mutation.checkLiveness")
    assert isinstance(started, dict)
    session = {"sessionId": started["sessionId"]}
    assert isinstance(called(system, fan, "VFApi.livenessSession", **session), dict)
    system.bus.deliver_due(system.now)
    assert system.bus.undelivered() == ()
    entered = called(system, fan, "Demand.entries")
    assert isinstance(entered, dict)
    assert [each["campaignId"] for each in entered["items"]] == ["camp #1%"]
    assert [json.loads(text)["globalUserId"] for _, _, text in system.events.posts()] == [fan] * 2
    assert not [each for each in caplog.records if "canary" in repr(vars(each))]
    assert traces(tmp_path, fan)
    erased = Erasure(system.tables, system.events).erase(GlobalUserId(fan))
    assert (erased.left.total(), erased.has_traces) == (0, False)
    assert traces(tmp_path, fan) == []


@pytest.mark.parametrize("field", ["VFApi.lnaaMembership", "Mutation.lnaaActivate"])
@pytest.mark.parametrize("fan", [".", ".."])
def test_ids_that_no_url_can_name(system: LocalSystem, field: str, fan: str) -> None:
    """A fan whose id would lead elsewhere in a URL is refused before anything is asked."""
    event = appsync_event(field, {}, user(fan))
    message = f"caller: {PATH_RULE}"
    error: Mapping[str, object] = {"message": message, "errorType": "400"}
    info: Mapping[str, object] = {"code": "INVALID_ID"}
    item = {"data": None, "errorMessage": message, "errorType": "400", "errorInfo": info}
    assert system.answer(event) == {"raised": error}
    assert system.answer({**event, "envelope": True}) == {
        "error": {**error, "data": None, "errorInfo": info}
    }
    assert system.answer([event, appsync_event(field, {}, user("..."))])[:1] == [item]  # type: ignore[index]  # a batch's answer
    assert {getattr(each, "global_user_id", None) for each in system.asked} == {"..."}


def traces(folder: Path, fan: str) -> list[str]:
    """Give the files in which a fan's id is found, as it is or as it stands in keys or JSON."""
    if fan == "..":
        fan = "fan:.."
    in_a_key = fan.replace("%", "%25").replace("#", "%23")
    texts = {each.encode() for text in (fan, in_a_key) for each in (text, json.dumps(text)[1:-1])}
    return [
        file.name for file in folder.iterdir() if any(text in file.read_bytes() for text in texts)
    ]

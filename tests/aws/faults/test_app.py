"""What a caller of the resolver gets when AWS misbehaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import attrs
import pytest

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.dynamodb.values import read_item
from fanscore_adapters.embedded.stand_ins import StandIns
from fanscore_adapters.items import keys
from fanscore_adapters.items.demand import read_record
from fanscore_adapters.sources import Sources
from fanscore_appsync.app import App
from fanscore_appsync.report import report
from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.question import Source
from fanscore_core.ids import RequestId
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, UPSERT_USER
from tests.aws.faults.server import Behaviour, Exchange
from tests.aws.faults.stage import Stage
from tests.aws.faults.table import (
    HTML,
    Fault,
    Kind,
    answering,
    answering_after,
    late,
    lost,
    of,
    refusing,
    reset,
    silent,
    throttled,
    unheard_of,
)
from tests.aws.tables import typed
from tests.demand_samples import EVENT, FAN, SALE, START
from tests.e2e.calls import call
from tests.e2e.local_system import POLICY, SAMPLE
from tests.event_ids import entry_id
from tests.patience import AMPLE_S, GivenUp

TIME_LEFT_S = 20.0
REQUEST = RequestId("request-1")
KEY = {"eventId": EVENT, "saleId": SALE}
SAVE = {"input": {**KEY, "attributes": {"seats": 2}, "requestId": REQUEST}}
DELETE = {"input": {**KEY, "requestId": REQUEST}}
ENTER = {"input": {"campaignId": "camp1", "requestId": REQUEST}}
EVENT_ID = entry_id(FAN, REQUEST)


@attrs.frozen
class Desk:
    """Where a fan asks, and what became of it.

    Attributes:
        stage: with the sample's items.
        app: on its adapters; other services answer by stand-ins.
    """

    stage: Stage
    app: App

    def answer(
        self, field: str, arguments: Mapping[str, object] | None = None, left_s: float = TIME_LEFT_S
    ) -> Mapping[str, object]:
        """Give the answer in its envelope."""
        answer = self.app.answer(call(field, arguments, envelope=True), left_s)
        assert isinstance(answer.response, dict)
        return answer.response

    def record(self) -> StoredDemandRecord | None:
        """Give what is stored of the fan's record."""
        key = keys.demand_record(FAN, EVENT, SALE)
        items = self.stage.tables.stored(DEMAND)
        found = [item for item in items if (item["PK"], item["SK"]) == (key.pk, key.sk)]
        return read_record(read_item(typed(found[0]))) if found else None

    def attempts(self, operation: str) -> int:
        """Count the requests."""
        return self.stage.server.asked.count(operation)


@pytest.fixture
def desk(stage: Stage) -> Iterator[Desk]:
    """Give each test an app on the faulty server, whose clients are connected."""
    with ThreadPoolExecutor(8) as executor:
        yield desk_on(stage, executor)
        stage.server.recover()


@pytest.fixture
def impatient(stage: Stage) -> Iterator[Desk]:
    """Give each test an app that times out where the server is not heard."""
    with ThreadPoolExecutor(8) as executor:
        yield desk_on(stage, executor, stage.impatient(Kind.DYNAMODB, stage.time.clock))
        stage.server.recover()


def desk_on(stage: Stage, executor: ThreadPoolExecutor, tables: Adapter | None = None) -> Desk:
    """Make an app, and let its clients connect.

    Time passes only by waiting between attempts, and where the server holds a request up: then
    all that is left.
    """
    time = stage.time
    stage.tables.empty()
    stage.tables.load(SAMPLE.tables)
    adapters = (
        tables or stage.adapter(Kind.DYNAMODB, read_s=AMPLE_S, clock=time.clock),
        stage.adapter(Kind.EVENTBRIDGE, read_s=AMPLE_S, clock=time.clock),
        StandIns(SAMPLE),
    )

    given_up = GivenUp(stage.server_is_holding, time)

    def source(left_s: float) -> Source:
        return Sources(adapters, [executor], time.clock, time.clock() + left_s, given_up)

    minted = count()
    app = App(source, report, lambda: START, lambda: RequestId(f"minted-{next(minted)}"), POLICY)
    desk = Desk(stage, app)
    desk.answer("Demand.eventDetails")
    desk.answer("VFApi.accountFanscore")
    desk.answer("Mutation.upsertEntry", {"input": {"campaignId": "camp1"}})
    stage.published()
    stage.server.recover()
    return desk


def unavailable(system: str, **info: object) -> Mapping[str, object]:
    """Make the error of a system that is unavailable."""
    return failed("503", "UNAVAILABLE", f"{system} is unavailable", system, **info)


def failed(kind: str, code: str, message: str, system: str, **info: object) -> Mapping[str, object]:
    """Make an error."""
    named = {"code": code, "system": system, **info}
    return {"error": {"message": message, "errorType": kind, "data": None, "errorInfo": named}}


SAVED = {
    "data": {
        "status": "SUCCESS",
        "record": {
            **KEY,
            "fanId": FAN,
            "email": "fan@example.com",
            "contactMethod": None,
            "locale": None,
            "attributes": '{"seats":2}',
            "requestedAt": "2026-11-01T08:00:00Z",
            "updatedAt": "2026-11-01T08:00:00Z",
            "version": 1,
        },
    }
}
ENTERED = {"data": {"status": "ACCEPTED", "eventId": EVENT_ID}}
NOT_SAVED = unavailable(DEMAND, requestId=REQUEST)
NOT_ENTERED = unavailable(UPSERT_USER, requestId=REQUEST)


@attrs.frozen
class Row:
    """What a server does to a write of the resolver, and what comes of it.

    Attributes:
        script: what the server does, one after the other; then it is well.
        calls: how many attempts at the write it gets.
        done: how many of them are done.
        is_told: whether the caller learns that it was done.
    """

    script: Sequence[Behaviour]
    calls: int
    done: int
    is_told: bool


ROWS: Mapping[str, Row] = {
    "no fault": Row([], 1, 1, is_told=True),
    "reply lost": Row([lost], 2, 2, is_told=True),
    "reply lost each time": Row([lost] * 3, 3, 3, is_told=False),
    "reset": Row([reset], 2, 1, is_told=True),
    "reset each time": Row([reset] * 3, 3, 0, is_told=False),
    "500": Row([answering(b"{}", 500)], 2, 1, is_told=True),
    "500 each time": Row([answering(b"{}", 500)] * 3, 3, 0, is_told=False),
    "throttled": Row([throttled], 2, 1, is_told=True),
    "garbage": Row([answering(HTML)], 1, 0, is_told=False),
    "garbage after the write": Row([answering_after(HTML)], 1, 1, is_told=False),
    "expired credentials": Row([refusing("ExpiredTokenException")], 1, 0, is_told=False),
}
"""By what goes wrong."""


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_a_save(desk: Desk, row: Row) -> None:
    """However a save goes wrong, sent again with its request id it is one save."""
    desk.stage.server.tell("PutItem", *row.script)
    assert desk.answer("Mutation.demandRecordSave", SAVE) == (SAVED if row.is_told else NOT_SAVED)
    assert desk.attempts("PutItem") == row.calls
    assert desk.stage.server.done.count("PutItem") == row.done
    assert (desk.record() is None) == (row.done == 0)
    desk.stage.server.recover()
    assert desk.answer("Mutation.demandRecordSave", SAVE) == SAVED
    assert saves(desk) == [(REQUEST, 1)]


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_an_entry(desk: Desk, row: Row) -> None:
    """However an entry goes wrong, sent again with its request id it is one event, by its id."""
    desk.stage.server.tell("PutEvents", *row.script)
    assert desk.answer("Mutation.upsertEntry", ENTER) == (ENTERED if row.is_told else NOT_ENTERED)
    assert desk.attempts("PutEvents") == row.calls
    assert desk.stage.published() == ({EVENT_ID: row.done} if row.done else {})
    desk.stage.server.recover()
    assert desk.answer("Mutation.upsertEntry", ENTER) == ENTERED
    assert desk.stage.published() == {EVENT_ID: 1}


def saves(desk: Desk) -> list[tuple[str, int]]:
    """Give the last request that the record knows, and the record's version."""
    stored = desk.record()
    return [(stored.requests[-1][0], stored.version)] if stored else []


OUT_OF_TIME = failed(
    "504",
    "DEADLINE_EXCEEDED",
    "Out of time while waiting for demand_table",
    DEMAND,
    requestId=REQUEST,
)


@of(Fault.ABANDONED)
@pytest.mark.parametrize(("behaviour", "done"), [(late, 1), (silent, 0)])
def test_an_abandoned_save(desk: Desk, behaviour: Behaviour, done: int) -> None:
    """A save that is out of time is a 504 with the request id; sent again, it is one save."""
    desk.stage.server.always["PutItem"] = behaviour
    assert desk.answer("Mutation.demandRecordSave", SAVE) == OUT_OF_TIME
    assert desk.attempts("PutItem") == 1
    assert saves(desk) == [(REQUEST, 1)] * done
    desk.stage.server.recover()
    assert desk.answer("Mutation.demandRecordSave", SAVE) == SAVED
    assert saves(desk) == [(REQUEST, 1)]


@of(Fault.ABANDONED)
def test_an_abandoned_save_that_arrives_after_the_next(desk: Desk) -> None:
    """A save that is done only after it was sent again is refused by its condition."""
    held: list[Callable[[], object]] = []

    def hold(exchange: Exchange) -> None:
        held.append(exchange.pass_on)
        exchange.wait()

    desk.stage.server.tell("PutItem", hold)
    assert desk.answer("Mutation.demandRecordSave", SAVE) == OUT_OF_TIME
    desk.stage.server.recover()
    assert desk.answer("Mutation.demandRecordSave", SAVE) == SAVED
    held.pop()()
    assert saves(desk) == [(REQUEST, 1)]


@of(Fault.ABANDONED)
def test_a_save_without_an_id_that_is_abandoned(desk: Desk) -> None:
    """Where the caller gave no request id, the 504 gives the one to send it again with."""
    desk.stage.server.always["PutItem"] = late
    given = {"input": {**KEY, "attributes": {"seats": 2}}}
    minted = desk.answer("Mutation.demandRecordSave", given)["error"]
    assert isinstance(minted, dict)
    request = minted["errorInfo"]["requestId"]
    desk.stage.server.recover()
    again = {"input": {**given["input"], "requestId": request}}
    assert desk.answer("Mutation.demandRecordSave", again) == SAVED
    assert saves(desk) == [(request, 1)]


@of(Fault.ABANDONED)
def test_an_abandoned_delete(desk: Desk) -> None:
    """A delete whose reply is out of time, sent again, is one delete."""
    saving = {"input": {**KEY, "requestId": "request-0"}}
    desk.answer("Mutation.demandRecordSave", saving)
    desk.stage.server.always["PutItem"] = late
    assert desk.answer("Mutation.demandRecordDelete", DELETE) == OUT_OF_TIME
    desk.stage.server.recover()
    deleted = {"data": {"status": "DELETED", "record": None}}
    assert desk.answer("Mutation.demandRecordDelete", DELETE) == deleted
    assert saves(desk) == [(REQUEST, 2)]


def test_a_save_with_a_slow_table(impatient: Desk) -> None:
    """A save whose first attempt times out after it was done is one save."""
    impatient.stage.server.tell("PutItem", unheard_of)
    assert impatient.answer("Mutation.demandRecordSave", SAVE) == SAVED
    assert saves(impatient) == [(REQUEST, 1)]


def score(degraded: list[str], points: int) -> tuple[object, object]:
    """Say what a score is, and what was gone without."""
    return degraded, points


@of(Fault.NO_TABLE)
@pytest.mark.parametrize(
    ("table", "told"),
    [
        (FAN_IDENTITY, unavailable(FAN_IDENTITY)),
        (ACCOUNT_FANSCORE, unavailable(ACCOUNT_FANSCORE)),
        (DEMAND, score(["event"], 83)),
    ],
)
def test_a_score_without_a_table(desk: Desk, table: str, told: object) -> None:
    """A table that is missing costs a score what is in it: one boost, or all."""
    whole = desk.answer("VFApi.accountFanscore")["data"]
    assert isinstance(whole, dict)
    assert score(whole["degraded"], whole["score"]) == ([], 87)
    desk.stage.tables.delete(table)
    answer = desk.answer("VFApi.accountFanscore")
    match answer:
        case {"data": {"degraded": list(degraded), "score": int(points)}}:
            assert score(degraded, points) == told
        case _:
            assert answer == told


@pytest.mark.parametrize(
    ("event", "queries", "code"),
    [("evt456", 2, "EVENT_DEMAND"), ("disco456", 1, "EVENT_DEMAND"), ("evt123", 1, None)],
)
def test_what_a_score_asks(desk: Desk, event: str, queries: int, code: str | None) -> None:
    """A score reads one prefix, and a second where the event is mapped to another id."""
    desk.stage.server.asked.clear()
    answer = desk.answer("VFApi.accountFanscore", {"globalUserId": FAN, "eventId": event})["data"]
    assert isinstance(answer, dict)
    assert sorted(desk.stage.server.asked) == ["BatchGetItem"] * 2 + ["Query"] * queries
    if code:
        assert [reason["code"] for reason in answer["reasons"]][2] == code


@of(Fault.RESET)
def test_one_of_two_prefixes_that_cannot_be_read(desk: Desk) -> None:
    """Where one of two prefixes cannot be read the boost is left out: half a count is none."""
    event = {"globalUserId": FAN, "eventId": "evt456"}
    desk.stage.server.tell("Query", answering(HTML))
    answer = desk.answer("VFApi.accountFanscore", event)["data"]
    assert isinstance(answer, dict)
    assert (answer["degraded"], answer["score"]) == (["event"], 83)


@of(Fault.GARBAGE)
def test_a_score_that_cannot_be_read(desk: Desk) -> None:
    """A page of HTML in place of items is a 503, and never a fan without history."""
    desk.stage.server.always["BatchGetItem"] = answering(HTML)
    assert desk.answer("VFApi.accountFanscore") == unavailable(FAN_IDENTITY)


@of(Fault.GARBAGE)
def test_a_count_that_cannot_be_read(desk: Desk) -> None:
    """A page of HTML in place of demand records is no demand that is 0: the boost is left out."""
    desk.stage.server.always["Query"] = answering(HTML)
    answer = desk.answer("VFApi.accountFanscore")["data"]
    assert isinstance(answer, dict)
    assert (answer["degraded"], answer["score"]) == (["event"], 83)
    assert [reason["code"] for reason in answer["reasons"]][2] == "EVENT_UNAVAILABLE"


@of(Fault.GARBAGE)
def test_records_that_cannot_be_read(desk: Desk) -> None:
    """A page of HTML in place of demand records is a 503, and never an empty list."""
    desk.stage.server.always["Query"] = answering(HTML)
    assert desk.answer("Demand.records") == unavailable(DEMAND)

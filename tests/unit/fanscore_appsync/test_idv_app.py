from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import cast

import attrs
import pytest

from fanscore_adapters.adapter import Adapter, one_by_one
from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.embedded.idv_function import IdvFunction
from fanscore_adapters.embedded.stand_in_vendor import ALIVE, StandInVendor, session_of
from fanscore_adapters.embedded.stand_ins import Sample, StandIns
from fanscore_adapters.items.keys import Key
from fanscore_adapters.sources import Sources
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.idv_app import IdvApp
from fanscore_appsync.report import report
from fanscore_core.engine.question import Answered, Ask, Question, Source
from fanscore_core.engine.rounds import run
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.ids import GlobalUserId, RequestId
from fanscore_core.liveness import LivenessStatus, LivenessVerdict, new_session
from fanscore_core.pipelines.liveness_checks import (
    CheckLivenessArgs,
    LivenessSessionArgs,
    check_liveness,
    liveness_session,
)
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
from fanscore_core.ports.verification import (
    LastLivenessSession,
    PutLivenessSession,
    StoredLivenessSession,
)
from fanscore_core.systems import VERIFICATION
from tests.patience import AMPLE_S
from tests.unit.fanscore_appsync.samples import Faulty

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
TIME_LEFT_S = 7.5
S1, S2 = session_of("token-1"), session_of("token-2")

START: Mapping[str, object] = {"globalUserId": "user123", "token": "token-1"}
CREATED: Mapping[str, object] = {
    "data": {
        "sessionId": S1,
        "status": "CREATED",
        "createdAt": "2026-11-01T08:00:00Z",
        "expiresAt": "2026-11-01T08:03:00Z",
        "confidence": None,
    }
}


def data(response: object) -> Mapping[str, object]:
    """Give a response's data."""
    assert isinstance(response, dict)
    return cast("Mapping[str, object]", response["data"])


def with_data(**changes: object) -> Mapping[str, object]:
    """Make the response ``CREATED`` with other data."""
    return {"data": {**data(CREATED), **changes}}


@attrs.define
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


@attrs.define
class Vendor:
    """The stand-in vendor, counting its calls; others can be made to wait for one another.

    Attributes:
        stand_in: what answers.
        together: what every creation of a session waits at.
        outage: what it answers instead, if it is out of order.
        asked: what it was asked.
    """

    stand_in: StandInVendor = attrs.field(factory=StandInVendor)
    together: Barrier = attrs.field(factory=lambda: Barrier(1))
    outage: Exception | None = None
    asked: list[Question[object]] = attrs.field(factory=list)

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The system behind each question."""
        return self.stand_in.systems

    split = staticmethod(one_by_one)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        for ask in asks:
            self.asked.append(ask.question)
            if isinstance(ask.question, CreateVendorSession):
                self.together.wait(timeout=AMPLE_S)
        if self.outage:
            return [Answered(self.outage, "rekognition") for _ in asks]
        return self.stand_in.fetch(asks)


@attrs.define
class Desk:
    """The function on tables of its own, with all that can be looked at.

    Attributes:
        tables: the store.
        executor: threads to ask in.
        vendor: the vendor.
        clock: the time.
        changed: a source to ask instead.
        times_left_s: what the function said was left, each time that it wanted the source.
        reports: the errors that it reported; the first is found by ``report-0``.
    """

    tables: SqliteTables
    executor: ThreadPoolExecutor
    vendor: Vendor = attrs.field(factory=Vendor)
    clock: Clock = attrs.field(factory=Clock)
    changed: Source | None = None
    times_left_s: list[float] = attrs.field(factory=list)
    reports: list[Exception] = attrs.field(factory=list)

    @property
    def app(self) -> IdvApp:
        """The function."""
        return IdvApp(self._source, self._report, self.clock)

    def ask(self, payload: object) -> object:
        """Give the function's response, which must be JSON."""
        response = self.app.answer(payload, TIME_LEFT_S)
        assert json.loads(json.dumps(response)) == response
        return response

    def start(self, **changes: object) -> object:
        """Start a session, of ``START`` with other arguments."""
        return self.ask({"operation": "startSession", "arguments": {**START, **changes}})

    def result(self, session_id: str = S1, fan: str = "user123") -> object:
        """Ask for a session's result."""
        arguments = {"globalUserId": fan, "sessionId": session_id}
        return self.ask({"operation": "sessionResult", "arguments": arguments})

    def sources(self, *others: Adapter) -> Source:
        """Make a source of the tables and other adapters."""
        return Sources((Sqlite(self.tables), *others), [self.executor], lambda: 0.0)

    def stored(self) -> list[object]:
        """Give the fan's items in the store, each as its sort key, session id and status."""
        [texts] = self.tables.begins_with(VERIFICATION, [Key("fan:user123", "")])
        items = [cast("Mapping[str, object]", parse_stored_json(text)) for text in texts]
        return [(item["SK"], item.get("sessionId"), item.get("status")) for item in items]

    def _source(self, time_left_s: float) -> Source:
        self.times_left_s.append(time_left_s)
        return self.changed or self.sources(self.vendor)

    def _report(self, error: Exception) -> str:
        self.reports.append(error)
        return f"report-{len(self.reports) - 1}"


@contextmanager
def desk_on(path: str) -> Iterator[Desk]:
    """Make a desk on a database, with threads enough for requests at the same time."""
    with SqliteTables(path) as tables, ThreadPoolExecutor(8) as executor:
        yield Desk(tables, executor)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give a desk on an empty database."""
    with desk_on(IN_MEMORY) as made:
        yield made


def test_a_session_is_started(desk: Desk) -> None:
    """A session is started, stored with the pointer to it, and answered."""
    assert desk.start(score=72.5, armScore=2) == CREATED
    assert desk.stored() == [("liveness", S1, None), (f"liveness#{S1}", None, "CREATED")]
    assert desk.vendor.asked == [CreateVendorSession("token-1")]
    assert desk.times_left_s == [TIME_LEFT_S]


@pytest.mark.parametrize("token", ["token-1", "token-2"])
def test_starting_again_gives_the_open_session(desk: Desk, token: str) -> None:
    """A fan has at most one open session: starting again gives it, and asks no vendor."""
    desk.start()
    desk.clock.now = NOW + timedelta(seconds=179)
    assert desk.start(token=token) == CREATED
    assert desk.vendor.asked == [CreateVendorSession("token-1")]


def test_fans_have_sessions_of_their_own(desk: Desk) -> None:
    """One fan's open session is not another's, and cannot be asked for by another."""
    desk.start()
    assert desk.start(globalUserId="user124", token="token-2") == with_data(sessionId=S2)
    missing = {"error": {"code": 404, "message": "No such liveness session"}}
    assert desk.result(S1, "user124") == missing
    assert desk.result(S2, "user123") == missing


def test_a_session_expires(desk: Desk) -> None:
    """After three minutes the same request is told so, and another starts the next session."""
    desk.start()
    desk.clock.now = NOW + timedelta(minutes=3)
    assert desk.start() == with_data(status="EXPIRED")
    assert desk.start(token="token-2") == with_data(
        sessionId=S2, createdAt="2026-11-01T08:03:00Z", expiresAt="2026-11-01T08:06:00Z"
    )
    assert desk.stored() == [
        ("liveness", S2, None),
        *sorted([(f"liveness#{S1}", None, "CREATED"), (f"liveness#{S2}", None, "CREATED")]),
    ]


def test_an_expired_session_is_finished_without_the_vendor(desk: Desk) -> None:
    """The result of an expired session is stored once; the vendor is not asked."""
    desk.start()
    desk.clock.now = NOW + timedelta(minutes=3)
    expired = with_data(status="EXPIRED")
    assert [desk.result(), desk.result(), desk.start()] == [expired] * 3
    assert desk.stored() == [("liveness", S1, None), (f"liveness#{S1}", None, "EXPIRED")]
    assert desk.vendor.asked == [CreateVendorSession("token-1")]


def test_a_finished_session_is_never_asked_again(desk: Desk) -> None:
    """The verdict is stored; whoever asks later gets it, and the vendor is asked once."""
    desk.start()
    judged = with_data(status="SUCCEEDED", confidence=99.1)
    assert [desk.result(), desk.result()] == [judged] * 2
    desk.clock.now = NOW + timedelta(days=1)
    assert [desk.result(), desk.start()] == [judged] * 2
    assert desk.vendor.asked == [CreateVendorSession("token-1"), VendorSessionResult(S1)]


@pytest.mark.parametrize("status", [LivenessStatus.CREATED, LivenessStatus.IN_PROGRESS])
def test_an_unfinished_session_is_asked_for_again(desk: Desk, status: LivenessStatus) -> None:
    """While the vendor has no verdict, each result is the vendor's, and stays unwritten."""
    desk.vendor = Vendor(StandInVendor({S1: LivenessVerdict(status)}))
    desk.start()
    assert [desk.result(), desk.result()] == [with_data(status=status.value)] * 2
    assert desk.vendor.asked[1:] == [VendorSessionResult(S1)] * 2
    assert desk.stored() == [("liveness", S1, None), (f"liveness#{S1}", None, "CREATED")]


def test_an_older_request_gets_its_session(desk: Desk) -> None:
    """A request gets its session again even after the fan's next one has finished."""
    desk.start()
    first = desk.result()
    desk.start(token="token-2")
    desk.result(S2)
    assert desk.start() == first
    assert desk.stored()[0] == ("liveness", S2, None)


@pytest.mark.parametrize("tokens", [("token-1", "token-2"), ("token-1", "token-1")])
@pytest.mark.parametrize("attempt", range(5))
def test_two_starts_race(tmp_path: Path, tokens: tuple[str, str], attempt: int) -> None:
    """Of two starts at the same time, one stores its session, and both are given that one."""
    with desk_on(str(tmp_path / f"{attempt}.db")) as desk:
        # Both have seen that there is no session before either stores its own.
        desk.vendor.together = Barrier(2)
        with ThreadPoolExecutor(2) as fans:
            first, second = fans.map(lambda token: desk.start(token=token), tokens)
        session_id = data(first)["sessionId"]
        assert first == second == with_data(sessionId=session_id)
        assert desk.stored() == [
            ("liveness", session_id, None),
            (f"liveness#{session_id}", None, "CREATED"),
        ]
        assert sorted(map(repr, desk.vendor.asked)) == sorted(
            repr(CreateVendorSession(token)) for token in tokens
        )


def test_many_starts_race(tmp_path: Path) -> None:
    """However many requests race, the fan has one open session, and all are given it."""
    with desk_on(str(tmp_path / "fans.db")) as desk, ThreadPoolExecutor(8) as fans:
        tokens = [f"token-{number % 16}" for number in range(32)]
        responses = list(fans.map(lambda token: desk.start(token=token), tokens))
        assert len({str(data(response)["sessionId"]) for response in responses}) == 1
        assert len(desk.stored()) == 2


def error(code: int, message: str) -> Mapping[str, object]:
    """Make the response of an error."""
    return {"error": {"code": code, "message": message}}


NO_PAYLOAD = error(400, "payload: expected operation and arguments, and nothing else")


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "startSession",
        {},
        {"operation": "startSession"},
        {"operation": 7, "arguments": START},
        {"operation": "startSession", "arguments": [START]},
        {"operation": "startSession", "arguments": START, "extra": None},
    ],
)
def test_bad_payloads(desk: Desk, payload: object) -> None:
    """What is no call of a proxy is 400, before anything is asked."""
    assert desk.ask(payload) == NO_PAYLOAD
    assert (desk.times_left_s, desk.reports) == ([], [])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"globalUserId": "a\nb"}, "arguments.globalUserId: expected 1 to 128 characters"),
        ({"globalUserId": None}, "arguments.globalUserId: expected 1 to 128 characters"),
        ({"token": 7}, "arguments.token: "),
        ({"token": "a b"}, "arguments.token: expected 1 to 64 of the characters"),
        ({"score": "72"}, "arguments.score: expected a number"),
        ({"score": float("nan")}, "$: NaN is not JSON"),
        ({"armScore": True}, "arguments.armScore: expected a number"),
        ({"eventId": "e"}, "arguments: unknown key 'eventId'"),
    ],
)
def test_bad_arguments(desk: Desk, changes: Mapping[str, object], message: str) -> None:
    """A bad argument is 400 with its path; nothing is coerced, nothing is asked."""
    response = cast("Mapping[str, Mapping[str, object]]", desk.start(**changes))
    assert response["error"]["code"] == 400
    assert str(response["error"]["message"]).startswith(message)
    assert (desk.times_left_s, desk.reports) == ([], [])


def test_missing_arguments(desk: Desk) -> None:
    """An argument that is missing is named."""
    payload = {"operation": "sessionResult", "arguments": {"globalUserId": "user123"}}
    assert desk.ask(payload) == error(400, "arguments.sessionId: required")


def test_unknown_operations(desk: Desk) -> None:
    """An operation that there is not is 400, and what was typed is not repeated."""
    payload = {"operation": "deleteSession", "arguments": START}
    assert desk.ask(payload) == error(400, "operation: expected sessionResult or startSession")


@pytest.mark.parametrize(
    ("outage", "response"),
    [
        (
            Unavailable("rekognition", "a vendor's text"),
            error(503, "rekognition is unavailable"),
        ),
        (
            DeadlineExceeded("rekognition"),
            error(504, "Out of time while waiting for rekognition"),
        ),
    ],
)
def test_the_vendor_is_out_of_order(
    desk: Desk, outage: Exception, response: Mapping[str, object]
) -> None:
    """Where the vendor gives no answer, the caller learns that much, and nothing is stored."""
    desk.vendor.outage = outage
    assert desk.start() == response
    assert (desk.stored(), desk.reports) == ([], [])
    desk.vendor.outage = None
    assert desk.start() == CREATED
    desk.vendor.outage = outage
    assert desk.result() == response


def test_the_store_is_malformed(desk: Desk) -> None:
    """A malformed item is an unavailable table, and no reason for a second session."""
    desk.start()
    item = {"PK": "fan:user123", "SK": f"liveness#{S1}", "status": "DONE"}
    desk.tables.put(VERIFICATION, item)
    unavailable = error(503, "verification_table is unavailable")
    assert [desk.start(), desk.result()] == [unavailable] * 2


def test_others_are_always_faster(desk: Desk) -> None:
    """A session that cannot be stored in time is a conflict."""
    desk.changed = Rivals()
    assert desk.start() == error(409, "Others kept changing this")


class Rivals:
    """A source where other requests have always stored a session before, and finished it."""

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question)) for ask in asks]

    def _answer(self, question: object) -> object:
        match question:
            case CreateVendorSession():
                return S1
            case LastLivenessSession():
                return S2
            case StoredLivenessSession(session_id=session_id) if session_id == S2:
                return new_session(S2, "token-2", NOW - timedelta(hours=1))
            case PutLivenessSession():
                return False
            case _:
                return None


def test_unforeseen_errors_are_reported(desk: Desk) -> None:
    """What nobody foresaw is 500 with the id of its report; its text stays in the house."""
    bug = ValueError("user123 said something")
    desk.changed = Faulty(bug)
    assert desk.start() == error(500, "Internal error, id report-0")
    [reported] = desk.reports
    assert reported.__cause__ is bug


def test_a_payload_that_is_no_json(desk: Desk) -> None:
    """Even what Lambda never passes is answered, and reported."""
    assert desk.ask({"operation": {1}}) == error(500, "Internal error, id report-0")


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        ("startSession", {}),
        ("startSession", {"globalUserId": "canary#1"}),
        ("startSession", {"token": "canary 2"}),
        ("startSession", {"score": "canary"}),
        ("canary", {}),
    ],
)
def test_nothing_of_a_fan_is_repeated(
    desk: Desk, caplog: pytest.LogCaptureFixture, operation: str, changes: Mapping[str, object]
) -> None:
    """What a fan is or said stands neither in an error nor in the log, whatever goes wrong."""
    desk.changed = Faulty(ValueError("canary"))
    arguments = {**START, "globalUserId": "canary", **changes}
    app = attrs.evolve(desk.app, report=report)
    response = app.answer({"operation": operation, "arguments": arguments}, TIME_LEFT_S)
    assert list(response) == ["error"]
    assert "canary" not in f"{response} {caplog.text}"


def test_check_liveness_with_the_function_behind(desk: Desk) -> None:
    """The fields of the API work through the function: started, judged once, then read."""
    fan, request = GlobalUserId("user123"), RequestId("request-1")
    function = IdvFunction(lambda payload: desk.app.answer(payload, TIME_LEFT_S))
    source = desk.sources(function, StandIns(Sample({}, {})))
    start = CheckLivenessArgs(fan, request)
    started, again = (run(check_liveness, start, source).result() for _ in range(2))
    assert started == again == new_session(started.session_id, "token", NOW).session
    look = LivenessSessionArgs(fan, started.session_id)
    judged = [run(liveness_session, look, source).result() for _ in range(3)]
    assert judged == [started.judged(ALIVE)] * 3
    assert [type(each) for each in desk.vendor.asked] == [CreateVendorSession, VendorSessionResult]
    missing = LivenessSessionArgs(GlobalUserId("user124"), started.session_id)
    assert str(run(liveness_session, missing, source).error) == "No such liveness session"

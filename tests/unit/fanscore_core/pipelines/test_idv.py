from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs
import pytest

from fanscore_core.engine.question import Answered, Ask
from fanscore_core.engine.rounds import run
from fanscore_core.engine.steps import Step
from fanscore_core.errors import Unavailable, UnknownQuestion
from fanscore_core.ids import GlobalUserId, SessionId
from fanscore_core.liveness import (
    LivenessSession,
    LivenessStatus,
    LivenessVerdict,
    StartedSession,
    new_session,
)
from fanscore_core.pipelines.idv import (
    MAX_ATTEMPTS,
    SessionResultArgs,
    StartSessionArgs,
    session_result,
    start_session,
)
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
from fanscore_core.ports.verification import (
    FinishLivenessSession,
    LastLivenessSession,
    PutLivenessSession,
    StoredLivenessSession,
)
from tests.declarations import undeclared_use

FAN = GlobalUserId("user123")
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
END = NOW + timedelta(minutes=3)
LATER = NOW + timedelta(minutes=2)

CREATED = LivenessStatus.CREATED
SUCCEEDED = LivenessStatus.SUCCEEDED
EXPIRED = LivenessStatus.EXPIRED

TOKEN = "token-1"
S1, S2 = SessionId("session-of-token-1"), SessionId("session-of-token-2")
FIRST = new_session(S1, TOKEN, NOW)
SECOND = new_session(S2, "token-2", NOW)

ALIVE = LivenessVerdict(SUCCEEDED, Decimal("99.1"))


def with_status(started: StartedSession, status: LivenessStatus) -> StartedSession:
    """Give a session another status."""
    return attrs.evolve(started, session=attrs.evolve(started.session, status=status))


@attrs.define
class World:
    """A store of one fan's sessions and a vendor, as a source that notes what it is asked.

    Attributes:
        sessions: what is stored.
        last: the fan's last session.
        verdict: what the vendor says of any session.
        rivals: what other requests do, one just before each write.
        asked: what was asked, in order, but for reads of the store.
    """

    sessions: dict[SessionId, StartedSession] = attrs.field(factory=dict)
    last: SessionId | None = None
    verdict: LivenessVerdict | Exception = ALIVE
    rivals: list[Callable[[], None]] = attrs.field(factory=list)
    asked: list[object] = attrs.field(factory=list)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question), "world") for ask in asks]

    def store(self, started: StartedSession) -> None:
        """Store a session as the fan's last one."""
        self.sessions[started.session.session_id] = started
        self.last = started.session.session_id

    def _answer(self, question: object) -> object:
        match question:
            case LastLivenessSession():
                return self.last
            case StoredLivenessSession():
                return self.sessions.get(question.session_id)
            case CreateVendorSession() | VendorSessionResult():
                self.asked.append(question)
                return self._ask_vendor(question)
            case PutLivenessSession() | FinishLivenessSession():
                self.asked.append(question)
                return self._write(question)
            case _:
                return UnknownQuestion()

    def _ask_vendor(self, question: CreateVendorSession | VendorSessionResult) -> object:
        if isinstance(question, VendorSessionResult) or isinstance(self.verdict, Exception):
            return self.verdict
        return f"session-of-{question.token}"

    def _write(self, effect: PutLivenessSession | FinishLivenessSession) -> object:
        if self.rivals:
            self.rivals.pop(0)()
        if isinstance(effect, PutLivenessSession):
            return self._put(effect)
        return self._finish(effect)

    def _put(self, put: PutLivenessSession) -> bool:
        if put.started.session.session_id in self.sessions or self.last != put.replaces:
            return False
        self.store(put.started)
        return True

    def _finish(self, finish: FinishLivenessSession) -> LivenessSession | None:
        stored = self.sessions.get(finish.finished.session.session_id)
        if stored and stored.session.status is finish.expected:
            stored = self.sessions[stored.session.session_id] = finish.finished
        return stored.session if stored else None


def world(*stored: StartedSession, verdict: LivenessVerdict | Exception = ALIVE) -> World:
    """Make a world where some sessions have been stored, one after the other."""
    made = World(verdict=verdict)
    for started in stored:
        made.store(started)
    return made


def start(source: World, token: str = TOKEN, now: datetime = NOW) -> object:
    """Start a session: give it, or the sentence of the error."""
    outcome = run(start_session, StartSessionArgs(FAN, token, now), source)
    return outcome.value if outcome.error is None else str(outcome.error)


def result(source: World, session_id: SessionId = S1, now: datetime = LATER) -> object:
    """Ask for a session's result: give it, or the sentence of the error."""
    outcome = run(session_result, SessionResultArgs(FAN, session_id, now), source)
    return outcome.value if outcome.error is None else str(outcome.error)


@pytest.mark.parametrize(
    "each", [*start_session.steps, *session_result.steps], ids=lambda each: each.name
)
def test_steps_declare_what_they_use(each: Step[object, object, object]) -> None:
    """Every step reads and writes exactly what it declares."""
    assert undeclared_use(each) == ()


def test_a_first_session() -> None:
    """Without a session, the vendor creates one, and it is stored as the fan's last."""
    source = world()
    assert start(source) == LivenessSession(S1, CREATED, NOW, END)
    assert source.asked == [
        CreateVendorSession("token-1"),
        PutLivenessSession(FAN, FIRST, None, 0),
    ]
    assert (source.last, source.sessions) == (S1, {S1: FIRST})


@pytest.mark.parametrize("status", [CREATED, LivenessStatus.IN_PROGRESS])
@pytest.mark.parametrize("token", ["token-1", "token-2"])
def test_an_open_session_is_given_again(status: LivenessStatus, token: str) -> None:
    """While a session is open, starting gives that one, whoever's request started it."""
    started = with_status(FIRST, status)
    source = world(started)
    assert start(source, token, END - timedelta(microseconds=1)) == started.session
    assert source.asked == []


@pytest.mark.parametrize("status", [SUCCEEDED, LivenessStatus.FAILED, EXPIRED])
def test_a_repeated_request_gets_its_finished_session(status: LivenessStatus) -> None:
    """A request that is repeated after its session finished gets that session, and no new one."""
    started = with_status(FIRST, status)
    source = world(started)
    assert start(source, "token-1", END) == started.session
    assert source.asked == []


def test_a_repeated_request_gets_its_expired_session() -> None:
    """A request that is repeated after its session expired is told so."""
    source = world(FIRST)
    assert start(source, "token-1", END) == attrs.evolve(FIRST.session, status=EXPIRED)
    assert source.asked == []


@pytest.mark.parametrize("status", [CREATED, SUCCEEDED, LivenessStatus.FAILED, EXPIRED])
def test_another_request_starts_the_next_session(status: LivenessStatus) -> None:
    """After a session finished or expired, another request starts the next one."""
    started = with_status(FIRST, status)
    source = world(started)
    second = new_session(S2, "token-2", END)
    assert start(source, "token-2", END) == second.session
    assert source.asked == [
        CreateVendorSession("token-2"),
        PutLivenessSession(FAN, second, S1, 0),
    ]
    assert (source.last, source.sessions) == (S2, {S1: started, S2: second})


def test_a_session_that_is_there_no_more() -> None:
    """Where the last session has vanished from the store, the next one is started."""
    source = World(last=S2)
    assert start(source) == FIRST.session
    assert (source.last, source.sessions) == (S1, {S1: FIRST})


@pytest.mark.parametrize("status", [SUCCEEDED, CREATED])
def test_an_older_request_is_repeated(status: LivenessStatus) -> None:
    """A request gets its own session again even if the fan has had another since."""
    first, second = with_status(FIRST, status), with_status(SECOND, SUCCEEDED)
    source = world(first, second)
    assert start(source, "token-1", END) == first.session.at(END)
    assert (source.last, source.sessions) == (S2, {S1: first, S2: second})


def test_another_request_is_faster() -> None:
    """Where another request stored its session first, that one is given, and ours is dropped."""
    source = world()
    source.rivals = [lambda: source.store(SECOND)]
    assert start(source) == SECOND.session
    assert (source.last, source.sessions) == (S2, {S2: SECOND})


def test_the_same_request_is_faster() -> None:
    """Where the same request stored its session first, that very session is given."""
    source = world()
    finished = with_status(FIRST, SUCCEEDED)
    source.rivals = [lambda: source.store(finished)]
    assert start(source) == finished.session
    assert source.sessions == {S1: finished}


def test_a_rival_session_that_is_over() -> None:
    """Where another session came and finished in between, ours takes its place."""
    source = world()
    finished = with_status(SECOND, SUCCEEDED)
    source.rivals = [lambda: source.store(finished)]
    assert start(source) == FIRST.session
    assert source.asked == [
        CreateVendorSession("token-1"),
        PutLivenessSession(FAN, FIRST, None, 0),
        PutLivenessSession(FAN, FIRST, S2, 1),
    ]
    assert (source.last, source.sessions) == (S1, {S2: finished, S1: FIRST})


def test_others_are_always_faster() -> None:
    """A session that cannot be stored is a conflict after a bounded number of attempts."""
    source = world()

    def rival(number: int) -> Callable[[], None]:
        session_id = SessionId(f"rival-{number}")
        finished = with_status(new_session(session_id, f"rival-{number}", NOW), SUCCEEDED)
        return lambda: source.store(finished)

    source.rivals = [rival(number) for number in range(2 * MAX_ATTEMPTS)]
    assert start(source) == "Others kept changing this"
    puts = [each for each in source.asked if isinstance(each, PutLivenessSession)]
    assert [put.attempt for put in puts] == list(range(MAX_ATTEMPTS))
    assert S1 not in source.sessions


def test_the_vendor_creates_no_session() -> None:
    """Where the vendor is unavailable, so is the start, and nothing is stored."""
    source = world(verdict=Unavailable("rekognition"))
    assert start(source) == "rekognition is unavailable"
    assert (source.last, source.sessions) == (None, {})


def test_no_such_session() -> None:
    """A session that the fan does not have is not found, and the vendor is not asked."""
    source = world(FIRST)
    assert result(source, S2) == "No such liveness session"
    assert source.asked == []


@pytest.mark.parametrize("status", [CREATED, LivenessStatus.IN_PROGRESS])
def test_a_session_goes_on(status: LivenessStatus) -> None:
    """While the vendor has no verdict, its status is given and nothing is written."""
    source = world(FIRST, verdict=LivenessVerdict(status))
    assert result(source) == with_status(FIRST, status).session
    assert source.asked == [VendorSessionResult(S1)]


@pytest.mark.parametrize(
    "verdict",
    [ALIVE, LivenessVerdict(LivenessStatus.FAILED), LivenessVerdict(EXPIRED)],
    ids=lambda verdict: verdict.status.name,
)
def test_the_verdict_is_written_once(verdict: LivenessVerdict) -> None:
    """The vendor's verdict is stored; from then on neither the vendor nor a write is asked for."""
    source = world(FIRST, verdict=verdict)
    session = LivenessSession(S1, verdict.status, NOW, END, verdict.confidence)
    finished = StartedSession(session, "token-1")
    assert [result(source), result(source), result(source, now=END)] == [session] * 3
    assert source.asked == [
        VendorSessionResult(S1),
        FinishLivenessSession(FAN, finished, CREATED),
    ]
    assert source.sessions == {S1: finished}


def test_expiry_is_written_once() -> None:
    """A session that was not finished in time is stored as expired, without asking the vendor."""
    source = world(FIRST)
    expired = with_status(FIRST, EXPIRED)
    assert [result(source, now=END), result(source, now=END)] == [expired.session] * 2
    assert source.asked == [FinishLivenessSession(FAN, expired, CREATED)]
    assert source.sessions == {S1: expired}


def test_the_last_moment() -> None:
    """Until its last moment, a session can get a verdict."""
    source = world(FIRST)
    verdict = attrs.evolve(FIRST.session, status=SUCCEEDED, confidence=Decimal("99.1"))
    assert result(source, now=END - timedelta(microseconds=1)) == verdict


def test_another_verdict_is_faster() -> None:
    """Where others stored a final status first, that one holds."""
    source = world(FIRST)
    expired = with_status(FIRST, EXPIRED)
    source.rivals = [lambda: source.store(expired)]
    assert result(source) == expired.session
    assert source.sessions == {S1: expired}


def test_a_session_vanishes() -> None:
    """A session that is deleted while the vendor is asked is not found."""
    source = world(FIRST)
    source.rivals = [source.sessions.clear]
    assert result(source) == "No such liveness session"
    assert source.sessions == {}


def test_the_vendor_gives_no_verdict() -> None:
    """Where the vendor is unavailable, so is the result, and nothing is written."""
    source = world(FIRST, verdict=Unavailable("rekognition"))
    assert result(source) == "rekognition is unavailable"
    assert source.asked == [VendorSessionResult(S1)]


def test_a_session_of_a_clock_that_was_ahead_is_replaced() -> None:
    """Once the clock is right again, another request gets a session that can be finished."""
    ahead = new_session(S1, TOKEN, NOW + timedelta(days=1))
    made = world(ahead)
    assert start(made, "token-2") == SECOND.session
    assert made.last == S2
    assert start(made, "token-2") == SECOND.session
    assert result(made, S1, NOW) == attrs.evolve(ahead.session, status=EXPIRED)

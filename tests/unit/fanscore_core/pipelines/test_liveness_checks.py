from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

import attrs
import pytest

from fanscore_core.canonical import stable_id
from fanscore_core.engine.question import Question
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.rounds import run
from fanscore_core.engine.steps import Step
from fanscore_core.engine.stubs import Answers
from fanscore_core.errors import DeadlineExceeded, NotFound, Unavailable
from fanscore_core.findings import StoredScore
from fanscore_core.ids import EventId, GlobalUserId, MemberId, RequestId, SessionId
from fanscore_core.liveness import LivenessSession, LivenessStatus, StartedSession, new_session
from fanscore_core.pipelines.liveness_checks import (
    CheckLivenessArgs,
    LivenessSessionArgs,
    check_liveness,
    liveness_session,
)
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.fan_identity import FanIdentity, Identity
from fanscore_core.ports.idv_check_liveness import LivenessResult, StartLivenessSession
from fanscore_core.ports.verification import StoredLivenessSession
from tests.declarations import undeclared_use

FAN = GlobalUserId("user123")
EVENT = EventId("evt456")
REQUEST = RequestId("request-1")
TOKEN = stable_id("checkLiveness", FAN, REQUEST)
SESSION = SessionId("session-1")

STARTED = new_session(SESSION, TOKEN, datetime(2026, 11, 1, 8, tzinfo=UTC))
OPEN = STARTED.session

GET_IDENTITY = "getAccountFanscoreGlobalUserId"
NO_TABLE = Unavailable("fan_identity_table")
NO_ARM = Unavailable("arm_scoring")
NO_IDV = Unavailable("idv_check_liveness")


def recording(answers: Mapping[object, object]) -> Recording:
    """Make a source that gives these answers and notes what it is asked."""
    return Recording(Answers(*cast("Mapping[Question[object], object]", answers).items()))


def asked(source: Recording) -> list[object]:
    """Give what was asked, in order."""
    return [question for question, _ in source.kept]


@pytest.mark.parametrize(
    "each", [*check_liveness.steps, *liveness_session.steps], ids=lambda each: each.name
)
def test_steps_declare_what_they_use(each: Step[object, object, object]) -> None:
    """Every step reads and writes exactly what it declares."""
    assert undeclared_use(each) == ()


def test_the_steps_of_the_users_document() -> None:
    """The steps are those of the user's document, in its order."""
    names = [each.name for each in check_liveness.steps]
    assert names == [GET_IDENTITY, "getArmScore", "checkLiveness"]


IDENTITIES = [
    (Identity(MemberId("m"), StoredScore(Decimal("72.5"), Decimal(70))), Decimal("72.5")),
    (Identity(MemberId("m")), None),
    (None, None),
    (NO_TABLE, None),
]
ARM_SCORES = [(Decimal("4.5"), Decimal("4.5")), (None, None), (NO_ARM, None)]


@pytest.mark.parametrize(("identity", "score"), IDENTITIES)
@pytest.mark.parametrize(("arm", "arm_score"), ARM_SCORES)
@pytest.mark.parametrize("event", [EVENT, None])
def test_what_is_known_is_passed_on(
    identity: object,
    score: Decimal | None,
    arm: object,
    arm_score: Decimal | None,
    event: EventId | None,
) -> None:
    """Of the fan is told what is known; what cannot be had is left out, and the check goes on."""
    call = StartLivenessSession(FAN, TOKEN, score, arm_score)
    source = recording({FanIdentity(FAN): identity, ArmScore(FAN, event): arm, call: OPEN})
    outcome = run(check_liveness, CheckLivenessArgs(FAN, REQUEST, event), source)
    assert outcome.result() == OPEN
    assert [each.error for each in outcome.warnings] == [
        each for each in (identity, arm) if isinstance(each, Unavailable)
    ]
    assert asked(source) == [FanIdentity(FAN), ArmScore(FAN, event), call]
    assert [each.round for each in outcome.trace.asked] == [0, 0, 1]


def test_the_token_is_of_fan_and_request() -> None:
    """Every attempt at one request has one token, which no other fan or request has."""

    def token(fan: GlobalUserId, request_id: RequestId) -> str:
        source = recording({FanIdentity(fan): None, ArmScore(fan): None})
        run(check_liveness, CheckLivenessArgs(fan, request_id), source)
        call = asked(source)[-1]
        assert isinstance(call, StartLivenessSession)
        return call.token

    other_fan, other_request = GlobalUserId("user124"), RequestId("request-2")
    assert token(FAN, REQUEST) == token(FAN, REQUEST) == TOKEN
    assert len({TOKEN, token(other_fan, REQUEST), token(FAN, other_request)}) == 3


@pytest.mark.parametrize("error", [NO_IDV, DeadlineExceeded("idv_check_liveness")])
def test_no_session_without_idv(error: Exception) -> None:
    """The third step does not degrade: without the function there is no session."""
    call = StartLivenessSession(FAN, TOKEN)
    source = recording({FanIdentity(FAN): None, ArmScore(FAN): None, call: error})
    outcome = run(check_liveness, CheckLivenessArgs(FAN, REQUEST), source)
    assert outcome.error == error


@pytest.mark.parametrize(
    "question", [FanIdentity(FAN), ArmScore(FAN)], ids=["getFanIdentity", "getArmScore"]
)
def test_nobody_degrades_when_time_is_up(question: object) -> None:
    """Out of time, no session is started."""
    late = DeadlineExceeded("a system")
    source = recording({FanIdentity(FAN): None, ArmScore(FAN): None, question: late})
    outcome = run(check_liveness, CheckLivenessArgs(FAN, REQUEST), source)
    assert outcome.error == late
    assert asked(source) == [FanIdentity(FAN), ArmScore(FAN)]


def look(stored: StartedSession | None, answer: object = None) -> tuple[object, list[object]]:
    """Look at a session: give it, or the error's sentence, and what was asked."""
    stored_session = StoredLivenessSession(FAN, SESSION)
    source = recording({stored_session: stored, LivenessResult(FAN, SESSION): answer})
    outcome = run(liveness_session, LivenessSessionArgs(FAN, SESSION), source)
    assert asked(source)[0] == stored_session
    seen = outcome.value if outcome.error is None else str(outcome.error)
    return seen, asked(source)[1:]


def test_no_such_session() -> None:
    """A session that the caller does not have is not found, another fan's included."""
    assert look(None) == ("No such liveness session", [])


@pytest.mark.parametrize(
    "status", [LivenessStatus.SUCCEEDED, LivenessStatus.FAILED, LivenessStatus.EXPIRED]
)
def test_a_finished_session_is_never_asked_again(status: LivenessStatus) -> None:
    """A final status is given as it is stored."""
    session = attrs.evolve(OPEN, status=status)
    assert look(StartedSession(session, TOKEN)) == (session, [])


@pytest.mark.parametrize("status", [LivenessStatus.CREATED, LivenessStatus.IN_PROGRESS])
@pytest.mark.parametrize(
    "answer",
    [
        attrs.evolve(OPEN, status=LivenessStatus.SUCCEEDED, confidence=Decimal("99.1")),
        attrs.evolve(OPEN, status=LivenessStatus.IN_PROGRESS),
        NO_IDV,
        NotFound("liveness session"),
    ],
    ids=["SUCCEEDED", "IN_PROGRESS", "unavailable", "not found"],
)
def test_an_unfinished_session_is_asked_for(
    status: LivenessStatus, answer: LivenessSession | Exception
) -> None:
    """While a session is unfinished, the function says how far it has come."""
    stored = StartedSession(attrs.evolve(OPEN, status=status), TOKEN)
    seen = str(answer) if isinstance(answer, Exception) else answer
    assert look(stored, answer) == (seen, [LivenessResult(FAN, SESSION)])

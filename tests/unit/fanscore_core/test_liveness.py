from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs
import pytest

from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.ids import GlobalUserId, SessionId
from fanscore_core.liveness import (
    LivenessSession,
    LivenessStatus,
    LivenessVerdict,
    StartedSession,
    new_session,
)
from fanscore_core.ports.idv_check_liveness import StartLivenessSession
from fanscore_core.ports.liveness_vendor import CreateVendorSession

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
END = NOW + timedelta(minutes=3)
ALMOST = END - timedelta(microseconds=1)

NEW = new_session(SessionId("s-1"), "token-1", NOW).session


def test_a_new_session() -> None:
    """A new session is created now, and lasts three minutes."""
    session = LivenessSession(SessionId("s-1"), LivenessStatus.CREATED, NOW, END)
    assert new_session(SessionId("s-1"), "token-1", NOW) == StartedSession(session, "token-1")


@pytest.mark.parametrize("status", LivenessStatus)
def test_what_is_finished(status: LivenessStatus) -> None:
    """A session is finished by a verdict or by expiring, and by nothing else."""
    unfinished = {LivenessStatus.CREATED, LivenessStatus.IN_PROGRESS}
    session = attrs.evolve(NEW, status=status)
    assert session.is_finished == (status not in unfinished)
    assert session.is_open(ALMOST) == (status in unfinished)
    assert not session.is_open(END)


@pytest.mark.parametrize("status", [LivenessStatus.CREATED, LivenessStatus.IN_PROGRESS])
def test_an_unfinished_session_expires(status: LivenessStatus) -> None:
    """An unfinished session is expired from the moment on that it ends, and not before."""
    session = attrs.evolve(NEW, status=status)
    assert session.at(ALMOST) == session
    assert session.at(END) == attrs.evolve(NEW, status=LivenessStatus.EXPIRED)


@pytest.mark.parametrize(
    ("ahead", "is_open"),
    [
        (timedelta(minutes=1), True),
        (timedelta(minutes=1, microseconds=1), False),
        (timedelta(days=1), False),
    ],
)
def test_a_session_of_a_clock_that_was_ahead(ahead: timedelta, is_open: bool) -> None:
    """A session that ends later than sessions live, by more than clocks differ, is over."""
    session = new_session(SessionId("s-1"), "token-1", NOW + ahead).session
    assert session.is_open(NOW) == is_open
    expired = attrs.evolve(session, status=LivenessStatus.EXPIRED)
    assert session.at(NOW) == (session if is_open else expired)


@pytest.mark.parametrize("status", [LivenessStatus.SUCCEEDED, LivenessStatus.FAILED])
def test_a_finished_session_stays_so(status: LivenessStatus) -> None:
    """A verdict outlasts the session's end."""
    session = NEW.judged(LivenessVerdict(status, Decimal(7)))
    assert session == attrs.evolve(NEW, status=status, confidence=Decimal(7))
    assert session.at(END) == session


@pytest.mark.parametrize("confidence", [None, Decimal(0), Decimal("99.1"), Decimal(100)])
def test_confidences(confidence: Decimal | None) -> None:
    """A confidence is a number from 0 to 100, or not known."""
    verdict = LivenessVerdict(LivenessStatus.SUCCEEDED, confidence)
    assert NEW.judged(verdict).confidence == confidence


@pytest.mark.parametrize("number", ["-0.1", "100.1", "NaN", "sNaN", "Infinity"])
def test_confidences_out_of_range(number: str) -> None:
    """Any other confidence is refused, in a verdict and in a session."""
    problem = r"^confidence: expected a number from 0 to 100$"
    with pytest.raises(InvalidInput, match=problem):
        LivenessVerdict(LivenessStatus.FAILED, Decimal(number))
    with pytest.raises(InvalidInput, match=problem):
        attrs.evolve(NEW, confidence=Decimal(number))


def test_a_session_has_an_id() -> None:
    """What the vendor calls a session must be an id, since it stands in a key."""
    with pytest.raises(InvalidId, match=r"^session_id: "):
        new_session(SessionId("a\nb"), "token-1", NOW)


@pytest.mark.parametrize("token", ["", "a" * 65, "a b", "a.b", "a\n", 7])
def test_bad_tokens(token: str) -> None:
    """A token is what Rekognition takes for one, and is refused before anybody is asked."""
    problem = r"^token: expected 1 to 64 of the characters A-Z a-z 0-9 _ -$"
    with pytest.raises(InvalidInput, match=problem):
        CreateVendorSession(token)
    with pytest.raises(InvalidInput, match=problem):
        StartLivenessSession(GlobalUserId("user123"), token)


@pytest.mark.parametrize("token", ["a", "aZ_-9", "a" * 64])
def test_good_tokens(token: str) -> None:
    """A token is passed on as it is."""
    assert CreateVendorSession(token).token == token

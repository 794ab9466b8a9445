"""Liveness sessions: a fan shows their face, a vendor says whether it is alive."""

from __future__ import annotations

import enum
import re
from datetime import datetime, timedelta
from decimal import Decimal

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.ids import SessionId, valid_id

SESSION = "liveness session"
"""What ``NotFound`` calls it."""

SESSION_LIFETIME = timedelta(minutes=3)
"""From then on Rekognition gives nothing of a session any more, its result included
(https://docs.aws.amazon.com/rekognition/latest/APIReference/API_CreateFaceLivenessSession.html).
"""

CLOCKS_DIFFER = timedelta(minutes=1)
"""How far apart the times of two calls may be: their clocks, and how long ago the slower began."""

MAX_CONFIDENCE = 100

TOKEN_RULE = "expected 1 to 64 of the characters A-Z a-z 0-9 _ -"  # noqa: S105  # no secret

_matches_token = re.compile(r"[A-Za-z0-9_\-]{1,64}").fullmatch


class LivenessStatus(enum.Enum):
    """How far a session has come."""

    CREATED = "CREATED"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


UNFINISHED = frozenset({LivenessStatus.CREATED, LivenessStatus.IN_PROGRESS})


def valid_token(_instance: object, field: attrs.Attribute[str], value: str) -> None:
    """Validate an attrs field that holds a token, as Rekognition takes it.

    Raises:
        InvalidInput: naming the field.
    """
    if type(value) is not str or not _matches_token(value):
        raise InvalidInput(field.name, TOKEN_RULE)


def _valid_confidence(
    _instance: object, field: attrs.Attribute[Decimal | None], value: Decimal | None
) -> None:
    if value is None:
        return
    if not value.is_finite() or not 0 <= value <= MAX_CONFIDENCE:
        raise InvalidInput(field.name, f"expected a number from 0 to {MAX_CONFIDENCE}")


@attrs.frozen
class LivenessVerdict:
    """What the vendor says of a session.

    Attributes:
        status: how far it has come.
        confidence: that the face is alive, 0 to 100; once there is a result.
    """

    status: LivenessStatus
    confidence: Decimal | None = attrs.field(default=None, validator=_valid_confidence)


@attrs.frozen
class LivenessSession:
    """A session, as the API gives it.

    Attributes:
        session_id: the vendor's.
        status: how far it has come.
        created_at: with offset.
        expires_at: with offset; from then on it cannot be finished.
        confidence: of the vendor in its verdict, 0 to 100.
    """

    session_id: SessionId = attrs.field(validator=valid_id)
    status: LivenessStatus
    created_at: datetime
    expires_at: datetime
    confidence: Decimal | None = attrs.field(default=None, validator=_valid_confidence)

    @property
    def is_finished(self) -> bool:
        """Whether its status is final."""
        return self.status not in UNFINISHED

    def is_open(self, now: datetime) -> bool:
        """Whether it is unfinished and can still be finished.

        One that ends later than a session lives was made by a clock that was ahead, and is not
        believed: the vendor has long ended it.
        """
        latest = now + SESSION_LIFETIME + CLOCKS_DIFFER
        return not self.is_finished and now < self.expires_at <= latest

    def at(self, now: datetime) -> LivenessSession:
        """Return it as it is at a time: expired, if it has not been finished by then."""
        if self.is_finished or self.is_open(now):
            return self
        return attrs.evolve(self, status=LivenessStatus.EXPIRED)

    def judged(self, verdict: LivenessVerdict) -> LivenessSession:
        """Return it with what the vendor says."""
        return attrs.evolve(self, status=verdict.status, confidence=verdict.confidence)


@attrs.frozen
class StartedSession:
    """A session as it is stored.

    Attributes:
        session: the session.
        token: of the request that started it; ``None`` where the store does not know.
    """

    session: LivenessSession
    token: str | None


def new_session(session_id: SessionId, token: str, now: datetime) -> StartedSession:
    """Make a session that has just been created."""
    created = LivenessStatus.CREATED
    return StartedSession(LivenessSession(session_id, created, now, now + SESSION_LIFETIME), token)

"""Questions and effects on ``idv_check_liveness``, the identity verification function."""

from __future__ import annotations

from decimal import Decimal

import attrs

from fanscore_core.engine.question import Effect, Query
from fanscore_core.ids import GlobalUserId, SessionId, valid_id
from fanscore_core.liveness import LivenessSession, valid_token


@attrs.frozen
class StartLivenessSession(Effect[LivenessSession]):
    """Start a session for a fan, or get the one that is open.

    Attributes:
        global_user_id: the fan.
        token: the same for every attempt at one request.
        score: the fan's score, if known.
        arm_score: the fan's ARM risk score, if known.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    token: str = attrs.field(validator=valid_token)
    score: Decimal | None = None
    arm_score: Decimal | None = None


@attrs.frozen
class LivenessResult(Query[LivenessSession]):
    """How far a session has come. Its absence is the error ``NotFound``."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    session_id: SessionId = attrs.field(validator=valid_id)

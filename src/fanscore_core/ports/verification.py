"""Questions and effects on ``verification_table``: liveness sessions."""

from __future__ import annotations

import attrs

from fanscore_core.engine.question import Effect, Query, exactly
from fanscore_core.ids import GlobalUserId, SessionId, valid_id, valid_optional_id
from fanscore_core.liveness import LivenessSession, LivenessStatus, StartedSession


@attrs.frozen
class StoredLivenessSession(Query[StartedSession | None]):
    """A session of a fan; ``None`` if the fan has none of this id. Strongly consistent."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    session_id: SessionId = attrs.field(validator=valid_id)


@attrs.frozen
class LastLivenessSession(Query[SessionId | None]):
    """The session that was started last for a fan, open or not. Strongly consistent."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)


@attrs.frozen
class PutLivenessSession(Effect[bool]):
    """Store a new session, as the fan's last one; both or nothing.

    The answer is whether it was stored: not if it is stored already, and not if the fan's last
    session is another than ``replaces``.

    Attributes:
        global_user_id: the fan.
        started: the session.
        replaces: the fan's last session as it was read; ``None`` if there was none.
        attempt: from 0; the adapter waits a little before any but the first.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    started: StartedSession
    replaces: SessionId | None = attrs.field(validator=valid_optional_id)
    attempt: int = attrs.field(validator=exactly(int))


@attrs.frozen
class FinishLivenessSession(Effect[LivenessSession | None]):
    """Store a session's final status, if the stored status still is what was read.

    The answer is what is stored then: this, or what others were faster to store; ``None`` if the
    session is there no more.

    Attributes:
        global_user_id: the fan.
        finished: the session, with its final status.
        expected: the status that was read.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    finished: StartedSession
    expected: LivenessStatus

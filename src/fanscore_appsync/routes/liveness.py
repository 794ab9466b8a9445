"""Liveness checks."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fanscore_appsync.fields import LOGIN, Field
from fanscore_core.ids import EventId, RequestId, SessionId
from fanscore_core.pipelines import liveness_checks


@attrs.frozen
class LivenessSessionArguments:
    """``VFApi.livenessSession``."""

    session_id: SessionId


@attrs.frozen
class LivenessInput:
    """``LivenessInput``."""

    event_id: EventId | None = None
    request_id: RequestId | None = None


@attrs.frozen
class CheckLivenessArguments:
    """``Mutation.checkLiveness``."""

    input: LivenessInput | None = None


ROWS: Mapping[str, Field] = {
    "VFApi.livenessSession": Field(
        LOGIN,
        LivenessSessionArguments,
        liveness_checks.liveness_session,
        lambda asked, call: liveness_checks.LivenessSessionArgs(call.user, asked.session_id),
    ),
    "Mutation.checkLiveness": Field(
        LOGIN,
        CheckLivenessArguments,
        liveness_checks.check_liveness,
        lambda asked, call: liveness_checks.CheckLivenessArgs(
            call.user, call.request_id, asked.input.event_id if asked.input else None
        ),
        request_id=lambda asked: asked.input.request_id if asked.input else None,
    ),
}

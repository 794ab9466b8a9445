"""Liveness checks, by the function of this system that verifies identities."""

from __future__ import annotations

from collections.abc import Sequence

from fanscore_adapters.documents.converter import StrictConverter, camel
from fanscore_adapters.documents.proxies import NOT_FOUND, ProxyCall
from fanscore_core.errors import NotFound
from fanscore_core.liveness import SESSION, LivenessSession
from fanscore_core.ports.idv_check_liveness import LivenessResult, StartLivenessSession
from fanscore_core.systems import IDV_CHECK_LIVENESS

_converter = StrictConverter(camel, forbid_extra_keys=False, numbers_as_ids=True)


def _session(data: object) -> LivenessSession:
    return _converter.structure(data, LivenessSession, "data")


ROWS: Sequence[ProxyCall] = (
    ProxyCall(
        StartLivenessSession,
        IDV_CHECK_LIVENESS,
        "startSession",
        lambda asked: {
            "globalUserId": asked.global_user_id,
            "score": asked.score,
            "armScore": asked.arm_score,
            "token": asked.token,
        },
        _session,
    ),
    ProxyCall(
        LivenessResult,
        IDV_CHECK_LIVENESS,
        "sessionResult",
        lambda asked: {
            "globalUserId": asked.global_user_id,
            "sessionId": asked.session_id,
        },
        _session,
        {NOT_FOUND: NotFound(SESSION)},
    ),
)

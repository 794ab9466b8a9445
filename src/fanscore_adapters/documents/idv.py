"""What the identity verification function is called with, and how its answers are read.

As for any Lambda proxy (docs/reference/services.md); but this function is part of this system.
"""

from __future__ import annotations

from fanscore_adapters.adapter import by_question
from fanscore_adapters.documents.converter import StrictConverter, camel
from fanscore_adapters.documents.proxies import NOT_FOUND, ProxyCall
from fanscore_core.errors import NotFound
from fanscore_core.liveness import SESSION, LivenessSession
from fanscore_core.ports.idv_check_liveness import LivenessResult, StartLivenessSession
from fanscore_core.systems import IDV_CHECK_LIVENESS

_converter = StrictConverter(camel, forbid_extra_keys=False, numbers_as_ids=True)


def _session(data: object) -> LivenessSession:
    return _converter.structure(data, LivenessSession, "data")


IDV_CALLS = by_question(
    (
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
)
"""The questions that the function answers."""

"""Questions and effects on the vendor of liveness checks, Amazon Rekognition.

Only the identity verification function asks these.
"""

from __future__ import annotations

import attrs

from fanscore_core.engine.question import Effect, Query
from fanscore_core.ids import SessionId, valid_id
from fanscore_core.liveness import LivenessVerdict, valid_token


@attrs.frozen
class CreateVendorSession(Effect[SessionId]):
    """Create a session.

    Attributes:
        token: the same token gives the same session, however often it is asked for.
    """

    token: str = attrs.field(validator=valid_token)


@attrs.frozen
class VendorSessionResult(Query[LivenessVerdict]):
    """How far a session has come; ``EXPIRED`` where the vendor does not know it (any more)."""

    session_id: SessionId = attrs.field(validator=valid_id)

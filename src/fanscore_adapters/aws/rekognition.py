"""Liveness sessions of Amazon Rekognition. Only the identity verification function asks for them.

(https://docs.aws.amazon.com/rekognition/latest/dg/face-liveness.html)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

import attrs

from fanscore_adapters.adapter import one_by_one
from fanscore_adapters.aws.client import AwsClient, AwsError, answer_one, malformed
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import UnknownQuestion
from fanscore_core.ids import SessionId, is_id
from fanscore_core.liveness import LivenessStatus, LivenessVerdict
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
from fanscore_core.systems import REKOGNITION

READ_S = 5.0
"""How long one attempt waits for data."""

SYSTEMS: Mapping[type[Question[object]], str] = {
    CreateVendorSession: REKOGNITION,
    VendorSessionResult: REKOGNITION,
}
"""The vendor behind each question."""

_EXPIRED = LivenessVerdict(LivenessStatus.EXPIRED)


@attrs.frozen
class Rekognition:
    """The adapter that answers for the vendor.

    Attributes:
        client: of Rekognition.
    """

    client: AwsClient

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The system behind each question."""
        return SYSTEMS

    split = staticmethod(one_by_one)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [answer_one(REKOGNITION, ask, partial(self._ask, ask)) for ask in asks]

    def _ask(self, ask: Ask) -> object:
        match ask.question:
            case CreateVendorSession(token):
                return self._create(token, ask.expires_at)
            case VendorSessionResult(session_id):
                return self._result(session_id, ask.expires_at)
            case _:
                return UnknownQuestion()

    def _create(self, token: str, expires_at: float) -> SessionId:
        request = {"ClientRequestToken": token}
        match self.client.call("create_face_liveness_session", request, expires_at):
            case {"SessionId": str(session_id)} if is_id(session_id):
                return SessionId(session_id)
            case _:
                raise malformed()

    def _result(self, session_id: SessionId, expires_at: float) -> LivenessVerdict:
        request = {"SessionId": session_id}
        try:
            response = self.client.call("get_face_liveness_session_results", request, expires_at)
        except AwsError as error:
            if error.code == "SessionNotFoundException":
                return _EXPIRED
            raise
        return _verdict(response)


def _verdict(response: Mapping[str, object]) -> LivenessVerdict:
    match response:
        case {"Status": str(status)} if status in LivenessStatus.__members__:
            confidence = response.get("Confidence")
        case _:
            raise malformed()
    if confidence is None:
        return LivenessVerdict(LivenessStatus(status))
    if type(confidence) not in {float, int}:  # a bool is an int, too
        raise malformed()
    return LivenessVerdict(LivenessStatus(status), Decimal(str(confidence)))

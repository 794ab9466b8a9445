"""A stand-in for the vendor of liveness checks, for local use: nobody has to show a face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID, uuid5

import attrs

from fanscore_adapters.adapter import together
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import UnknownQuestion
from fanscore_core.ids import SessionId
from fanscore_core.liveness import LivenessStatus, LivenessVerdict
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
from fanscore_core.systems import REKOGNITION

ALIVE = LivenessVerdict(LivenessStatus.SUCCEEDED, Decimal("99.1"))

SYSTEMS: Mapping[type[Question[object]], str] = {
    CreateVendorSession: REKOGNITION,
    VendorSessionResult: REKOGNITION,
}
"""The vendor behind each question."""

_NAMESPACE = UUID("a0a3b8a4-7c06-5f52-8a2b-6c1f3f6d2e55")


def session_of(token: str) -> SessionId:
    """Return the session that a token gets: always the same, a UUID like the vendor's."""
    return SessionId(str(uuid5(_NAMESPACE, token)))


@attrs.frozen
class StandInVendor:
    """The adapter that answers for the vendor, and remembers nothing.

    Attributes:
        verdicts: of some sessions; every other has ``SUCCEEDED`` as soon as it is asked about.
    """

    verdicts: Mapping[SessionId, LivenessVerdict] = attrs.field(factory=dict)

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The system behind each question."""
        return SYSTEMS

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question), REKOGNITION) for ask in asks]

    def _answer(self, question: object) -> object:
        match question:
            case CreateVendorSession():
                return session_of(question.token)
            case VendorSessionResult():
                return self.verdicts.get(question.session_id, ALIVE)
            case _:
                return UnknownQuestion()

"""The Lambda proxies: what they are called with, and how their answers are read (section 8).

Both the real proxies and their stand-ins get ``{"operation": ..., "arguments": {...}}`` and give
``{"data": ...}`` or ``{"error": {"code": ..., "message": ...}}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Generic, TypeVar, cast

import attrs

from fanscore_adapters.structure import StrictConverter, camel
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.query import Question

QueryT = TypeVar("QueryT")

NOT_FOUND = 404
MAX_ARM_SCORE = 10


@attrs.frozen
class Call(Generic[QueryT]):
    """How a question is put to a service.

    Attributes:
        service: the function's name in the user's document.
        operation: what it is asked to do.
        arguments: of the question; those that are ``None`` are left out.
        read: makes the answer of the ``data`` that comes back.
        known_errors: the error codes that are an answer, and the answer that they are.
    """

    service: str
    operation: str
    arguments: Callable[[QueryT], Mapping[str, object]]
    read: Callable[[object], object]
    known_errors: Mapping[int, object]

    def request(self, question: QueryT) -> Mapping[str, object]:
        """Make the document to send."""
        given = self.arguments(question)
        arguments = {name: value for name, value in given.items() if value is not None}
        return {"operation": self.operation, "arguments": arguments}

    def answer(self, response: object) -> object:
        """Make an answer of the document that came back.

        An error that is no answer, and an answer that is malformed or out of range, are
        ``Unavailable`` naming the service, in our words.
        """
        match response:
            case {"error": {"code": int(code)}} if code in self.known_errors:
                return self.known_errors[code]
            case {"error": _}:
                return Unavailable(self.service, "answered with an error")
            case {"data": data}:
                try:
                    return self.read(data)
                except InvalidInput as error:
                    return Unavailable(self.service, f"malformed answer: {error}")
            case _:
                return Unavailable(self.service, "malformed answer")


_converter = StrictConverter(camel, forbid_extra_keys=False)


@attrs.frozen
class _ArmData:
    arm_score: Decimal


def _arm_score(data: object) -> Decimal:
    score = _converter.structure(data, _ArmData, "data").arm_score
    if not 0 <= score <= MAX_ARM_SCORE:
        raise InvalidInput("data.armScore", f"expected 0 to {MAX_ARM_SCORE}")
    return score


CALLS: Mapping[type[Question[object]], Call[object]] = cast(
    "Mapping[type[Question[object]], Call[object]]",
    {
        ArmScore: Call[ArmScore](
            "arm_scoring",
            "armScore",
            lambda asked: {"globalUserId": asked.global_user_id, "eventId": asked.event_id},
            _arm_score,
            {NOT_FOUND: None},
        ),
    },
)
"""The questions that services answer."""

SYSTEMS: Mapping[type[Question[object]], str] = {
    asked: call.service for asked, call in CALLS.items()
}
"""The service behind each question."""

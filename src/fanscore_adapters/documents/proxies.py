"""The Lambda proxies: what they are called with, and how their answers are read.

Both the real proxies and their stand-ins get ``{"operation": ..., "arguments": {...}}`` and give
``{"data": ...}`` or ``{"error": {"code": ..., "message": ...}}``.

See docs/reference/services.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar, cast

import attrs

from fanscore_adapters.named_rows import NamedRows, RowsOfPort
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput, SourceFailed, Unavailable
from fanscore_core.systems import (
    ARM_SCORING,
    CHECK_ELIGIBILITY,
    EVENT_DETAILS,
    GET_UPDATED_PHONESCORE,
    LNAA_API,
    PROXY_CAMPAIGN_SERVICE,
    PROXY_TM_ACCOUNT_SERVICE,
)

QuestionT = TypeVar("QuestionT", bound=Question[object])

NOT_LOGGED_IN = 401
NOT_FOUND = 404


@attrs.frozen(init=False, repr=False)
class ProxyCall:
    """How a question is put to a service.

    Attributes:
        question: the type of question.
        service: one of ``fanscore_core.systems``.
        operation: what it is asked to do.
        arguments: of the question; those that are ``None`` are left out.
        read: makes the answer of the ``data`` that comes back.
        known_errors: the error codes that are an answer, and the answer that they are.
    """

    question: type[Question[object]]
    service: str
    operation: str
    arguments: Callable[[Question[object]], Mapping[str, object]]
    read: Callable[[object], object]
    known_errors: Mapping[int, object]

    def __init__(  # one for each attribute
        self,
        question: type[QuestionT],
        service: str,
        operation: str,
        arguments: Callable[[QuestionT], Mapping[str, object]],
        read: Callable[[object], object],
        known_errors: Mapping[int, object] = MappingProxyType({}),
    ) -> None:
        """Declare it; ``arguments`` takes a question of the type ``question``."""
        asked = cast("Callable[[Question[object]], Mapping[str, object]]", arguments)
        self.__attrs_init__(question, service, operation, asked, read, known_errors)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.question.__name__})"

    @property
    def system(self) -> str:
        """The service, as the system behind the question."""
        return self.service

    def request(self, question: Question[object]) -> Mapping[str, object]:
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
                except Exception as error:  # noqa: BLE001  # a mistake in one row spoils no other
                    name = self.question.__name__
                    return SourceFailed(name, f"raised {type(error).__name__}")
            case _:
                return Unavailable(self.service, "malformed answer")


def _calls(port: str, service: str) -> RowsOfPort:
    """Name the calls for the questions of a port; their module has the port's name."""
    return RowsOfPort(
        f"fanscore_core.ports.{port}", f"fanscore_adapters.documents.calls.{port}", service
    )


CALLS: NamedRows[ProxyCall] = NamedRows(
    (
        _calls("arm_scoring", ARM_SCORING),
        _calls("account_service", PROXY_TM_ACCOUNT_SERVICE),
        _calls("campaign_service", PROXY_CAMPAIGN_SERVICE),
        _calls("eligibility_service", CHECK_ELIGIBILITY),
        _calls("event_details", EVENT_DETAILS),
        _calls("phone_scoring", GET_UPDATED_PHONESCORE),
    )
)
"""The questions that Lambda proxies answer, and the module that says how."""

LNAA_CALLS: NamedRows[ProxyCall] = NamedRows((_calls("lnaa", LNAA_API),))
"""LNAA's questions, as its stand-in answers them. The real LNAA is asked over HTTP."""


def services_of(
    calls: Mapping[type[Question[object]], ProxyCall],
) -> Mapping[type[Question[object]], str]:
    """Return the service behind each question."""
    if isinstance(calls, NamedRows):
        return calls.systems
    return {asked: call.service for asked, call in calls.items()}

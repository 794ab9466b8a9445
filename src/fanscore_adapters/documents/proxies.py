"""The Lambda proxies: what they are called with, and how their answers are read.

Both the real proxies and their stand-ins get ``{"operation": ..., "arguments": {...}}`` and give
``{"data": ...}`` or ``{"error": {"code": ..., "message": ...}}``.

See docs/reference/services.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar, cast

import attrs

from fanscore_adapters.adapter import by_question
from fanscore_adapters.documents.converter import StrictConverter, camel, read_as
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput, NotFound, NotLoggedIn, SourceFailed, Unavailable
from fanscore_core.ports.account_service import AccountInfo, UserInfo
from fanscore_core.ports.arm_scoring import ArmScore, ArmScores
from fanscore_core.ports.campaign_service import Campaign, CampaignById, Eligibility
from fanscore_core.ports.eligibility_service import FanEligibility
from fanscore_core.ports.event_details import EventById, EventDetails
from fanscore_core.ports.lnaa import NO_MEMBER, ActivateMembership, LnaaMembership, Membership
from fanscore_core.ports.phone_scoring import PhoneNumberScore, PhoneScore
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
MAX_ARM_SCORE = 10


@attrs.frozen(init=False)
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


_converter = StrictConverter(camel, forbid_extra_keys=False, numbers_as_ids=True)


@attrs.frozen
class _ArmData:
    arm_score: Decimal


def _arm_score(data: object) -> Decimal:
    score = _converter.structure(data, _ArmData, "data").arm_score
    _check_arm_score("data.armScore", score)
    return score


@attrs.frozen
class _ArmDataOfSome:
    arm_scores: tuple[Decimal | None, ...]


def _arm_scores(data: object) -> tuple[Decimal | None, ...]:
    scores = _converter.structure(data, _ArmDataOfSome, "data").arm_scores
    for at, score in enumerate(scores):
        if score is not None:
            _check_arm_score(f"data.armScores[{at}]", score)
    return scores


def _check_arm_score(where: str, score: Decimal) -> None:
    if not 0 <= score <= MAX_ARM_SCORE:
        raise InvalidInput(where, f"expected 0 to {MAX_ARM_SCORE}")


CALLS = by_question(
    (
        ProxyCall(
            ArmScore,
            ARM_SCORING,
            "armScore",
            lambda asked: {"globalUserId": asked.global_user_id, "eventId": asked.event_id},
            _arm_score,
            {NOT_FOUND: None},
        ),
        ProxyCall(
            ArmScores,
            ARM_SCORING,
            "armScores",
            lambda asked: {
                "globalUserIds": list(asked.global_user_ids),
                "eventId": asked.event_id,
            },
            _arm_scores,
        ),
        ProxyCall(
            AccountInfo,
            PROXY_TM_ACCOUNT_SERVICE,
            "accountInfo",
            lambda asked: {
                "globalUserId": asked.global_user_id,
                "authorization": asked.authorization,
            },
            read_as(UserInfo),
            {NOT_LOGGED_IN: NotLoggedIn()},
        ),
        ProxyCall(
            CampaignById,
            PROXY_CAMPAIGN_SERVICE,
            "campaign",
            lambda asked: {"campaignId": asked.campaign_id},
            read_as(Campaign),
            {NOT_FOUND: NotFound("campaign")},
        ),
        ProxyCall(
            FanEligibility,
            CHECK_ELIGIBILITY,
            "eligibility",
            lambda asked: {
                "campaignId": asked.campaign_id,
                "globalUserId": asked.global_user_id,
            },
            read_as(Eligibility),
        ),
        ProxyCall(
            EventById,
            EVENT_DETAILS,
            "eventDetails",
            lambda asked: {"eventId": asked.event_id},
            read_as(EventDetails),
            {NOT_FOUND: NotFound("event")},
        ),
        ProxyCall(
            PhoneNumberScore,
            GET_UPDATED_PHONESCORE,
            "phoneScore",
            lambda asked: {
                "phoneNumber": asked.phone_number,
                "globalUserId": asked.global_user_id,
            },
            read_as(PhoneScore),
        ),
    )
)
"""The questions that Lambda proxies answer."""

LNAA_CALLS = by_question(
    (
        ProxyCall(
            Membership,
            LNAA_API,
            "membership",
            lambda asked: {"globalUserId": asked.global_user_id},
            read_as(LnaaMembership),
            {NOT_FOUND: NO_MEMBER},
        ),
        ProxyCall(
            ActivateMembership,
            LNAA_API,
            "activation",
            lambda asked: {"globalUserId": asked.global_user_id},
            read_as(LnaaMembership),
        ),
    )
)
"""LNAA's questions, as its stand-in answers them. The real LNAA is asked over HTTP."""


def services_of(
    calls: Mapping[type[Question[object]], ProxyCall],
) -> Mapping[type[Question[object]], str]:
    """Return the service behind each question."""
    return {asked: call.service for asked, call in calls.items()}

from __future__ import annotations

from decimal import Decimal
from typing import cast
from uuid import UUID

import pytest

from fanscore_adapters.embedded.stand_in_vendor import StandInVendor, session_of
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import UnknownQuestion
from fanscore_core.liveness import LivenessStatus, LivenessVerdict
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
from tests.unit.fanscore_core.samples import Count

FAILED = LivenessVerdict(LivenessStatus.FAILED)


def ask(vendor: StandInVendor, *questions: object) -> list[object]:
    """Ask the vendor, and give the answers."""
    answered = vendor.fetch([Ask(cast("Question[object]", question)) for question in questions])
    assert {each.source for each in answered} == {"rekognition"}
    return [each.answer for each in answered]


def test_a_token_has_one_session() -> None:
    """The same token gives the same session, another token another; each is a UUID."""
    one, other = CreateVendorSession("token-1"), CreateVendorSession("token-2")
    answers = ask(StandInVendor(), one, one, other)
    assert answers == [session_of("token-1"), session_of("token-1"), session_of("token-2")]
    assert [str(UUID(str(each))) for each in answers] == answers
    assert session_of("token-1") != session_of("token-2")


def test_sessions_succeed_unless_told() -> None:
    """Each session succeeds as soon as it is asked about, but for those named beforehand."""
    one, other = session_of("token-1"), session_of("token-2")
    vendor = StandInVendor({other: FAILED})
    answers = ask(vendor, VendorSessionResult(one), VendorSessionResult(other))
    assert answers == [LivenessVerdict(LivenessStatus.SUCCEEDED, Decimal("99.1")), FAILED]


@pytest.mark.parametrize("question", [CreateVendorSession, VendorSessionResult])
def test_it_stands_in_for_rekognition(question: type[Question[object]]) -> None:
    """It answers for the vendor, under the vendor's name."""
    assert StandInVendor().systems[question] == "rekognition"


def test_other_questions() -> None:
    """It knows of nothing else."""
    [answered] = StandInVendor().fetch([Ask(cast("Question[object]", Count("apples")))])
    assert isinstance(answered, Answered)
    assert isinstance(answered.answer, UnknownQuestion)

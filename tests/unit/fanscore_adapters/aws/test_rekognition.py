from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from typing import cast

import pytest
from botocore.awsrequest import AWSResponse

from fanscore_adapters.aws.rekognition import Rekognition
from fanscore_core.engine.question import Question
from fanscore_core.errors import Unavailable
from fanscore_core.ids import SessionId
from fanscore_core.liveness import LivenessStatus, LivenessVerdict
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
from fanscore_core.systems import REKOGNITION
from tests.aws.clients import aws_client
from tests.aws.replies import Replies, refusal, reply
from tests.contracts.asking import said, shown

pytestmark = pytest.mark.usefixtures("made_up_credentials")

CREATE = cast("Question[object]", CreateVendorSession("token-1"))
RESULT = cast("Question[object]", VendorSessionResult(SessionId("session-1")))
MALFORMED = Unavailable(REKOGNITION, "no answer: a malformed answer")


def asked(question: Question[object], answer: AWSResponse) -> tuple[object, list[object]]:
    """Ask; give the answer, and what was sent for it."""
    replies = Replies([answer])
    with closing(aws_client("rekognition", prepare=replies.prepare)) as client:
        [(told, source)] = said(Rekognition(client), question)
    assert source == REKOGNITION
    return told, replies.asked


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply({"SessionId": "session-1"}), "session-1"),
        (reply({"SessionId": "no\nid"}), MALFORMED),
        (reply({"SessionId": 5}), MALFORMED),
        (reply({}), MALFORMED),
        (
            refusal("IdempotentParameterMismatchException"),
            Unavailable(REKOGNITION, "refused with IdempotentParameterMismatchException"),
        ),
    ],
)
def test_a_session_that_is_created(answer: AWSResponse, told: object) -> None:
    """A session is created under the token of the request, and has an id."""
    assert asked(CREATE, answer) == (shown(told), [{"ClientRequestToken": "token-1"}])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply({"Status": "CREATED"}), LivenessVerdict(LivenessStatus.CREATED)),
        (
            reply({"Status": "SUCCEEDED", "Confidence": 99.5}),
            LivenessVerdict(LivenessStatus.SUCCEEDED, Decimal("99.5")),
        ),
        (
            reply({"Status": "FAILED", "Confidence": 0}),
            LivenessVerdict(LivenessStatus.FAILED, Decimal(0)),
        ),
        (refusal("SessionNotFoundException"), LivenessVerdict(LivenessStatus.EXPIRED)),
        (reply({"Status": "SUCCEEDED", "Confidence": True}), MALFORMED),
        (reply({"Status": "canary"}), MALFORMED),
        (reply({"Confidence": 99}), MALFORMED),
        (reply({"Status": "SUCCEEDED", "Confidence": "canary"}), MALFORMED),
        (
            reply({"Status": "SUCCEEDED", "Confidence": 101}),
            Unavailable(REKOGNITION, "malformed: confidence: expected a number from 0 to 100"),
        ),
        (
            refusal("AccessDeniedException"),
            Unavailable(REKOGNITION, "refused with AccessDeniedException"),
        ),
    ],
)
def test_the_result_of_a_session(answer: AWSResponse, told: object) -> None:
    """A session's result is a verdict; one that Rekognition no longer knows has expired."""
    assert asked(RESULT, answer) == (shown(told), [{"SessionId": "session-1"}])

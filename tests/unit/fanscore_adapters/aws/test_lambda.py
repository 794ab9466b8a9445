from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from math import inf

import pytest
from botocore.awsrequest import AWSResponse

from fanscore_adapters.aws.lambda_ import ALL_CALLS, DEGRADABLE_READ_S, LambdaProxies
from fanscore_adapters.sources import MAX_DEGRADABLE_S
from fanscore_core.engine.question import Ask
from fanscore_core.errors import Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.systems import FUNCTIONS
from tests.aws.clients import aws_client
from tests.aws.replies import Replies, refusal, reply
from tests.contracts.asking import said, shown

pytestmark = pytest.mark.usefixtures("made_up_credentials")

ASKED = {"operation": "armScore", "arguments": {"globalUserId": "fan1"}}
ARM = "arm_scoring"
GOOD = {"data": {"armScore": 2.5}}


def arm(fan: str) -> ArmScore:
    """Ask for a fan's risk."""
    return ArmScore(GlobalUserId(fan))


def test_every_function_is_asked() -> None:
    """The adapter answers for the seven functions of the document."""
    assert {call.service for call in ALL_CALLS.values()} == set(FUNCTIONS)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply(GOOD), Decimal("2.5")),
        (reply({"error": {"code": 404, "message": "canary"}}), None),
        (reply({"error": {"code": 500}}), Unavailable(ARM, "answered with an error")),
        (reply({"errorMessage": "canary"}), Unavailable(ARM, "malformed answer")),
        (reply(None), Unavailable(ARM, "malformed answer")),
        (
            reply({"data": {"armScore": 11}}),
            Unavailable(ARM, "malformed answer: data.armScore: expected 0 to 10"),
        ),
        (
            reply(GOOD, headers={"X-Amz-Function-Error": "Unhandled"}),
            Unavailable(ARM, "no answer: the function failed"),
        ),
        (
            refusal("ResourceNotFoundException", 404),
            Unavailable(ARM, "refused with ResourceNotFoundException"),
        ),
    ],
)
def test_what_a_function_answers(answer: AWSResponse, told: object) -> None:
    """A function is asked by its name in the account, and what is no answer is its outage."""
    replies = Replies([answer])
    with closing(aws_client("lambda", prepare=replies.prepare)) as client:
        assert said(LambdaProxies(client, client, {ARM: "our-arm"}), arm("fan1")) == [
            (shown(told), ARM)
        ]
    assert replies.asked == [ASKED]


def test_several_questions() -> None:
    """Each question is a call of its own, which goes out apart."""
    replies = Replies(
        [reply({"data": {"armScore": 1}}), reply([]), reply({"data": {"armScore": 3}})]
    )
    asks = [Ask(arm(name), expires_at=inf) for name in ("fan1", "fan2", "fan3")]
    with closing(aws_client("lambda", prepare=replies.prepare)) as client:
        adapter = LambdaProxies(client, client, {ARM: ARM})
        assert adapter.split(asks) == [[0], [1], [2]]
        answered = adapter.fetch(asks)
    assert [(shown(each.answer), each.calls) for each in answered] == [
        (1, 1),
        (shown(Unavailable(ARM, "malformed answer")), 1),
        (3, 1),
    ]


def test_an_answer_that_is_not_needed_is_asked_for_impatiently() -> None:
    """What a step can do without goes through the client that gives up sooner, and nothing else."""
    patient, impatient = (Replies([reply(GOOD)]) for _ in range(2))
    with (
        closing(aws_client("lambda", prepare=patient.prepare)) as client,
        closing(aws_client("lambda", prepare=impatient.prepare)) as sooner,
    ):
        adapter = LambdaProxies(client, sooner, {ARM: ARM})
        asks = [Ask(arm("fan1")), Ask(arm("fan2"), degradable=True)]
        assert [each.answer for each in adapter.fetch(asks)] == [Decimal("2.5")] * 2
    fans = [
        {"operation": "armScore", "arguments": {"globalUserId": fan}} for fan in ("fan1", "fan2")
    ]
    assert (patient.asked, impatient.asked) == (fans[:1], fans[1:])


def test_nobody_waits_longer_than_the_sources() -> None:
    """The impatient client gives up when the sources do."""
    assert DEGRADABLE_READ_S == MAX_DEGRADABLE_S

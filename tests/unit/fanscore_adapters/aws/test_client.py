from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from math import inf
from typing import cast

import pytest
from botocore.awsrequest import AWSResponse

from fanscore_adapters.aws.client import AwsError, OutOfTimeError, answer_one
from fanscore_core.engine.question import Ask, Question
from fanscore_core.errors import DeadlineExceeded, InvalidInput, Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.fan_identity import FanIdentity
from tests.aws.clients import aws_client
from tests.aws.replies import Replies, refusal, reply
from tests.contracts.asking import shown
from tests.virtual_time import VirtualTime

QUESTION = cast("Question[object]", FanIdentity(GlobalUserId("user123")))

pytestmark = pytest.mark.usefixtures("made_up_credentials")


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (
            refusal("com.amazon#ResourceNotFoundException", message="canary"),
            AwsError("ResourceNotFoundException", 400),
            "refused with ResourceNotFoundException",
        ),
        (refusal("can ary"), AwsError("an unknown code", 400), "refused with an unknown code"),
        (refusal("a" * 101), AwsError("an unknown code", 400), "refused with an unknown code"),
        (reply({"message": "canary"}, 403), AwsError("403", 403), "refused with 403"),
        (reply(["canary"], 400), AwsError("a malformed answer"), "no answer: a malformed answer"),
        (reply(["canary"]), AwsError("a malformed answer"), "no answer: a malformed answer"),
    ],
)
def test_a_call_that_fails(answer: AWSResponse, error: AwsError, reason: str) -> None:
    """An error holds AWS's code if it is one, and says nothing else in AWS's words."""
    with (
        closing(aws_client("dynamodb", prepare=Replies([answer]).prepare)) as client,
        pytest.raises(AwsError) as raised,
    ):
        client.call("list_tables", {}, inf)
    assert repr(raised.value) == repr(error)
    assert raised.value.reason == reason
    assert (raised.value.__cause__, raised.value.__suppress_context__) == (None, True)


@pytest.mark.parametrize("left_s", [0.0, 0.099])
def test_a_call_that_is_too_late(left_s: float) -> None:
    """A call with too little time is not made, nor is its client."""
    made: list[object] = []
    time = VirtualTime()
    client = aws_client("dynamodb", prepare=made.append, clock=time.clock)
    with pytest.raises(OutOfTimeError):
        client.call("list_tables", {}, left_s)
    assert made == []


def test_a_body_is_read() -> None:
    """A member that is a stream is read."""
    replies = Replies([reply({"data": 1})])
    with closing(aws_client("lambda", prepare=replies.prepare)) as client:
        answer = client.call("invoke", {"FunctionName": "name"}, inf, body="Payload")
    assert answer["Payload"] == b'{"data": 1}'


def failing(error: Exception) -> Callable[[], object]:
    """Make a call that fails."""

    def find() -> object:
        raise error

    return find


@pytest.mark.parametrize(
    ("find", "degradable", "answer"),
    [
        (lambda: 5, False, 5),
        (failing(AwsError("Code", 400)), False, Unavailable("bus", "refused with Code")),
        (failing(AwsError("TimeOut")), False, Unavailable("bus", "no answer: TimeOut")),
        (failing(InvalidInput("$", "none")), False, Unavailable("bus", "malformed: $: none")),
        (failing(OutOfTimeError()), False, DeadlineExceeded("bus")),
        (failing(OutOfTimeError()), True, Unavailable("bus", "no answer in time")),
    ],
)
def test_an_ask_of_one_call(
    *, find: Callable[[], object], degradable: bool, answer: object
) -> None:
    """What goes wrong with a call is the answer, naming the system."""
    answered = answer_one("bus", Ask(QUESTION, degradable), find)
    assert (shown(answered.answer), answered.source, answered.calls) == (shown(answer), "bus", 1)
    assert answered.took_s >= 0


def test_an_error_says_nothing_of_what_is_stored() -> None:
    """Whoever logs an error gets our words: the item that AWS sends along stays out."""
    error = AwsError("ConditionalCheckFailedException", 400, {"Item": {"email": {"S": "a@b.c"}}})
    assert str(error) == "refused with ConditionalCheckFailedException"
    assert "a@b.c" not in repr(error)

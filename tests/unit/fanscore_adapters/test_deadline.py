from __future__ import annotations

from typing import cast

import pytest

from fanscore_adapters.deadline import late
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.fan_identity import FanIdentity
from fanscore_core.query import Ask, Question
from tests.contracts.asking import shown

QUESTION = cast("Question[object]", FanIdentity(GlobalUserId("user123")))


@pytest.mark.parametrize(
    ("degradable", "answer"),
    [
        (False, DeadlineExceeded("fan_identity_table")),
        (True, Unavailable("fan_identity_table", "no answer in time")),
    ],
)
def test_a_question_that_is_out_of_time(*, degradable: bool, answer: Exception) -> None:
    """What is out of time degrades where a step can do without, and else ends the request."""
    assert shown(late("fan_identity_table", Ask(QUESTION, degradable))) == shown(answer)

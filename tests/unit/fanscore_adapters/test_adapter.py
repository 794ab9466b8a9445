from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import attrs
import pytest

from fanscore_adapters.adapter import by_question, fetch_in_groups, late, one_by_one, together
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.fan_identity import FanIdentity
from tests.contracts.asking import shown

ASKS = [Ask(cast("Question[object]", FanIdentity(GlobalUserId(name)))) for name in "abc"]
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


def test_together() -> None:
    """All asks go in one call, and none makes none."""
    assert [list(group) for group in together(ASKS)] == [[0, 1, 2]]
    assert together([]) == []


def test_one_by_one() -> None:
    """Each ask goes in a call of its own."""
    assert one_by_one(ASKS) == [[0], [1], [2]]
    assert one_by_one([]) == []


@attrs.frozen
class Declared:
    """A declaration of how a type of question is answered."""

    question: type[Question[object]]
    said: int


def test_rows_are_found_by_their_question() -> None:
    """Each type of question has its row."""
    identity, score = Declared(FanIdentity, 1), Declared(AccountScore, 2)
    assert by_question([identity, score]) == {FanIdentity: identity, AccountScore: score}


def test_no_question_is_declared_twice() -> None:
    """Two rows for one type of question are refused, naming it: one would hide the other."""
    rows = [Declared(FanIdentity, 1), Declared(AccountScore, 2), Declared(FanIdentity, 3)]
    with pytest.raises(ValueError, match=r"^FanIdentity is declared twice$"):
        by_question(rows)


def test_groups_are_fetched_apart() -> None:
    """Each group is one call, and each ask has its own answer."""
    fetched: list[Sequence[Ask]] = []

    def fetch(asks: Sequence[Ask]) -> Sequence[Answered]:
        fetched.append(asks)
        return [Answered(ask.question) for ask in asks]

    answers = fetch_in_groups(ASKS, [[2, 0], [1]], fetch)
    assert [answered.answer for answered in answers] == [ask.question for ask in ASKS]
    assert fetched == [[ASKS[2], ASKS[0]], [ASKS[1]]]

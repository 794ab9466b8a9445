from __future__ import annotations

import pytest

from fanscore_core.engine.trace import Fate, Trace, TracedQuestion
from tests.unit.fanscore_core.samples import Count, asked

FIRST = asked(0, 0, Count("apples"))._replace(took_s=0.5)
SECOND = asked(0, 1, Count("apples"), shared=True)._replace(took_s=0.5)
THIRD = asked(0, 2, Count("pears"), failure="Unavailable")._replace(took_s=0.25)
LATER = asked(1, 1, Count("pears"))._replace(took_s=0.125)
TRACE = Trace(("a", "b", "c"), (Fate.RAN, Fate.RAN, Fate.DEGRADED), (FIRST, SECOND, THIRD, LATER))
EMPTY = Trace((), (), ())


def test_rounds_are_counted() -> None:
    """The number of rounds is that of the last, counted from 1; 0 if nothing was asked."""
    assert (TRACE.rounds, EMPTY.rounds) == (2, 0)


def test_questions_and_duplicates_are_counted() -> None:
    """Each answer that a step got came from a question of its own, or was a duplicate."""
    assert (TRACE.questions, TRACE.duplicates) == (3, 1)
    assert (EMPTY.questions, EMPTY.duplicates) == (0, 0)


@pytest.mark.parametrize(
    ("number", "questions", "took_s"),
    [(0, (FIRST, SECOND, THIRD), 0.5), (1, (LATER,), 0.125), (2, (), 0.0)],
)
def test_a_round_can_be_looked_at(
    number: int, questions: tuple[TracedQuestion, ...], took_s: float
) -> None:
    """A round has its questions in order, and took as long as its slowest question."""
    assert TRACE.in_round(number) == questions
    assert TRACE.round_took_s(number) == took_s


@pytest.mark.parametrize(("position", "took_s"), [(0, 0.5), (1, 0.625), (2, 0.25), (3, 0.0)])
def test_a_step_has_waited(position: int, took_s: float) -> None:
    """A step has waited for each of its questions, one after the other, shared or not."""
    assert TRACE.step_took_s(position) == took_s


def test_steps_are_found_by_their_fate() -> None:
    """The steps that came to a fate are named in written order."""
    assert [TRACE.steps_that(fate) for fate in (Fate.RAN, Fate.DEGRADED, Fate.FAILED)] == [
        ("a", "b"),
        ("c",),
        (),
    ]


def test_fates_read_as_words() -> None:
    """What became of a step is shown in plain words."""
    assert [fate.value for fate in Fate] == [
        "ran",
        "returned early",
        "ended",
        "degraded",
        "failed",
        "dropped",
        "not reached",
    ]

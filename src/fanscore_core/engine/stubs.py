"""Sources made of values: answers given beforehand, a recording, a replay.

They let a pipeline run where there is no outside: in a unit test, or at a desk, from what was
recorded elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar

import attrs

from fanscore_core.engine.question import Answered, Ask, Query, Question, Source
from fanscore_core.errors import FanscoreError, UnknownQuestion

AnswerT = TypeVar("AnswerT")

GivenAnswer: TypeAlias = tuple[Question[object], object]
"""A question and its answer, as ``answer`` pairs them."""


def answer(query: Query[AnswerT], value: AnswerT | FanscoreError) -> GivenAnswer:
    """Pair a query with its answer, so that the type checker sees that they fit."""
    return query, value


class Answers:
    """A source that knows its answers: ``Answers(answer(question, value), ...)``.

    Of two answers to one question, the last counts. A question that has none fails the step that
    asks it.
    """

    __slots__ = ("_by_question",)

    def __init__(self, *given: GivenAnswer) -> None:
        self._by_question: Mapping[Question[object], object] = dict(given)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [
            Answered(self._by_question.get(ask.question, UnknownQuestion()), "answers")
            for ask in asks
        ]


@attrs.frozen
class Recording:
    """A source that passes questions on, and keeps each with its answer, in order."""

    source: Source
    kept: list[tuple[Question[object], Answered]] = attrs.field(factory=list)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask as the source behind does."""
        answers = self.source.fetch(asks)
        self.kept.extend((ask.question, answer) for ask, answer in zip(asks, answers, strict=True))
        return answers

    def replay(self) -> Replay:
        """Make a source that gives these answers again."""
        return Replay(list(self.kept))


@attrs.frozen
class Replay:
    """A source that gives recorded answers again, each once and in order.

    A question asked again, after a write for instance, gets what it got then.
    """

    left: list[tuple[Question[object], Answered]]

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask from what is left of the recording."""
        return [self._next(ask.question) for ask in asks]

    def _next(self, question: Question[object]) -> Answered:
        for index, (recorded, answered) in enumerate(self.left):
            if recorded == question:
                del self.left[index]
                return answered
        return Answered(UnknownQuestion(), "replay")

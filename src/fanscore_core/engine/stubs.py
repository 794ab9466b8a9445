"""Answers given beforehand: a source for unit tests, and for a desk without any system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar, cast

from fanscore_core.engine.question import Answered, Ask, Effect, Query, Question, Source
from fanscore_core.errors import FanscoreError, UnknownQuestion

AnswerT = TypeVar("AnswerT")

GivenAnswer: TypeAlias = tuple[Question[object], object]
"""A question and its answer, as ``answer`` pairs them."""


def answer(
    question: Query[AnswerT] | Effect[AnswerT], value: AnswerT | FanscoreError
) -> GivenAnswer:
    """Pair a question with its answer, so that the type checker sees that they fit."""
    return question, value


class Answers:
    """A source that knows its answers: ``Answers(answer(question, value), ...)``.

    Of two answers to one question, the last counts. A question that has none fails the step that
    asks it, and the message names the questions of that type that have one. Questions are shown
    with their values: this source is for tests and desks, where no value is a secret.

    Raises:
        TypeError: something given is no question with its answer.
    """

    __slots__ = ("_by_question",)

    def __init__(self, *given: GivenAnswer) -> None:
        for each in given:
            if not _is_answer(each):
                message = f"expected answer(question, value), got {type(each).__name__}"
                if isinstance(each, list | tuple):
                    message += "; of a list, pass Answers(*answers)"
                raise TypeError(message)
        self._by_question: Mapping[Question[object], object] = dict(given)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(self._answer(ask.question), "answers") for ask in asks]

    def _answer(self, question: Question[object]) -> object:
        if question in self._by_question:
            return self._by_question[question]
        kind = type(question)
        others = [repr(each) for each in self._by_question if type(each) is kind]
        known = f", only for {', '.join(others)}" if others else f", nor for any {kind.__name__}"
        return UnknownQuestion(f"no answer is given for {question!r}{known}")


def as_source(source: Source | Sequence[GivenAnswer]) -> Source:
    """Return a source as it is, and make one of a list of answers.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(source, tuple) and _is_answer(source):
        message = "expected a list of answers, got one: pass [answer(question, value)]"
        raise TypeError(message)
    if isinstance(source, list | tuple):
        return Answers(*source)
    if hasattr(source, "fetch") and not isinstance(source, type):
        return cast("Source", source)
    message = (
        "expected a source (an object that has fetch(asks)) or a list of answer(question, value), "
        f"got {source.__name__ if isinstance(source, type) else type(source).__name__}"
    )
    if isinstance(source, Mapping):
        message += "; of a dictionary, pass list(answers.items())"
    raise TypeError(message)


def _is_answer(given: object) -> bool:
    match given:
        case (Question(), _):
            return True
        case _:
            return False

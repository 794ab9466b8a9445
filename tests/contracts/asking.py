"""How contract tests ask: several questions at once, and answers that can be compared."""

from __future__ import annotations

from typing import TypeVar

from fanscore_core.engine.question import Ask, Question, Source

AnswerT = TypeVar("AnswerT")


def asked(question: Question[AnswerT]) -> Ask:
    """Ask a question that no step can do without."""
    return Ask(question)


def said(source: Source, *questions: Question[AnswerT]) -> list[tuple[object, str]]:
    """Ask all in one ``fetch``; give answers and who answered.

    An error is its ``repr``, since equal errors are not the same.
    """
    answers = source.fetch([asked(question) for question in questions])
    return [(shown(answered.answer), answered.source) for answered in answers]


def shown(answer: object) -> object:
    """Make an answer that can be compared."""
    return repr(answer) if isinstance(answer, Exception) else answer

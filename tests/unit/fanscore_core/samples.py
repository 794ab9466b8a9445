"""Sample questions, a stash and a world: the little that the engine's tests are told in."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeAlias, TypeVar, cast

import attrs

from fanscore_core.engine.question import Answered, Ask, Effect, Query, Question, exactly
from fanscore_core.engine.steps import Context, EffectContext
from fanscore_core.engine.trace import TracedQuestion
from fanscore_core.errors import UnknownQuestion

AnswerT = TypeVar("AnswerT")


@attrs.frozen
class Count(Query[int]):
    """How many there are of a fruit."""

    of: str = attrs.field(validator=exactly(str))


@attrs.frozen
class Add(Effect[int]):
    """Make it one more of a fruit, and tell how many there are then."""

    of: str


@attrs.frozen
class Weather(Query[str | None]):
    """What a ``World`` knows nothing about."""


@attrs.define
class Basket:
    """A stash."""

    apples: int = 0
    pears: int = 0
    total: int = 0


Ctx: TypeAlias = Context[str, Basket]
EffectCtx: TypeAlias = EffectContext[str, Basket]


class World:
    """A source that counts fruit, adds to it, and notes what it is asked.

    A count that is an exception is the answer to every question about that fruit.
    """

    def __init__(self, **counts: int | Exception) -> None:
        self.counts = counts
        self.asks: list[list[Ask]] = []

    @property
    def rounds(self) -> list[list[Question[object]]]:
        """What it was asked, by round."""
        return [[ask.question for ask in asks] for asks in self.asks]

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        self.asks.append(list(asks))
        return [Answered(self._answer(ask.question), "world") for ask in asks]

    def _answer(self, question: Question[object]) -> object:
        if isinstance(question, Add):
            count = self.counts.get(question.of, 0)
            if not isinstance(count, Exception):
                self.counts[question.of] = count + 1
            return self.counts[question.of]
        if isinstance(question, Count):
            return self.counts.get(question.of, 0)
        return UnknownQuestion()


@attrs.frozen
class Broken:
    """A source that does one thing in every round, whatever it is asked: raise, or say so much."""

    does: object

    def fetch(self, _asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Do it."""
        if isinstance(self.does, BaseException):
            raise self.does
        return self.does  # type: ignore[return-value]  # what no source may do


@attrs.frozen
class Handed:
    """An awaitable that hands the engine anything at all, as those of an event loop do."""

    thing: object

    def __await__(self) -> Generator[object, object, object]:
        """Hand it over."""
        return (yield self.thing)


def ask(question: Question[AnswerT], *, degradable: bool = False) -> Ask:
    """Make an ask for a question, whatever the type of its answer."""
    return Ask(cast("Question[object]", question), degradable=degradable)


def asked(
    round_number: int,
    position: int,
    question: Question[AnswerT],
    *,
    failure: str | None = None,
    shared: bool = False,
) -> TracedQuestion:
    """Make the trace's entry for a question that a ``World`` answered."""
    anything = cast("Question[object]", question)
    reason = "no answer" if failure == "Unavailable" else None
    return TracedQuestion(
        round_number, position, anything, "world", 0.0, failure, shared, reason=reason
    )

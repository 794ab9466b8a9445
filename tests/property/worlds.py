"""Small worlds: sources whose answers depend on the question and on what effects have changed."""

from __future__ import annotations

import enum
from collections.abc import Generator, Sequence

import attrs

from fanscore_core.engine.question import Answered, Ask, Effect, Query, Question, exactly
from fanscore_core.errors import DeadlineExceeded, NotAllowed, Unavailable, UnknownQuestion

KEYS = 3


@attrs.frozen
class Look(Query[int]):
    """What stands under a key."""

    key: int = attrs.field(validator=exactly(int))


@attrs.frozen
class Tally(Query[int]):
    """Another question with the same field, which is never the same question."""

    key: int = attrs.field(validator=exactly(int))


@attrs.frozen
class Unhashable(Query[int]):
    """A query that cannot be one."""

    keys: list[int] = attrs.field(validator=exactly(list))


@attrs.frozen
class Add(Effect[int]):
    """Change the world; the answer is what it has become. An effect need not be hashable."""

    amount: int
    marks: list[str] = attrs.field(factory=list)


class Nothing:
    """What a step may not await."""

    def __await__(self) -> Generator[None, int, int]:
        """Hand the engine what is no question."""
        return (yield)


class Reply(enum.Enum):
    """What kind of answer a world gives."""

    VALUE = "value"
    UNAVAILABLE = "unavailable"
    LATE = "late"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"


@attrs.define
class World:
    """A source that remembers what it was asked, what it was made to do, and its error answers.

    Attributes:
        replies: the kinds of answers to queries, taken by key and state.
        receipts: the kinds of answers to effects, taken in turn.
    """

    replies: Sequence[Reply]
    receipts: Sequence[Reply]
    state: int = 0
    performed: list[Add] = attrs.field(factory=list)
    rounds: list[tuple[Ask, ...]] = attrs.field(factory=list)
    errors: dict[tuple[Reply, int], Exception] = attrs.field(factory=dict)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        self.rounds.append(tuple(asks))
        return [Answered(self._answer(ask.question), "world") for ask in asks]

    def questions(self) -> list[Question[object]]:
        """Give what was asked, in order."""
        return [ask.question for asks in self.rounds for ask in asks]

    def _answer(self, question: object) -> object:
        match question:
            case Look(key):
                return self._reply(self.replies, key + self.state, 10 + key + 3 * self.state)
            case Tally(key):
                return self._reply(self.replies, 2 * key + self.state, 20 + key + 7 * self.state)
            case Add(amount, _):
                self.state += amount
                self.performed.append(question)
                return self._reply(self.receipts, len(self.performed), 30 + self.state)
            case _:
                return UnknownQuestion()

    def _reply(self, kinds: Sequence[Reply], turn: int, value: int) -> object:
        kind = kinds[turn % len(kinds)]
        if kind is Reply.VALUE:
            return value
        # The same error again, as from a dictionary of answers: the harder case for the engine.
        return self.errors.setdefault((kind, turn), _error(kind, turn))


def _error(kind: Reply, turn: int) -> Exception:
    match kind:
        case Reply.UNAVAILABLE:
            return Unavailable("world", f"turn {turn}")
        case Reply.LATE:
            return DeadlineExceeded("world")
        case Reply.FORBIDDEN:
            return NotAllowed(f"turn {turn}")
        case _:
            return UnknownQuestion()


class Breakdown(enum.Enum):
    """How a source breaks its contract."""

    RAISES = "raised ZeroDivisionError"
    ONE_TOO_FEW = "too few"
    ONE_TOO_MANY = "too many"
    NOT_ANSWERED = "gave an answer that is not an Answered"


@attrs.define
class Breaking:
    """A source that breaks its contract once it has been asked a number of times."""

    world: World
    sound_rounds: int
    breakdown: Breakdown

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask, or break the contract."""
        answers = list(self.world.fetch(asks))
        if len(self.world.rounds) <= self.sound_rounds:
            return answers
        match self.breakdown:
            case Breakdown.RAISES:
                raise ZeroDivisionError
            case Breakdown.ONE_TOO_FEW:
                return answers[1:]
            case Breakdown.ONE_TOO_MANY:
                return [*answers, *answers[:1]]
            case Breakdown.NOT_ANSWERED:
                return [answer.answer for answer in answers]  # type: ignore[misc]  # the breach

"""What the steps of generated pipelines do: short scripts of acts, each a value that prints.

A step keeps one number, its ``sum``, in which all that it has read and been answered leaves a mark.
What it asks, writes and returns depends on the sum, so that a wrong answer anywhere shows.
"""

from __future__ import annotations

import enum
from contextlib import suppress
from typing import Protocol

import attrs

from fanscore_core.engine.steps import EarlyReturn, EffectContext, SkipTo
from fanscore_core.errors import FanscoreError, Unavailable
from tests.property.worlds import KEYS, Add, Look, Nothing, Tally, Unhashable

MODULUS = 1009


@attrs.define
class Stash:
    """The stash of every generated pipeline."""

    a: int = 1
    b: int = 2
    c: int = 3
    d: int = 4


FIELDS = tuple(field.name for field in attrs.fields(Stash))


@attrs.frozen
class Bug(Exception):
    """An error that a step raises of its own accord."""

    sum: int


class Foreign(BaseException):
    """What a step raises that is no ``Exception``, as ``asyncio.CancelledError`` is none."""


@attrs.define
class Work:
    """A step at work.

    Attributes:
        context: what the step sees.
        writes: the fields that it declared.
        sum: what it has learnt so far.
    """

    context: EffectContext[int, Stash]
    writes: tuple[str, ...]
    sum: int

    def learn(self, value: int) -> None:
        """Let a value leave its mark."""
        self.sum = (self.sum * 31 + value) % MODULUS


class Act(Protocol):
    """One line of a script; an early return ends the script."""

    async def do(self, work: Work, /) -> EarlyReturn[int] | None:
        """Do it."""
        ...


class Response(enum.Enum):
    """What an act does about an ``Unavailable``, or about any error that is an answer."""

    FAIL = "let it fail the step"
    GO_ON = "go on without the answer"
    ASK_AGAIN = "ask again"
    RAISE_BUG = "raise something else"
    ASK_AND_FAIL = "ask something else and fail with the first error"
    CATCH_ALL = "go on without the answer, whatever the error"


@attrs.frozen
class Asking:
    """Ask a question, or in an effect step perform an effect, and learn the answer."""

    question: type[Look | Tally | Add]
    offset: int
    response: Response

    async def do(self, work: Work) -> None:
        """Ask, and respond to an error as said."""
        work.learn(await self._answer(work))

    async def _answer(self, work: Work) -> int:
        try:
            return await self._ask(work)
        except Unavailable as error:
            match self.response:
                case Response.GO_ON | Response.CATCH_ALL:
                    return -1
                case Response.RAISE_BUG:
                    raise Bug(work.sum) from error
                case Response.ASK_AND_FAIL:
                    with suppress(Unavailable):
                        work.learn(await Look(self.offset))
                    raise error  # noqa: TRY201  # the engine sees another traceback then
                case Response.FAIL:
                    raise
                case Response.ASK_AGAIN:
                    pass
        except FanscoreError:
            if self.response is Response.CATCH_ALL:
                return -2
            raise
        return await self._ask(work)

    async def _ask(self, work: Work) -> int:
        number = (work.sum + self.offset) % KEYS
        if issubclass(self.question, Add):
            return await work.context.perform(Add(number % 2))
        return await self.question(number)


@attrs.frozen
class Writing:
    """Write the sum to one of the fields that the step writes, if it writes any."""

    nth: int

    async def do(self, work: Work) -> None:
        """Write."""
        if work.writes:
            setattr(work.context.stash, work.writes[self.nth % len(work.writes)], work.sum)


@attrs.frozen
class Trespassing:
    """Write a field and read it back, declared or not, and learn what came of it."""

    field: str

    async def do(self, work: Work) -> None:
        """Try both."""
        try:
            setattr(work.context.stash, self.field, work.sum)
        except AttributeError:
            work.learn(-3)
        work.learn(getattr(work.context.stash, self.field, -7))


class Misdeed(enum.Enum):
    """How a step breaks a rule."""

    EFFECT = "perform an effect without being an effect step"
    NO_QUESTION = "await something else"
    UNHASHABLE = "ask what cannot be hashed"


@attrs.frozen
class Misusing:
    """Break a rule, and try to get away with it."""

    misdeed: Misdeed

    async def do(self, work: Work) -> None:
        """Break it."""
        try:
            match self.misdeed:
                case Misdeed.EFFECT:
                    work.learn(await work.context.perform(Add(1)))
                case Misdeed.NO_QUESTION:
                    work.learn(await Nothing())
                case Misdeed.UNHASHABLE:
                    work.learn(await Unhashable([work.sum]))
        except Exception:  # noqa: BLE001  # this is the point
            work.learn(-4)


class Way(enum.Enum):
    """How a step ends before its script does."""

    NEXT = "an early return to the next step"
    END = "an early return from the pipeline"
    BUG = "an error"
    FOREIGN = "an error that is no Exception"


@attrs.frozen
class Stopping:
    """End the step, if the sum leaves the remainder, or in any case if there is none."""

    way: Way
    remainder: int | None

    async def do(self, work: Work) -> EarlyReturn[int] | None:
        """End it, or go on."""
        if self.remainder is not None and work.sum % 3 != self.remainder:
            return None
        match self.way:
            case Way.NEXT:
                return EarlyReturn(work.sum)
            case Way.END:
                return EarlyReturn(work.sum, SkipTo.END)
            case Way.BUG:
                raise Bug(work.sum)
            case Way.FOREIGN:
                raise Foreign(work.sum)


async def play(
    script: tuple[Act, ...], context: EffectContext[int, Stash], writes: tuple[str, ...]
) -> int | EarlyReturn[int]:
    """Be a step: learn from what is there, go through the script, and return the sum."""
    work = Work(context, writes, context.args)
    prev = getattr(context, "prev", -5)
    work.learn(prev if isinstance(prev, int) else -6)
    for field in FIELDS:
        work.learn(getattr(context.stash, field, -7))
    for act in script:
        returned = await act.do(work)
        if returned is not None:
            return returned
    return work.sum

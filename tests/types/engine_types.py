"""What the type checker must see in the engine. Never run; mypy checks it.

A line with ``type: ignore`` is wrong on purpose. mypy reports it as soon as it is no error any
more, since unused ignores are errors (``warn_unused_ignores``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, assert_type

import attrs

from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.question import Effect, Query, Source, exactly
from fanscore_core.engine.recording import Recording, Replay
from fanscore_core.engine.rounds import run, run_many
from fanscore_core.engine.state import Outcome
from fanscore_core.engine.steps import (
    Context,
    EarlyReturn,
    EffectContext,
    PrevContext,
    PrevEffectContext,
    Step,
    effect_step,
    step,
)
from fanscore_core.engine.stubs import Answers, answer
from fanscore_core.errors import Unavailable


@attrs.frozen
class Count(Query[int]):
    """A query with one type of answer."""

    of: str = attrs.field(validator=exactly(str))


@attrs.frozen
class Owner(Query[str | None]):
    """A query that may find nothing."""


@attrs.frozen
class Add(Effect[int]):
    """An effect with an answer."""

    of: str


@attrs.define
class Basket:
    """A stash."""

    apples: int = 0
    owner: str | None = None


@attrs.define
class OtherStash:
    """Another stash."""


# Awaiting


async def awaiting(ctx: Context[str, Basket]) -> None:
    """The answer of a query has the type that the query says."""
    assert_type(await Count("apples"), int)
    assert_type(await Owner(), str | None)
    ctx.stash.apples = await Count("apples")
    ctx.stash.owner = await Owner()
    ctx.stash.apples = await Owner()  # type: ignore[assignment]
    ctx.stash.pears = await Count("pears")  # type: ignore[attr-defined]


async def forgetting(ctx: EffectContext[str, Basket]) -> None:
    """A query or performance that nobody awaits asks nothing, and is an error."""
    Count("apples")  # type: ignore[unused-awaitable]
    ctx.perform(Add("apples"))  # type: ignore[unused-awaitable]
    waiting = Count("apples")
    await waiting


async def plain(ctx: Context[str, Basket]) -> None:
    """A plain step has no way to an effect."""
    await Add("apples")  # type: ignore[misc]
    await ctx.perform(Add("apples"))  # type: ignore[attr-defined]


async def performing(ctx: EffectContext[str, Basket]) -> None:
    """An effect step performs effects, and asks queries by awaiting them."""
    assert_type(await ctx.perform(Add("apples")), int)
    assert_type(await Count("apples"), int)
    await Add("apples")  # type: ignore[misc]
    await ctx.perform(Count("apples"))  # type: ignore[arg-type]


# Answers


def telling() -> None:
    """An answer told beforehand has the type that its question says, or is an error of the tree."""
    answer(Count("apples"), 3)
    answer(Count("apples"), Unavailable("orchard"))
    answer(Owner(), None)
    answer(Owner(), "fan")
    answer(Count("apples"), "three")  # type: ignore[misc]
    answer(Count("apples"), None)  # type: ignore[misc]
    answer(Owner(), 3)  # type: ignore[misc]
    answer(Count("apples"), ValueError())  # type: ignore[misc]
    answer(Add("apples"), 3)
    answer(Add("apples"), "three")  # type: ignore[misc]


def invariance(owner: Query[str | None]) -> None:
    """A query is for one type of answer, neither a wider nor a narrower one."""
    wider: Query[str | int | None] = owner  # type: ignore[assignment]
    narrower: Query[str] = owner  # type: ignore[assignment]
    del wider, narrower


def sources(answers: Answers) -> list[Source]:
    """Answers, recordings and replays are sources; a dictionary is none."""
    none: Source = {}  # type: ignore[assignment]
    return [answers, Recording(answers), Replay([]), none]


# Steps


@step("count", writes=["apples"])
async def count(ctx: Context[str, Basket]) -> int:
    """Give a number."""
    ctx.stash.apples = await Count(ctx.args)
    return ctx.stash.apples


@step("find")
async def find(_: Context[str, Basket]) -> str | None:
    """Give a name, or none."""
    return await Owner()


@step("early")
async def early(_: Context[str, Basket]) -> str | EarlyReturn[None]:
    """Give a name, or none and end early."""
    return await Owner() or EarlyReturn(None)


@effect_step("add")
async def add(ctx: EffectContext[str, Basket]) -> int:
    """Give a number."""
    return await ctx.perform(Add(ctx.args))


@step("other")
async def other(_: Context[str, OtherStash]) -> int:
    """Use another stash."""
    return 1


@step("other arguments")
async def other_args(_: Context[int, Basket]) -> int:
    """Take other arguments."""
    return 1


class HasApples(Protocol):
    """Any stash with apples."""

    apples: int


@step("for all", writes=["apples"])
async def for_all(ctx: Context[object, HasApples]) -> bytes:
    """Go into any pipeline whose stash has apples."""
    ctx.stash.apples = 1
    return b""


def steps() -> None:
    """A step has the types of its function."""
    assert_type(count, Step[str, Basket, int])
    assert_type(find, Step[str, Basket, str | None])
    assert_type(add, Step[str, Basket, int])


def no_step(_: Context[str, Basket]) -> int:
    """Be no coroutine function."""
    return 1


def making_steps() -> None:
    """Only a coroutine function makes a step, and only an effect step sees ``perform``."""
    step("no step")(no_step)  # type: ignore[arg-type]
    step("performing")(performing)  # type: ignore[arg-type]
    effect_step("performing")(performing)
    effect_step("plain")(plain)


@step("next", prev=True)
async def next_one(ctx: PrevContext[str, Basket, int]) -> int:
    """What a step sees of the previous one has the type that its context says."""
    assert_type(ctx.prev, int)
    return ctx.prev + 1


@effect_step("add next", prev=True)
async def add_next(ctx: PrevEffectContext[str, Basket, str | None]) -> int:
    """The same holds of an effect step."""
    assert_type(ctx.prev, str | None)
    return await ctx.perform(Add(ctx.prev or "apples"))


async def without_prev(ctx: Context[str, Basket]) -> int:
    """A context without ``prev`` has none, and a step that declares it takes one that has."""
    ctx.prev  # type: ignore[attr-defined]  # noqa: B018
    step("undeclared")(sees_prev)  # type: ignore[arg-type]
    step("declared", prev=True)(sees_prev)
    return 1


async def sees_prev(ctx: PrevContext[str, Basket, int]) -> int:
    """See the previous value."""
    return ctx.prev


def after_prev(ctx: PrevContext[str, Basket, int]) -> str:
    """``after`` sees the last value, by the type that it says."""
    assert_type(ctx.prev, int)
    return str(ctx.prev)


# Pipelines


def after(ctx: Context[str, Basket]) -> str | None:
    """Make a result of another type than that of any step."""
    return ctx.stash.owner


def after_early(_: Context[str, Basket]) -> bytes | EarlyReturn[bytes]:
    """Make a result, early or not."""
    return b""


def after_other(_: Context[str, OtherStash]) -> int:
    """Use another stash."""
    return 1


def results(source: Source) -> None:
    """The result is of the type of the last step, or of ``after`` where there is one."""
    by_last = pipeline("fruit", Basket, (count, add, find))
    assert_type(by_last, Pipeline[str, Basket, str | None])
    assert_type(pipeline("fruit", Basket, (find, count)), Pipeline[str, Basket, int])
    by_after = pipeline("fruit", Basket, (find, count), after=after)
    assert_type(by_after, Pipeline[str, Basket, str | None])
    assert_type(
        pipeline("fruit", Basket, (count,), before=after, after=after_early),
        Pipeline[str, Basket, bytes],
    )
    assert_type(
        pipeline("fruit", Basket, (count, next_one), after=after_prev),
        Pipeline[str, Basket, str],
    )
    assert_type(pipeline("fruit", Basket, (count, for_all)), Pipeline[str, Basket, bytes])
    wrong: Pipeline[str, Basket, int] = pipeline("fruit", Basket, (count, find))  # type: ignore[arg-type]
    del wrong

    outcome = run(pipeline("fruit", Basket, (find, count)), "args", source)
    assert_type(outcome, Outcome[Basket, int])
    assert_type(outcome.result(), int)
    assert_type(outcome.value, int | None)
    assert_type(outcome.stash, Basket)
    many = run_many(pipeline("fruit", Basket, (count,)), ["a", "b"], source)
    assert_type(many, Iterator[Outcome[Basket, int]])


def mixing(source: Source) -> None:
    """Steps, ``after`` and arguments fit together."""
    pipeline("fruit", Basket, (count, other))  # type: ignore[misc]
    run(pipeline("fruit", Basket, (count, other_args)), "args", source)  # type: ignore[misc]
    pipeline("fruit", OtherStash, (for_all,))  # type: ignore[misc]
    pipeline("fruit", OtherStash, (count,))  # type: ignore[misc]
    pipeline("fruit", Basket, (count,), after=after_other)  # type: ignore[arg-type]
    pipeline("fruit", Basket, ())  # type: ignore[arg-type]
    run(pipeline("fruit", Basket, (count,)), 1, source)  # type: ignore[misc]
    run_many(pipeline("fruit", Basket, (count,)), [1], source)  # type: ignore[misc]

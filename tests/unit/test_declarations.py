from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import cast

import attrs
import pytest

from fanscore_core.engine.question import Effect
from fanscore_core.engine.steps import PrevContext, Step, effect_step, step
from tests.declarations import undeclared_use
from tests.unit.fanscore_core.samples import Add, Basket, Count, Ctx, EffectCtx


@step("idle")
async def idle(_: Ctx) -> None:
    """Use nothing."""


@step("asks")
async def asks(ctx: Ctx) -> int:
    """Use what needs no declaration."""
    return await Count(ctx.args)


@step("sum", reads=["apples", "pears"], writes=["total"], prev=True)
async def add_up(context: PrevContext[str, Basket, object]) -> object:
    """Use all that is declared, under another name than ``ctx``."""
    if context.args:
        context.stash.total = context.stash.apples + context.stash.pears
    return context.prev


@effect_step("add", writes=["apples", "pears", "total"])
async def add(ctx: EffectCtx) -> int:
    """Write in every way that there is, and read what is written."""
    ctx.stash.apples, ctx.stash.pears = await ctx.perform(Add("apples")), 1
    ctx.stash.total += ctx.stash.apples
    return ctx.stash.total


@step("names", writes=["total"])
async def names(ctx: Ctx) -> None:
    """Use other things that look alike."""
    stash = prev = Basket()
    stash.apples = prev.pears
    ctx.stash.total = Basket().apples


@step("renames", reads=["apples"], writes=["pears"], prev=True)
async def renames(ctx: PrevContext[str, Basket, object]) -> object:
    """Use the context and the stash by other names."""
    context = ctx
    args, stash = context.args, context.stash
    stash.pears = stash.apples + len(args)
    return context.prev


def apples_of(number: int, stash: Basket) -> int:
    """Read a field for a step, and go on."""
    return stash.apples + number if number else apples_of(1, stash)


async def double(ctx: Ctx, times: int) -> None:
    """Write a field for a step."""
    ctx.stash.total = times * apples_of(0, ctx.stash)


@step("calls", reads=["apples", "pears"], writes=["total"])
async def calls(ctx: Ctx) -> None:
    """Let functions use the context and the stash."""
    await double(ctx, ctx.stash.pears)


GOOD = [idle, asks, add_up, add, names, renames, calls]


@pytest.mark.parametrize("good", GOOD, ids=lambda each: each.name)
def test_good_steps_have_no_mismatch(good: Step[str, Basket, object]) -> None:
    """A step that uses exactly what it declares has no mismatch."""
    assert undeclared_use(good) == ()


async def reads(ctx: Ctx) -> int:
    """Read a field."""
    return ctx.stash.apples


async def writes(ctx: Ctx) -> None:
    """Write a field."""
    ctx.stash.apples = 1


async def adds(ctx: Ctx) -> None:
    """Read and write a field, adding another."""
    ctx.stash.apples += ctx.stash.pears


async def annotates(ctx: Ctx) -> None:
    """Write a field with an annotation."""
    ctx.stash.apples: int = 1  # type: ignore[misc]  # nobody writes so, but one could


async def deletes(ctx: Ctx) -> None:
    """Delete a field."""
    del ctx.stash.apples


async def in_a_branch(ctx: PrevContext[str, Basket, object]) -> list[int]:
    """Use fields far inside."""
    if ctx.args == "never":
        return [number for number in range(ctx.stash.pears) if number or ctx.prev]
    return []


async def uses_nothing(_: Ctx) -> None:
    """Use nothing."""


async def hands_on(ctx: Ctx) -> object:
    """Hand on everything."""
    return [ctx, ctx.stash]


async def evolves(ctx: Ctx) -> Basket:
    """Hand on the stash to what has no source here."""
    return attrs.evolve(ctx.stash, apples=ctx.stash.pears)


async def calls_by_name(ctx: Ctx) -> int:
    """Hand on the stash by name."""
    return apples_of(1, stash=ctx.stash)


def performs(effect: Effect[int]) -> Callable[[EffectCtx], Coroutine[object, object, int]]:
    """Make a step function that uses what is around it, too."""

    async def perform(ctx: EffectCtx) -> int:
        return await ctx.perform(effect) + ctx.stash.apples

    return perform


@pytest.mark.parametrize(
    ("bad", "mismatches"),
    [
        pytest.param(step("a")(reads), ("reads apples, undeclared",), id="read"),
        pytest.param(step("a")(writes), ("writes apples, undeclared",), id="write"),
        pytest.param(
            step("a")(adds),
            ("reads apples, undeclared", "reads pears, undeclared", "writes apples, undeclared"),
            id="add",
        ),
        pytest.param(step("a")(annotates), ("writes apples, undeclared",), id="annotate"),
        pytest.param(
            step("a", reads=["apples"])(writes),
            ("writes apples, declared as read", "never reads apples"),
            id="write what is read",
        ),
        pytest.param(step("a", writes=["apples"])(reads), ("never writes apples",), id="only read"),
        pytest.param(
            step("a", writes=["apples"])(deletes),
            ("deletes apples", "never writes apples"),
            id="delete",
        ),
        pytest.param(
            step("a")(cast("Callable[[Ctx], Coroutine[object, object, object]]", in_a_branch)),
            ("reads pears, undeclared", "uses prev, undeclared"),
            id="in a branch",
        ),
        pytest.param(
            step("a", reads=["pears"], writes=["total", "apples"], prev=True)(uses_nothing),
            ("never reads pears", "never writes apples", "never writes total", "never uses prev"),
            id="unused",
        ),
        pytest.param(
            step("a")(hands_on),
            ("hands on its context as a whole", "hands on its stash as a whole"),
            id="hand on",
        ),
        pytest.param(
            step("a")(evolves),
            ("reads pears, undeclared", "hands on its stash as a whole"),
            id="evolve",
        ),
        pytest.param(step("a")(calls_by_name), ("hands on its stash as a whole",), id="by name"),
        pytest.param(
            attrs.evolve(renames, reads=frozenset(), writes=frozenset()),
            ("reads apples, undeclared", "writes pears, undeclared"),
            id="rename",
        ),
        pytest.param(
            attrs.evolve(calls, reads=frozenset(), writes=frozenset({"pears"})),
            ("reads apples, undeclared", "writes total, undeclared", "never writes pears"),
            id="call",
        ),
        pytest.param(
            effect_step("a")(performs(Add("apples"))), ("reads apples, undeclared",), id="nested"
        ),
    ],
)
def test_bad_steps_are_told_what_does_not_match(
    bad: Step[str, Basket, object], mismatches: tuple[str, ...]
) -> None:
    """Every field that is used and not declared, or declared and not used, is named."""
    assert undeclared_use(bad) == mismatches


async def takes_nothing() -> None:
    """Take no context."""


def is_plain(_: Ctx) -> None:
    """Be no coroutine function."""


@pytest.mark.parametrize("function", [takes_nothing, is_plain])
def test_only_async_functions_of_a_context_are_read(
    function: Callable[[Ctx], Coroutine[object, object, None]],
) -> None:
    """A function that cannot be a step is refused."""
    with pytest.raises(TypeError, match=r"^step a: expected an async def that takes a context$"):
        undeclared_use(step("a")(function))

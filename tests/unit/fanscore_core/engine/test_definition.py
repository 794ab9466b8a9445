"""How a pipeline is defined, and what waits for what in it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import cast

import attrs
import pytest

from fanscore_core.engine.definition import BEFORE, Fill, pipeline
from fanscore_core.engine.rounds import run
from fanscore_core.engine.steps import EarlyReturn, SkipTo, Step, effect_step, step
from tests.unit.fanscore_core.samples import Add, Basket, Count, Ctx, EffectCtx, World


async def nothing(_: Ctx) -> None:
    """Do nothing."""


PLAIN = step("plain")(nothing)
GATE = step("gate", gate=True)(nothing)
GATE_2 = step("gate 2", gate=True)(nothing)
EFFECT = effect_step("effect")(nothing)
EFFECT_2 = effect_step("effect 2")(nothing)
PREV = step("prev", prev=True)(nothing)
READS = step("reads", reads=["apples"])(nothing)
READS_BOTH = step("reads both", reads=["apples", "pears"])(nothing)
WRITES = step("writes", writes=["apples"])(nothing)
WRITES_2 = step("writes 2", writes=["apples"])(nothing)
WRITES_PEARS = step("writes pears", writes=["pears"])(nothing)


async def _without_context() -> None:
    """Do nothing, for nobody."""


Does = Callable[[Ctx], Coroutine[object, object, None]]
Steps = tuple[Step[str, Basket, None], ...]


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        pytest.param(
            (PLAIN, GATE, PLAIN),
            "pipeline fruit: two steps have one name, of ['plain', 'gate', 'plain']",
            id="names",
        ),
        pytest.param(
            (step("a", reads=["plums", "apples"], writes=["figs"])(nothing),),
            "step a: the stash has no field figs, plums",
            id="unknown fields",
        ),
        pytest.param(
            (step("a", reads=["apples", "pears"], writes=["pears"])(nothing),),
            "step a: writes may be read too: pears",
            id="read and written",
        ),
        pytest.param(
            (step("a")(cast("Does", _without_context)),),
            "step a: expected a coroutine function of one argument",
            id="no argument",
        ),
        pytest.param(
            (cast("Step[str, Basket, None]", _without_context),),
            "pipeline fruit: _without_context is no step: decorate it with @step or @effect_step",
            id="no step",
        ),
    ],
)
def test_mistakes_in_declarations_are_named(steps: Steps, problem: str) -> None:
    """A pipeline whose steps declare what cannot be cannot be defined, and is told why."""
    with pytest.raises(TypeError) as raised:
        pipeline("fruit", Basket, steps, after=lambda _: None)
    assert str(raised.value) == problem


class _Plain:
    """A class that is none of attrs'."""


@attrs.define
class _Demanding:
    """A stash that cannot be made of nothing."""

    apples: int


@pytest.mark.parametrize("stash", [_Plain, _Demanding])
def test_a_stash_can_be_made_of_nothing(stash: type[object]) -> None:
    """A stash is an attrs class whose fields have defaults: each run begins with a new one."""
    with pytest.raises(TypeError) as raised:
        pipeline("fruit", cast("type[Basket]", stash), (PLAIN,))
    expected = "pipeline fruit: the stash must be an attrs class whose fields have defaults"
    assert str(raised.value) == expected


def test_a_step_is_a_coroutine_function() -> None:
    """A pipeline with a step that is a plain function cannot be defined."""

    def plain(_: Ctx) -> int:
        return 1

    function = cast("Callable[[Ctx], Coroutine[object, object, int]]", plain)
    with pytest.raises(TypeError) as raised:
        pipeline("fruit", Basket, (step("a")(function),))
    assert str(raised.value) == "step a: expected a coroutine function of one argument"


@pytest.mark.parametrize(
    ("steps", "waits"),
    [
        pytest.param((PLAIN, READS), [set(), set()], id="nothing declared"),
        pytest.param((WRITES, READS), [set(), {0}], id="reader for writer"),
        pytest.param((READS, WRITES), [set(), set()], id="writer not for reader"),
        pytest.param((WRITES, WRITES_2), [set(), {0}], id="writer for writer"),
        pytest.param((WRITES, WRITES_2, READS), [set(), {0}, {0, 1}], id="all writers"),
        pytest.param((WRITES, WRITES_PEARS, READS), [set(), set(), {0}], id="own fields"),
        pytest.param((WRITES, WRITES_PEARS, READS_BOTH), [set(), set(), {0, 1}], id="all fields"),
        pytest.param((PREV, PLAIN), [set(), set()], id="first prev for nothing"),
        pytest.param((PLAIN, GATE_2, PREV), [set(), set(), {1}], id="prev"),
        pytest.param((PLAIN, READS, PREV), [set(), set(), {1}], id="prev for one"),
        pytest.param((PLAIN, GATE, READS, PREV), [set(), set(), {1}, {1, 2}], id="gate"),
        pytest.param((GATE, GATE_2, PLAIN), [set(), {0}, {1}], id="last gate"),
        pytest.param((WRITES, PLAIN, EFFECT), [set(), set(), {0, 1}], id="effect for all"),
        pytest.param((EFFECT, PLAIN, READS), [set(), {0}, {0}], id="effect is a gate"),
        pytest.param((PLAIN, EFFECT, EFFECT_2), [set(), {0}, {0, 1}], id="effects in order"),
    ],
)
def test_steps_wait_for_what_they_declare(steps: Steps, waits: list[set[int]]) -> None:
    """A step waits for writers of its fields, ``prev`` and the last gate; an effect for all."""
    places = pipeline("fruit", Basket, steps, after=lambda _: None).plan
    assert [place.waits_for for place in places] == waits
    assert [set(place.followers) for place in places] == [
        {later for later, waited in enumerate(waits) if position in waited}
        for position in range(len(waits))
    ]


def test_a_stash_is_filled_from_the_latest_earlier_writers() -> None:
    """Each declared field comes from the latest earlier step that writes it, or from before."""
    places = pipeline(
        "fruit", Basket, (WRITES, WRITES_2, READS_BOTH, WRITES_PEARS), after=lambda _: None
    ).plan
    assert [place.fills for place in places] == [
        (Fill("apples", "apples", BEFORE),),
        (Fill("apples", "apples", 0),),
        (Fill("_read_only_apples", "apples", 1), Fill("_read_only_pears", "pears", BEFORE)),
        (Fill("pears", "pears", BEFORE),),
    ]


@pytest.mark.parametrize(
    ("steps", "effects"), [((), False), ((PLAIN, GATE), False), ((PLAIN, EFFECT), True)]
)
def test_a_pipeline_knows_whether_it_has_effects(steps: Steps, effects: bool) -> None:
    """A pipeline may change the world if one of its steps is an effect step."""
    assert pipeline("fruit", Basket, steps, after=lambda _: None).has_effects is effects


def test_independent_steps_ask_in_one_round() -> None:
    """Steps that need nothing from each other ask at the same time."""

    @step("apples", writes=["apples"])
    async def apples(ctx: Ctx) -> None:
        ctx.stash.apples = await Count("apples")

    @step("pears", writes=["pears"])
    async def pears(ctx: Ctx) -> None:
        ctx.stash.pears = await Count("pears")

    @step("total", reads=["apples", "pears"])
    async def total(ctx: Ctx) -> int:
        return await Count(f"{ctx.stash.apples} and {ctx.stash.pears}")

    world = World(apples=3, pears=4)
    run(pipeline("fruit", Basket, (apples, pears, total)), "", world)
    assert world.rounds == [[Count("apples"), Count("pears")], [Count("3 and 4")]]


def test_nothing_after_a_gate_starts_before_it_is_done() -> None:
    """What comes after a gate asks once the gate is done; what comes before does not wait."""

    @step("before")
    async def early(_: Ctx) -> None:
        await Count("early")

    @step("gate", gate=True)
    async def gate(_: Ctx) -> None:
        await Count("gate")
        await Count("gate again")

    @step("after")
    async def late(_: Ctx) -> None:
        await Count("late")

    world = World()
    run(pipeline("fruit", Basket, (early, gate, late)), "", world)
    assert world.rounds == [
        [Count("early"), Count("gate")],
        [Count("gate again")],
        [Count("late")],
    ]


@pytest.mark.parametrize(
    "gate",
    [
        pytest.param(EarlyReturn(1, SkipTo.END), id="END"),
        pytest.param(ZeroDivisionError(), id="error"),
    ],
)
def test_a_gate_that_does_not_open_lets_nothing_be_asked(
    gate: EarlyReturn[int] | Exception,
) -> None:
    """After a gate that fails or ends, no question is asked."""

    @step("gate", gate=True)
    async def closed(_: Ctx) -> EarlyReturn[int]:
        await Count("gate")
        if isinstance(gate, Exception):
            raise gate
        return gate

    @step("after")
    async def late(_: Ctx) -> int:
        return await Count("late")

    world = World()
    run(pipeline("fruit", Basket, (closed, late)), "", world)
    assert world.rounds == [[Count("gate")]]


def test_an_effect_waits_for_all_before_it() -> None:
    """An effect is performed when all steps before are done, and before all after it start."""

    @step("slow")
    async def slow(_: Ctx) -> None:
        await Count("slow")
        await Count("slower")

    @step("quick")
    async def quick(_: Ctx) -> None:
        await Count("quick")

    @effect_step("add")
    async def add(ctx: EffectCtx) -> None:
        await ctx.perform(Add("apples"))

    @step("after")
    async def late(_: Ctx) -> None:
        await Count("late")

    world = World()
    run(pipeline("fruit", Basket, (slow, quick, add, late)), "", world)
    assert world.rounds == [
        [Count("slow"), Count("quick")],
        [Count("slower")],
        [Add("apples")],
        [Count("late")],
    ]


@pytest.mark.parametrize("returned", [1, EarlyReturn(1)])
def test_an_effect_follows_steps_that_are_done(returned: int | EarlyReturn[int]) -> None:
    """An effect is performed if all steps before it ran or returned early."""
    world = World(apples=3)
    assert _effect_after(returned, world) == 4
    assert world.rounds == [[Count("first")], [Add("apples")]]


@pytest.mark.parametrize(
    "returned",
    [
        pytest.param(EarlyReturn(1, SkipTo.END), id="END"),
        pytest.param(ZeroDivisionError(), id="error"),
    ],
)
def test_an_effect_does_not_follow_an_end_or_error(returned: object) -> None:
    """An effect is not performed if a step before it failed or ended."""
    world = World(apples=3)
    _effect_after(returned, world)
    assert world.rounds == [[Count("first")]]


def _effect_after(returned: object, world: World) -> object:
    @step("first")
    async def first(_: Ctx) -> object:
        await Count("first")
        if isinstance(returned, Exception):
            raise returned
        return returned

    @effect_step("add")
    async def add(ctx: EffectCtx) -> int:
        return await ctx.perform(Add("apples"))

    return run(pipeline("fruit", Basket, (first, add)), "", world).value

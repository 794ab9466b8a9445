"""What a step declares, and what it sees: its stash, ``prev``, its way to effects."""

from __future__ import annotations

from typing import cast

import pytest

from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.rounds import run
from fanscore_core.engine.state import Outcome
from fanscore_core.engine.steps import (
    Context,
    EarlyReturn,
    EffectContext,
    Performance,
    PrevContext,
    PrevEffectContext,
    SkipTo,
    Step,
    StepKind,
    effect_step,
    slot_of,
    stash_view,
    step,
)
from tests.unit.fanscore_core.samples import Add, Basket, Count, Ctx, World


async def nothing(_: Ctx) -> None:
    """Do nothing."""


def alone(one: Step[str, Basket, object]) -> Outcome[Basket, object]:
    """Run a pipeline of one step, with 3 apples in the world."""
    return run(pipeline("alone", Basket, (one,)), "", World(apples=3))


def test_a_step_declares_nothing_by_itself() -> None:
    """A step is plain, and sees and writes nothing, unless it says so."""
    assert step("a")(nothing) == Step(
        "a", nothing, StepKind.PLAIN, frozenset(), frozenset(), prev=False, degrades=False
    )


def test_a_step_is_what_it_declares() -> None:
    """A step is made of its function and of everything that it declares."""
    declared = step("a", reads=["x"], writes=["y"], prev=True, degrades=True, gate=True)
    assert declared(nothing) == Step(
        "a", nothing, StepKind.GATE, frozenset({"x"}), frozenset({"y"}), prev=True, degrades=True
    )


def test_an_effect_step_is_what_it_declares() -> None:
    """An effect step declares what other steps do, and is of a kind of its own."""
    declared = effect_step("a", reads=["x"], writes=["y"], prev=True, degrades=True)
    assert effect_step("a")(nothing) == Step(
        "a", nothing, StepKind.EFFECT, frozenset(), frozenset(), prev=False, degrades=False
    )
    assert declared(nothing) == Step(
        "a", nothing, StepKind.EFFECT, frozenset({"x"}), frozenset({"y"}), prev=True, degrades=True
    )


def test_an_early_return_goes_on_with_the_next_step() -> None:
    """``NEXT`` is where an early return goes, as in AppSync, unless it says ``END``."""
    assert EarlyReturn(1) == EarlyReturn(1, SkipTo.NEXT)


def test_where_to_skip_to_has_appsyncs_names() -> None:
    """What an early return skips to is written as AppSync's ``runtime.earlyReturn`` takes it."""
    assert [(each.name, each.value) for each in SkipTo] == [("NEXT", "NEXT"), ("END", "END")]


def test_performing_hands_the_effect_over() -> None:
    """An effect goes to the engine as it is, and its answer is what is sent back."""
    performance = EffectContext("", Basket()).perform(Add("apples"))
    assert performance == Performance(Add("apples"))
    performing = performance.__await__()
    assert next(performing) == Add("apples")
    with pytest.raises(StopIteration) as stopped:
        performing.send(4)
    assert stopped.value.value == 4


def test_only_effect_steps_have_a_way_to_effects() -> None:
    """The context that a plain step is typed with has no ``perform``."""
    assert not hasattr(Context("", Basket()), "perform")


def test_a_step_sees_the_arguments() -> None:
    """A step's context has the arguments of its run."""

    @step("tell")
    async def tell(ctx: Ctx) -> str:
        return ctx.args

    assert run(pipeline("alone", Basket, (tell,)), "apples", World()).value == "apples"


def test_a_field_that_is_written_may_be_read() -> None:
    """A step reads and writes a field that it declares as written."""

    @step("count", writes=["apples"])
    async def count(ctx: Ctx) -> int:
        before = ctx.stash.apples
        ctx.stash.apples = await Count("apples")
        return before + ctx.stash.apples

    outcome = alone(count)
    assert (outcome.value, outcome.stash) == (3, Basket(apples=3))


def test_a_field_that_is_only_read_cannot_be_written() -> None:
    """Writing a field that the step only reads is an ``AttributeError`` that names the step."""

    @step("addUp", reads=["apples"])
    async def add_up(ctx: Ctx) -> None:
        ctx.stash.apples = 9

    outcome = alone(add_up)
    assert type(outcome.error) is AttributeError
    expected = 'step addUp declares that it reads apples; to write it: writes=["apples"]'
    assert str(outcome.error) == expected
    assert outcome.stash == Basket()


def test_a_field_that_is_not_declared_cannot_be_read() -> None:
    """Reading a field that the step does not declare is an ``AttributeError`` that names it."""

    @step("addUp", reads=["apples"], writes=["total"])
    async def add_up(ctx: Ctx) -> int:
        return ctx.stash.pears

    outcome = alone(add_up)
    assert type(outcome.error) is AttributeError
    assert str(outcome.error) == 'step addUp does not declare pears: reads=["pears"]'


def test_a_field_that_is_not_declared_cannot_be_written() -> None:
    """Writing a field that the step does not declare is an ``AttributeError`` that names it."""

    @step("addUp", reads=["apples"], writes=["total"])
    async def add_up(ctx: Ctx) -> None:
        ctx.stash.pears = 9

    outcome = alone(add_up)
    assert type(outcome.error) is AttributeError
    assert str(outcome.error) == 'step addUp does not declare pears: writes=["pears"]'
    assert outcome.stash == Basket()


def test_a_stash_view_has_the_declared_fields_only() -> None:
    """The class of a step's stash shows what the step declares, and nothing more."""
    declared = step("a", reads=["apples"], writes=["total"])(nothing)
    shown = stash_view(declared, ["apples", "pears", "total"])()
    setattr(shown, slot_of("apples"), 1)  # as a run fills it
    shown.total = 3
    found = {name: getattr(shown, name, "hidden") for name in ("apples", "pears", "total")}
    assert found == {"apples": 1, "pears": "hidden", "total": 3}
    assert not hasattr(shown, "__dict__")


@pytest.mark.parametrize("kind", [Context, PrevContext, EffectContext, PrevEffectContext])
def test_a_context_takes_nothing_else(kind: type[Context[str, Basket]]) -> None:
    """A step cannot leave anything on its context, where neither types nor plan would see it."""
    context = kind("", Basket())
    with pytest.raises(AttributeError):
        context.note = 1  # type: ignore[attr-defined]  # the misuse
    assert not hasattr(context, "__dict__")


def test_steps_do_not_see_each_others_stash() -> None:
    """What a step writes, only steps written later see, even where it is done first."""

    @step("early", reads=["apples"])
    async def early(ctx: Ctx) -> int:
        await Count("pears")
        return ctx.stash.apples

    @step("late", writes=["apples"])
    async def late(ctx: Ctx) -> None:
        ctx.stash.apples = 9

    @step("later", prev=True, reads=["apples"])
    async def later(ctx: Ctx) -> int:
        return ctx.stash.apples

    seen: list[object] = []

    @step("see", prev=True)
    async def see(ctx: PrevContext[str, Basket, object]) -> None:
        seen.append(ctx.prev)

    fruit = pipeline("fruit", Basket, (early, see, late, later))
    assert (run(fruit, "", World()).value, seen) == (9, [0])


def test_a_stash_is_filled_by_the_latest_earlier_writer() -> None:
    """A field that several steps write comes from the last of those before, done late or not."""

    @step("first", writes=["apples"])
    async def first(ctx: Ctx) -> None:
        ctx.stash.apples = await Count("pears")
        ctx.stash.apples = await Count("apples")

    @step("second", writes=["pears"])
    async def second(ctx: Ctx) -> None:
        ctx.stash.pears = 20

    @step("third", writes=["apples"])
    async def third(ctx: Ctx) -> None:
        ctx.stash.apples += 100

    @step("sum", reads=["apples", "pears"])
    async def add_up(ctx: Ctx) -> int:
        return ctx.stash.apples + ctx.stash.pears

    outcome = run(pipeline("fruit", Basket, (first, second, third, add_up)), "", World(apples=3))
    assert (outcome.value, outcome.stash) == (123, Basket(apples=103, pears=20))


def test_a_field_that_nobody_wrote_has_its_default() -> None:
    """Without an earlier writer a field has the default of the stash."""

    @step("read", reads=["apples"], writes=["total"])
    async def read(ctx: Ctx) -> int:
        return ctx.stash.apples + ctx.stash.total

    assert alone(read).value == 0


def test_every_run_has_a_stash_of_its_own() -> None:
    """What one run writes, another does not see."""

    @step("more", writes=["apples"])
    async def more(ctx: Ctx) -> None:
        ctx.stash.apples += 1

    fruit = pipeline("fruit", Basket, (more,))
    assert [run(fruit, "", World()).stash for _ in range(2)] == [Basket(1), Basket(1)]


def test_prev_is_there_only_if_declared() -> None:
    """A step that does not declare ``prev`` and uses it fails with an ``AttributeError``."""

    @step("first")
    async def first(_: Ctx) -> int:
        return 1

    @step("second")
    async def second(ctx: Ctx) -> object:
        return cast("PrevContext[str, Basket, object]", ctx).prev

    outcome = run(pipeline("fruit", Basket, (first, second)), "", World())
    assert type(outcome.error) is AttributeError
    expected = "the context has no prev: a step that sees it declares prev=True"
    assert str(outcome.error) == expected


@pytest.mark.parametrize("returned", [1, EarlyReturn(1), EarlyReturn(1, SkipTo.NEXT)])
def test_prev_is_what_the_previous_step_gave(returned: int | EarlyReturn[int]) -> None:
    """``prev`` is the value of the step before, returned early or not, and not the latest done."""

    @step("far")
    async def far(_: Ctx) -> int:
        await Count("apples")
        return 9

    @step("previous")
    async def previous(_: Ctx) -> int | EarlyReturn[int]:
        return returned

    @step("last", prev=True)
    async def last(ctx: PrevContext[str, Basket, object]) -> object:
        return ctx.prev

    assert run(pipeline("fruit", Basket, (far, previous, last)), "", World()).value == 1


def test_prev_of_the_first_step_without_before_is_none() -> None:
    """Where nothing comes before, the first step's ``prev`` is ``None``."""

    @step("first", prev=True)
    async def first(ctx: PrevContext[str, Basket, object]) -> bool:
        return ctx.prev is None

    assert alone(first).value is True


def test_an_effect_step_sees_what_a_step_sees() -> None:
    """An effect step has arguments, stash and ``prev``, and can ask queries too."""

    @effect_step("add", writes=["apples"], prev=True)
    async def add(ctx: PrevEffectContext[str, Basket, object]) -> tuple[str, object, int]:
        ctx.stash.apples = await ctx.perform(Add(ctx.args))
        return ctx.args, ctx.prev, await Count(ctx.args)

    fruit = pipeline("fruit", Basket, (add,), before=lambda _: "first")
    outcome = run(fruit, "apples", World(apples=3))
    assert (outcome.value, outcome.stash) == (("apples", "first", 4), Basket(apples=4))

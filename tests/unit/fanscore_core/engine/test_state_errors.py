"""One run where something goes wrong: error answers, bugs in steps, misuse."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Coroutine
from contextlib import suppress

import attrs
import pytest

from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.question import Effect, Query, exactly
from fanscore_core.engine.rounds import run, run_many
from fanscore_core.engine.state import Degraded, Outcome
from fanscore_core.engine.steps import EarlyReturn, SkipTo, Step, effect_step, step
from fanscore_core.engine.trace import Fate, Trace
from fanscore_core.errors import (
    DeadlineExceeded,
    FanscoreError,
    NotLoggedIn,
    PipelineMisuse,
    Unavailable,
    UnknownQuestion,
)
from tests.unit.fanscore_core.samples import (
    Add,
    Basket,
    Count,
    Ctx,
    EffectCtx,
    Handed,
    Weather,
    World,
    asked,
)


@step("apples", writes=["apples"], degrades=True)
async def apples_or_none(ctx: Ctx) -> int:
    """Count apples; none where nobody can."""
    try:
        ctx.stash.apples = await Count("apples")
    except Unavailable:
        return -1
    return ctx.stash.apples


@step("apples")
async def apples(_: Ctx) -> int:
    """Count apples, or fail."""
    return await Count("apples")


def alone(one: Step[str, Basket, int], world: World) -> Outcome[Basket, int]:
    """Run a pipeline of one step."""
    return run(pipeline("alone", Basket, (one,)), "", world)


def frames(error: BaseException | None) -> list[str]:
    """Give the names of the functions in an error's traceback, the outermost first."""
    assert error is not None
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


# Error answers


def test_a_step_may_degrade() -> None:
    """A step that catches ``Unavailable`` goes on; the outcome has a value and a warning."""
    down = Unavailable("orchard")
    assert alone(apples_or_none, World(apples=down)) == Outcome(
        value=-1,
        error=None,
        warnings=(Degraded("apples", down),),
        stash=Basket(),
        trace=Trace(
            ("apples",),
            (Fate.DEGRADED,),
            (asked(0, 0, Count("apples"), failure="Unavailable"),),
        ),
    )


def test_an_error_answer_that_nobody_catches_fails_the_step() -> None:
    """An ``Unavailable`` that the step does not catch is the run's error, and no warning."""
    down = Unavailable("orchard")
    assert alone(apples, World(apples=down)) == Outcome(
        value=None,
        error=down,
        warnings=(),
        stash=Basket(),
        trace=Trace(
            ("apples",),
            (Fate.FAILED,),
            (asked(0, 0, Count("apples"), failure="Unavailable"),),
        ),
    )


def test_nobody_degrades_on_a_deadline() -> None:
    """``DeadlineExceeded`` is not caught by who catches ``Unavailable``: it fails the run."""
    late = DeadlineExceeded("orchard")
    outcome = alone(apples_or_none, World(apples=late))
    assert (outcome.error, outcome.warnings) == (late, ())
    assert outcome.trace.fates == (Fate.FAILED,)


def test_any_error_may_be_an_answer() -> None:
    """An answer that is another error may be caught at the await, and is then no warning."""
    not_logged_in = NotLoggedIn()

    @step("catch")
    async def catch(_: Ctx) -> str:
        try:
            return str(await Count("apples"))
        except FanscoreError as error:
            return str(error)

    world = World(apples=not_logged_in)
    outcome = run(pipeline("fruit", Basket, (catch,)), "", world)
    assert (outcome.value, outcome.warnings) == ("User not logged in", ())
    assert outcome.trace.fates == (Fate.RAN,)
    assert alone(apples, world).error is not_logged_in


def test_warnings_are_in_written_order() -> None:
    """Warnings come by step, then in the order of asking, however the answers came."""
    no_apples, no_pears, no_plums = Unavailable("a"), Unavailable("b"), Unavailable("c")

    async def count_anyway(*fruits: str) -> None:
        for fruit in fruits:
            with suppress(Unavailable):
                await Count(fruit)

    @step("slow")
    async def slow(_: Ctx) -> None:
        await count_anyway("figs", "apples", "pears")

    @step("quick")
    async def quick(_: Ctx) -> None:
        await count_anyway("plums")

    world = World(apples=no_apples, pears=no_pears, plums=no_plums)
    outcome = run(pipeline("fruit", Basket, (slow, quick)), "", world)
    assert outcome.warnings == (
        Degraded("slow", no_apples),
        Degraded("slow", no_pears),
        Degraded("quick", no_plums),
    )


def test_the_error_that_a_step_degraded_on_may_fail_it_later() -> None:
    """The last of a step's errors is what it failed with; what it caught before is a warning."""
    no_apples, no_pears = Unavailable("orchard"), Unavailable("orchard")
    outcome = alone(_apples_then_pears(), World(apples=no_apples, pears=no_pears))
    assert outcome.error is no_pears
    assert outcome.warnings == (Degraded("apples then pears", no_apples),)


def test_a_shared_error_is_a_warning_though_it_fails_the_step_later() -> None:
    """The same, where a source gives one error for both: one warning, and one failure."""
    down = Unavailable("orchard")
    outcome = alone(_apples_then_pears(), World(apples=down, pears=down))
    assert outcome.error is down
    assert outcome.warnings == (Degraded("apples then pears", down),)


def test_of_equal_errors_the_last_is_what_it_failed_with() -> None:
    """Where a step is given one error twice, and another between, the warnings keep their order."""
    down, other = Unavailable("orchard"), Unavailable("market")

    @step("a")
    async def thrice(_: Ctx) -> int:
        for fruit in ("apples", "pears"):
            with suppress(Unavailable):
                await Count(fruit)
        return await Count("plums")

    outcome = alone(thrice, World(apples=down, pears=other, plums=down))
    assert outcome.error is down
    assert outcome.warnings == (Degraded("a", down), Degraded("a", other))


def _apples_then_pears() -> Step[str, Basket, int]:
    @step("apples then pears")
    async def either(_: Ctx) -> int:
        try:
            return await Count("apples")
        except Unavailable:
            pass
        return await Count("pears")

    return either


@pytest.mark.parametrize(
    ("returned", "fate"),
    [
        (EarlyReturn(1), Fate.DEGRADED),
        (EarlyReturn(1, SkipTo.END), Fate.ENDED),
    ],
    ids=["NEXT", "END"],
)
def test_a_degraded_step_may_return_early(returned: EarlyReturn[int], fate: Fate) -> None:
    """A step that degraded and returns early has a warning; that it ended shows first."""
    down = Unavailable("orchard")

    @step("a")
    async def early(_: Ctx) -> int | EarlyReturn[int]:
        try:
            return await Count("apples")
        except Unavailable:
            return returned

    outcome = alone(early, World(apples=down))
    assert (outcome.value, outcome.warnings) == (1, (Degraded("a", down),))
    assert outcome.trace.fates == (fate,)


def test_a_shared_error_keeps_nothing_of_its_askers() -> None:
    """An error that is the answer to two runs is the error of both, without any traceback."""
    down = Unavailable("orchard")
    fruit = pipeline("fruit", Basket, (apples,))
    outcomes = list(run_many(fruit, ["first", "second"], World(apples=down)))
    assert [outcome.error for outcome in outcomes] == [down, down]
    assert (down.__traceback__, down.__context__) == (None, None)


def test_a_caught_error_keeps_nothing_of_its_asker() -> None:
    """An error that a step caught, and asked again meanwhile, has no traceback either."""
    down, worse = Unavailable("orchard"), Unavailable("market")

    @step("a")
    async def twice(_: Ctx) -> int:
        try:
            return await Count("apples")
        except Unavailable:
            return await Count("pears")

    outcome = alone(twice, World(apples=down, pears=worse))
    assert outcome.error is worse
    assert (down.__traceback__, down.__context__) == (None, None)
    assert (worse.__traceback__, worse.__context__) == (None, None)


def test_an_error_that_is_raised_later_keeps_nothing_of_its_asker() -> None:
    """An error answer that a step keeps and raises after another await has no traceback."""
    down = Unavailable("orchard")

    @step("a")
    async def later(_: Ctx) -> int:
        try:
            return await Count("apples")
        except Unavailable as error:
            kept = error
        await Count("pears")
        raise kept

    outcome = alone(later, World(apples=down))
    assert (outcome.error, outcome.warnings) == (down, ())
    assert (down.__traceback__, down.__context__) == (None, None)


def test_an_error_answer_keeps_its_cause() -> None:
    """Whatever an adapter says that an error came from stays."""
    down, cause = Unavailable("orchard"), TimeoutError()
    down.__cause__ = cause
    assert alone(apples, World(apples=down)).error is down
    assert down.__cause__ is cause


def test_a_cause_that_a_step_gives_is_not_kept() -> None:
    """An error answer that a step raises from another error has the cause that it came with."""
    down = Unavailable("orchard")

    @step("a")
    async def blaming(_: Ctx) -> int:
        try:
            return await Count("apples")
        except Unavailable as error:
            raise error from ValueError()

    assert alone(blaming, World(apples=down)).error is down
    assert down.__cause__ is None


# Bugs


def test_a_bug_fails_its_run_only() -> None:
    """An exception that is a bug in a step is its run's error, and spoils no other run."""

    @step("divide")
    async def divide(ctx: Ctx) -> float:
        return 1 / await Count(ctx.args)

    fruit = pipeline("fruit", Basket, (divide,))
    bad, good = run_many(fruit, ["none", "apples"], World(apples=2))
    assert (type(bad.error), bad.value) == (ZeroDivisionError, None)
    assert (good.error, good.value) == (None, 0.5)


async def before_asking(_: Ctx) -> int:
    """Fail at once."""
    raise ZeroDivisionError


async def after_an_answer(_: Ctx) -> int:
    """Fail once answered."""
    return _deep(await Count("none"))


async def after_an_error(_: Ctx) -> int:
    """Fail once told that there is no answer."""
    try:
        return await Count("down")
    except Unavailable:
        return _deep(0)


def _deep(number: int) -> int:
    return 1 // number


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (before_asking, ["before_asking"]),
        (after_an_answer, ["after_an_answer", "_deep"]),
        (after_an_error, ["after_an_error", "_deep"]),
    ],
    ids=["before asking", "after an answer", "after an error"],
)
def test_a_bugs_traceback_begins_in_the_step(
    function: Callable[[Ctx], Coroutine[object, object, int]], names: list[str]
) -> None:
    """The traceback of a bug has the step's own frames, and none of the engine's."""
    one = step("a")(function)
    outcome = run(pipeline("fruit", Basket, (one,)), "", World(down=Unavailable("orchard")))
    assert type(outcome.error) is ZeroDivisionError
    assert frames(outcome.error) == names


def divide(_: Ctx) -> int:
    """Fail, once called in its turn."""
    return _deep(0)


@pytest.mark.parametrize(
    "fruit",
    [
        pytest.param(pipeline("fruit", Basket, (apples,), before=divide), id="before"),
        pytest.param(pipeline("fruit", Basket, (apples,), after=divide), id="after"),
    ],
)
def test_a_bug_in_before_or_after_has_its_traceback_too(
    fruit: Pipeline[str, Basket, int],
) -> None:
    """The traceback of a bug in ``before`` or ``after`` begins there."""
    outcome = run(fruit, "", World())
    assert type(outcome.error) is ZeroDivisionError
    assert frames(outcome.error) == ["divide", "_deep"]


def test_a_step_that_raises_stop_iteration_fails() -> None:
    """``StopIteration`` out of a step is an error, and not taken for its end."""

    @step("a")
    async def stop(_: Ctx) -> int:
        raise StopIteration(1)

    outcome = alone(stop, World())
    assert str(outcome.error) == "coroutine raised StopIteration"


# Misuse


@attrs.define
class Mutable(Query[int]):
    """A query that is not frozen, and hence cannot be hashed."""

    of: str = attrs.field(validator=exactly(str))


@attrs.frozen
class Listing(Query[int]):
    """A query that cannot be hashed for what it holds."""

    of: list[str] = attrs.field(validator=exactly(list))


@attrs.frozen
class Spread(Effect[int]):
    """An effect that cannot be hashed for what it holds."""

    over: list[str]


MISUSES = [
    pytest.param(Mutable("apples"), "a query must be hashable: Mutable", id="mutable"),
    pytest.param(Listing(["apples"]), "a query must be hashable: Listing", id="unhashable"),
    pytest.param(Handed(None), "a step awaits queries, nothing else: NoneType", id="sleep(0)"),
    pytest.param(Handed("x"), "a step awaits queries, nothing else: str", id="no question"),
    pytest.param(
        Handed(Add("apples")), "only an effect step performs effects: Add", id="effect in plain"
    ),
    pytest.param(Weather(), "no source answers this: Weather", id="unknown question"),
]


def uncaught(awaitable: Handed) -> Step[str, Basket, int]:
    """Make a step that just awaits."""

    @step("a")
    async def misuse(_: Ctx) -> int:
        await awaitable
        return 1

    return misuse


def caught_as_exception(awaitable: Handed) -> Step[str, Basket, int]:
    """Make a step that awaits, and catches what an application would."""

    @step("a")
    async def misuse(_: Ctx) -> int:
        try:
            await awaitable
        except Exception:  # noqa: BLE001  # the point
            return 2
        return 1

    return misuse


def caught_as_anything(awaitable: Handed) -> Step[str, Basket, int]:
    """Make a step that awaits, and catches everything."""

    @step("a")
    async def misuse(_: Ctx) -> int:
        try:
            await awaitable
        except BaseException:  # noqa: BLE001  # the point
            return 2
        return 1

    return misuse


def asks_on(awaitable: Handed) -> Step[str, Basket, int]:
    """Make a step that awaits, catches everything, and asks on."""

    @step("a")
    async def misuse(_: Ctx) -> int:
        try:
            await awaitable
        except BaseException:  # noqa: BLE001  # the point
            return await Count("apples")
        return 1

    return misuse


@pytest.mark.parametrize("how", [uncaught, caught_as_exception, caught_as_anything, asks_on])
@pytest.mark.parametrize(("awaitable", "problem"), MISUSES)
def test_misuse_fails_the_step(
    awaitable: Handed, problem: str, how: Callable[[Handed], Step[str, Basket, int]]
) -> None:
    """A step that awaits what no step may fails by that rule, whatever it would catch."""
    world = World()
    outcome = run(pipeline("fruit", Basket, (how(awaitable), apples)), "", world)
    assert type(outcome.error) is PipelineMisuse
    assert str(outcome.error) == f"step a: {problem}"
    assert (outcome.value, outcome.warnings, outcome.stash) == (None, (), Basket())
    assert outcome.trace.fates[0] is Fate.FAILED
    assert all(Count("apples") not in asks for asks in world.rounds[1:])


def test_misuse_keeps_what_the_step_wrote() -> None:
    """A step that fails by misuse counts as failing: what it wrote before is kept."""

    @step("a", writes=["apples"])
    async def misuse(ctx: Ctx) -> None:
        ctx.stash.apples = await Count("apples")
        await Handed(None)

    outcome = run(pipeline("fruit", Basket, (misuse,)), "", World(apples=3))
    assert repr(outcome.error) == repr(
        PipelineMisuse("a", "NoneType", "a step awaits queries, nothing else")
    )
    assert outcome.stash == Basket(apples=3)
    assert outcome.trace == Trace(("a",), (Fate.FAILED,), (asked(0, 0, Count("apples")),))


def test_misuse_obeys_the_order() -> None:
    """Misuse decides like any error: not before an earlier step, and over all later ones."""
    end = EarlyReturn(5, SkipTo.END)

    @step("slow")
    async def slow(_: Ctx) -> EarlyReturn[int]:
        await Count("apples")
        return end

    outcome = run(pipeline("fruit", Basket, (slow, uncaught(Handed(None)))), "", World())
    assert (outcome.value, outcome.error) == (5, None)


def test_a_plain_step_performs_no_effect() -> None:
    """A plain step that gets hold of ``perform`` fails, and the effect is not performed."""

    async def sneak(ctx: EffectCtx) -> int:
        return await ctx.perform(Add("apples"))

    world = World(apples=3)
    outcome = alone(step("sneak")(sneak), world)  # type: ignore[arg-type]  # the point
    assert str(outcome.error) == "step sneak: only an effect step performs effects: Add"
    assert (world.rounds, world.counts) == ([], {"apples": 3})


def test_an_effect_need_not_be_hashable() -> None:
    """Effects are not merged, and so may hold anything."""

    @effect_step("spread")
    async def spread(ctx: EffectCtx) -> int:
        return await ctx.perform(Spread(["bread"]))

    world = World()
    outcome = alone(spread, world)
    assert str(outcome.error) == "step spread: no source answers this: Spread"
    assert world.rounds == [[Spread(["bread"])]]


def test_an_unknown_question_is_not_the_sources_error() -> None:
    """That nobody answers a question is reported by step and question, not by its values."""

    @step("a")
    async def ask(_: Ctx) -> int:
        return await Count("a fan's own")

    outcome = alone(ask, World(**{"a fan's own": UnknownQuestion()}))
    assert repr(outcome.error) == repr(PipelineMisuse("a", "Count", "no source answers this"))

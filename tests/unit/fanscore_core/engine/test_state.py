"""One run: early return, who decides, dropped steps, before and after, answers in any order."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress

import pytest

from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.question import Answered
from fanscore_core.engine.rounds import run
from fanscore_core.engine.state import Degraded, Outcome, Run
from fanscore_core.engine.steps import EarlyReturn, PrevContext, SkipTo, Step, effect_step, step
from fanscore_core.engine.trace import Fate, Trace
from fanscore_core.errors import NotLoggedIn, Unavailable
from tests.unit.fanscore_core.samples import (
    Add,
    Basket,
    Count,
    Ctx,
    EffectCtx,
    World,
    asked,
)

Returned = int | EarlyReturn[int] | Exception


def counts(
    name: str, writes: str, *of: str, then: Returned | None = None
) -> Step[str, Basket, int]:
    """Make a step that counts fruits, one after the other, into one field; then does as told."""

    @step(name, writes=[writes])
    async def count(ctx: Ctx) -> int | EarlyReturn[int]:
        for each in of:
            setattr(ctx.stash, writes, await Count(each))
        if isinstance(then, Exception):
            raise then
        return await Count(of[-1]) if then is None else then

    return count


def gives(name: str, then: Returned, *, prev: bool = False) -> Step[str, Basket, int]:
    """Make a step that asks once, and then returns or raises what it is told."""

    @step(name, prev=prev)
    async def give(_: Ctx) -> int | EarlyReturn[int]:
        await Count(name)
        if isinstance(then, Exception):
            raise then
        return then

    return give


def total(ctx: PrevContext[str, Basket, object]) -> tuple[object, Basket]:
    """Give what ``after`` sees."""
    return ctx.prev, ctx.stash


def test_an_outcome_tells_everything() -> None:
    """A run that goes well has a value, the final stash, and a trace; no error, no warnings."""

    @step("apples", writes=["apples"])
    async def apples(ctx: Ctx) -> None:
        ctx.stash.apples = await Count(ctx.args)

    @step("total", reads=["apples"], writes=["total"])
    async def add_up(ctx: Ctx) -> int:
        ctx.stash.total = ctx.stash.apples + await Count("pears")
        return ctx.stash.total

    outcome = run(pipeline("fruit", Basket, (apples, add_up)), "apples", World(apples=3, pears=4))
    assert outcome == Outcome(
        value=7,
        error=None,
        warnings=(),
        stash=Basket(apples=3, total=7),
        trace=Trace(
            steps=("apples", "total"),
            fates=(Fate.RAN, Fate.RAN),
            asked=(asked(0, 0, Count("apples")), asked(1, 1, Count("pears"))),
        ),
    )
    assert outcome.result() == 7


def test_a_failed_outcome_raises_its_error() -> None:
    """The result of a run that failed is its error, raised."""
    outcome = run(pipeline("fruit", Basket, (gives("a", NotLoggedIn()),)), "", World())
    with pytest.raises(NotLoggedIn) as raised:
        outcome.result()
    assert (outcome.value, outcome.error) == (None, raised.value)


# Early return


def test_next_goes_on() -> None:
    """A step that returns early with ``NEXT`` has that value, and all others run."""
    steps = (gives("a", EarlyReturn(1)), gives("b", 2))
    outcome = run(pipeline("fruit", Basket, steps), "", World())
    assert outcome == Outcome(
        value=2,
        error=None,
        warnings=(),
        stash=Basket(),
        trace=Trace(
            ("a", "b"),
            (Fate.RETURNED_EARLY, Fate.RAN),
            (asked(0, 0, Count("a")), asked(0, 1, Count("b"))),
        ),
    )


def test_the_last_step_may_return_early() -> None:
    """The value that the last step returns early is the result."""
    steps = (gives("a", 1), gives("b", EarlyReturn(2)))
    assert run(pipeline("fruit", Basket, steps), "", World()).value == 2


def test_next_keeps_what_the_step_wrote() -> None:
    """A step that returns early keeps its writes, and later readers wait for it."""
    early = counts("a", "apples", "apples", then=EarlyReturn(1))

    @step("b", reads=["apples"])
    async def read(ctx: Ctx) -> int:
        return ctx.stash.apples

    outcome = run(pipeline("fruit", Basket, (early, read)), "", World(apples=3))
    assert (outcome.value, outcome.stash) == (3, Basket(apples=3))


def test_end_drops_what_comes_later() -> None:
    """After ``END`` no later step counts: not its writes, not its warnings, not its error."""
    steps = (
        counts("a", "apples", "apples", then=EarlyReturn(1, SkipTo.END)),
        counts("b", "pears", "pears", "pears"),
        gives("c", ZeroDivisionError()),
        counts("d", "total", "apples", "total"),
    )
    world = World(apples=3, pears=4)
    assert run(pipeline("fruit", Basket, steps), "", world) == Outcome(
        value=1,
        error=None,
        warnings=(),
        stash=Basket(apples=3),
        trace=Trace(
            ("a", "b", "c", "d"),
            (Fate.ENDED, Fate.DROPPED, Fate.DROPPED, Fate.DROPPED),
            (
                asked(0, 0, Count("apples")),
                asked(0, 1, Count("pears")),
                asked(0, 2, Count("c")),
                asked(0, 3, Count("apples"), shared=True),
            ),
        ),
    )
    assert len(world.rounds) == 1


def test_after_decides_the_result_of_an_end() -> None:
    """After ``END``, ``after`` still runs, sees its value as ``prev``, and makes the result."""
    steps = (counts("a", "apples", "apples", then=EarlyReturn(1, SkipTo.END)), gives("b", 2))
    outcome = run(pipeline("fruit", Basket, steps, after=total), "", World(apples=3))
    assert (outcome.value, outcome.error) == ((1, Basket(apples=3)), None)


# Who decides

FIRST_ERROR, SECOND_ERROR = NotLoggedIn(), ZeroDivisionError()


@pytest.mark.parametrize(
    ("slow", "quick", "value", "error", "fates"),
    [
        pytest.param(
            FIRST_ERROR, SECOND_ERROR, None, FIRST_ERROR, (Fate.FAILED, Fate.DROPPED), id="errors"
        ),
        pytest.param(
            FIRST_ERROR,
            EarlyReturn(2, SkipTo.END),
            None,
            FIRST_ERROR,
            (Fate.FAILED, Fate.DROPPED),
            id="error before END",
        ),
        pytest.param(
            EarlyReturn(1, SkipTo.END),
            SECOND_ERROR,
            1,
            None,
            (Fate.ENDED, Fate.DROPPED),
            id="END before error",
        ),
        pytest.param(
            EarlyReturn(1, SkipTo.END),
            EarlyReturn(2, SkipTo.END),
            1,
            None,
            (Fate.ENDED, Fate.DROPPED),
            id="ENDs",
        ),
        pytest.param(
            1, SECOND_ERROR, None, SECOND_ERROR, (Fate.RAN, Fate.FAILED), id="error alone"
        ),
        pytest.param(
            EarlyReturn(1),
            EarlyReturn(2, SkipTo.END),
            2,
            None,
            (Fate.RETURNED_EARLY, Fate.ENDED),
            id="END alone",
        ),
    ],
)
def test_the_first_in_written_order_decides(
    slow: Returned,
    quick: Returned,
    value: int | None,
    error: Exception | None,
    fates: tuple[Fate, ...],
) -> None:
    """The first step in written order that fails or ends decides, though a later one did so yet."""
    steps = (counts("slow", "apples", "a", "b", "c", then=slow), gives("quick", quick))
    outcome = run(pipeline("fruit", Basket, steps), "", World(c=3))
    assert (outcome.value, outcome.error, outcome.trace.fates) == (value, error, fates)
    assert outcome.stash == Basket(apples=3)


def test_earlier_steps_are_finished_first() -> None:
    """What is written before the step that decides is finished, and its writes count."""
    steps = (
        counts("a", "apples", "apples", "apples", then=1),
        gives("b", SECOND_ERROR),
        counts("c", "total", "total"),
    )
    outcome = run(pipeline("fruit", Basket, steps), "", World(apples=3, total=5))
    assert outcome == Outcome(
        value=None,
        error=SECOND_ERROR,
        warnings=(),
        stash=Basket(apples=3),
        trace=Trace(
            ("a", "b", "c"),
            (Fate.RAN, Fate.FAILED, Fate.DROPPED),
            (
                asked(0, 0, Count("apples")),
                asked(0, 1, Count("b")),
                asked(0, 2, Count("total")),
                asked(1, 0, Count("apples")),
            ),
        ),
    )


def test_earlier_steps_that_wait_are_finished_too() -> None:
    """A step before the one that decides runs even if it has not started by then."""

    @step("b", reads=["apples"], writes=["total"])
    async def double(ctx: Ctx) -> None:
        ctx.stash.total = 2 * ctx.stash.apples

    steps = (counts("a", "apples", "apples", then=1), double, gives("c", SECOND_ERROR))
    world = World(apples=3)
    outcome = run(pipeline("fruit", Basket, steps), "", world)
    assert (outcome.error, outcome.stash) == (SECOND_ERROR, Basket(apples=3, total=6))
    assert outcome.trace.fates == (Fate.RAN, Fate.RAN, Fate.FAILED)


def test_the_failing_step_counts() -> None:
    """What the failing step wrote and was warned of before it failed is part of the outcome."""
    down = Unavailable("orchard")

    @step("a", writes=["apples"])
    async def fail(ctx: Ctx) -> None:
        ctx.stash.apples = 3
        try:
            await Count("pears")
        except Unavailable:
            ctx.stash.apples = 9
        raise SECOND_ERROR

    outcome = run(pipeline("fruit", Basket, (fail,)), "", World(pears=down))
    assert outcome == Outcome(
        value=None,
        error=SECOND_ERROR,
        warnings=(Degraded("a", down),),
        stash=Basket(apples=9),
        trace=Trace(("a",), (Fate.FAILED,), (asked(0, 0, Count("pears"), failure="Unavailable"),)),
    )


def test_what_was_not_started_is_not_reached() -> None:
    """A step that waits for one that decides never runs, and its trace says so."""
    world = World()
    outcome = run(
        pipeline(
            "fruit",
            Basket,
            (gives("a", SECOND_ERROR), gives("b", 2, prev=True)),
        ),
        "",
        world,
    )
    assert outcome.trace.fates == (Fate.FAILED, Fate.NOT_REACHED)
    assert world.rounds == [[Count("a")]]


# Dropped steps


def test_a_dropped_step_is_forgotten() -> None:
    """A dropped step's writes, value and warnings do not show; the writer before it counts."""
    down = Unavailable("orchard")

    @step("c", writes=["apples", "pears"])
    async def dropped(ctx: Ctx) -> int:
        ctx.stash.apples, ctx.stash.pears = 10, 10
        try:
            await Count("pears")
        except Unavailable:
            ctx.stash.apples = 11
        return await Count("c")

    steps = (
        counts("a", "apples", "apples", then=1),
        counts("b", "total", "b", "b", "b", then=EarlyReturn(2, SkipTo.END)),
        dropped,
    )
    outcome = run(pipeline("fruit", Basket, steps), "", World(apples=3, pears=down))
    assert (outcome.value, outcome.warnings, outcome.stash) == (2, (), Basket(apples=3))
    assert outcome.trace.fates == (Fate.RAN, Fate.ENDED, Fate.DROPPED)


def test_a_dropped_step_is_closed_at_once() -> None:
    """A step is closed when it is dropped, and not when the run is over."""
    closed: list[str] = []

    @step("c")
    async def dropped(_: Ctx) -> None:
        try:
            await Count("c")
        finally:
            closed.append("c")

    steps = (counts("a", "apples", "a", "a", then=1), gives("b", SECOND_ERROR), dropped)
    one = Run(pipeline("fruit", Basket, steps), "")
    assert [position for position, _ in one.asking()] == [0, 1, 2]
    one.answer(1, Answered(1), 0)
    assert closed == ["c"]
    assert [position for position, _ in one.asking()] == [0]


def test_a_step_that_is_stopped_is_closed_at_once() -> None:
    """A run that is stopped ends at its first step that still asks, and all such are closed."""
    closed: list[str] = []

    def asks(name: str) -> Step[str, Basket, None]:
        @step(name)
        async def ask(_: Ctx) -> None:
            try:
                await Count(name)
            finally:
                closed.append(name)

        return ask

    one = Run(pipeline("fruit", Basket, (gives("a", 1), asks("b"), asks("c"))), "")
    one.answer(0, Answered(0), 0)
    one.stop(SECOND_ERROR)
    assert (closed, one.asking()) == (["b", "c"], [])
    assert one.outcome().trace.fates == (Fate.RAN, Fate.FAILED, Fate.DROPPED)


def test_an_answer_to_a_dropped_step_is_discarded() -> None:
    """An answer that comes when its step has been dropped reaches nobody; the trace has it."""
    resumed: list[int] = []

    @step("b", writes=["pears"])
    async def dropped(ctx: Ctx) -> None:
        ctx.stash.pears = await Count("pears")
        resumed.append(ctx.stash.pears)

    world = World(pears=4)
    outcome = run(pipeline("fruit", Basket, (gives("a", SECOND_ERROR), dropped)), "", world)
    assert world.rounds == [[Count("a"), Count("pears")]]
    assert (resumed, outcome.stash) == ([], Basket())
    assert outcome.trace.asked == (asked(0, 0, Count("a")), asked(0, 1, Count("pears")))


async def awaits_in_finally(_: Ctx) -> int:
    """Ask on the way out."""
    try:
        return await Count("b")
    finally:
        await Count("on the way out")


async def awaits_in_two_finallys(_: Ctx) -> int:
    """Ask on the way out, and again on the way out of that."""
    try:
        try:
            return await Count("b")
        finally:
            await Count("on the way out")
    finally:
        await Count("still on the way out")


async def raises_in_finally(_: Ctx) -> int:
    """Raise on the way out."""
    try:
        return await Count("b")
    finally:
        raise ValueError


async def returns_in_finally(_: Ctx) -> int:
    """Return instead of going out."""
    try:
        return await Count("b")
    except BaseException:  # noqa: BLE001  # the point
        return 1


@pytest.mark.parametrize(
    "function",
    [awaits_in_finally, awaits_in_two_finallys, raises_in_finally, returns_in_finally],
)
def test_a_dropped_step_disturbs_nobody(
    function: Callable[[Ctx], Coroutine[object, object, int]],
) -> None:
    """Whatever a dropped step does while it is closed shows nowhere, not even as a warning."""
    dropped = step("b")(function)
    world = World(apples=3)
    steps = (counts("a", "apples", "apples", then=SECOND_ERROR), dropped)
    outcome = run(pipeline("fruit", Basket, steps), "", world)
    assert outcome == Outcome(
        value=None,
        error=SECOND_ERROR,
        warnings=(),
        stash=Basket(apples=3),
        trace=Trace(
            ("a", "b"),
            (Fate.FAILED, Fate.DROPPED),
            (asked(0, 0, Count("apples")), asked(0, 1, Count("b"))),
        ),
    )
    assert world.rounds == [[Count("apples"), Count("b")]]


@pytest.mark.parametrize(("stays", "is_out"), [(99, True), (100, False)])
def test_a_step_that_does_not_give_in(stays: int, is_out: bool) -> None:
    """A dropped step that asks instead of going out is closed 100 times, then left to itself."""
    out: list[bool] = []

    @step("b")
    async def obstinate(_: Ctx) -> None:
        for _closed in range(stays):
            with suppress(GeneratorExit):
                await Count("b")
        try:
            await Count("b")
        finally:
            out.append(True)

    one = Run(pipeline("fruit", Basket, (gives("a", SECOND_ERROR), obstinate)), "")
    one.answer(0, Answered(0), 0)
    assert (bool(out), one.asking()) == (is_out, [])


# Before and after


def test_before_comes_first() -> None:
    """``before`` may fill the stash, and its value is ``prev`` for the first step."""

    def before(ctx: Ctx) -> str:
        ctx.stash.apples = 7
        return f"before {ctx.args}"

    @step("a", prev=True, reads=["apples"])
    async def read(ctx: PrevContext[str, Basket, object]) -> tuple[object, int]:
        return ctx.prev, ctx.stash.apples

    outcome = run(pipeline("fruit", Basket, (read,), before=before), "args", World())
    assert (outcome.value, outcome.stash) == (("before args", 7), Basket(apples=7))


def test_an_error_in_before_starts_nothing() -> None:
    """Where ``before`` fails, no step starts and ``after`` does not run."""

    def before(ctx: Ctx) -> None:
        ctx.stash.apples = 7
        raise FIRST_ERROR

    ran: list[str] = []
    world = World()
    fruit = pipeline(
        "fruit",
        Basket,
        (gives("a", 1), gives("b", 2)),
        before=before,
        after=lambda _: ran.append("after"),
    )
    assert run(fruit, "", world) == Outcome(
        value=None,
        error=FIRST_ERROR,
        warnings=(),
        stash=Basket(apples=7),
        trace=Trace(("a", "b"), (Fate.NOT_REACHED, Fate.NOT_REACHED), ()),
    )
    assert (world.rounds, ran) == ([], [])


@pytest.mark.parametrize("skip_to", SkipTo)
def test_an_early_return_in_before_skips_all_steps(skip_to: SkipTo) -> None:
    """Where ``before`` returns early, no step runs, and ``after`` sees its value as ``prev``."""

    def before(ctx: Ctx) -> EarlyReturn[int]:
        ctx.stash.apples = 7
        return EarlyReturn(5, skip_to)

    world = World()
    steps = (gives("a", 1), gives("b", 2))
    outcome = run(pipeline("fruit", Basket, steps, before=before, after=total), "", world)
    assert outcome == Outcome(
        value=(5, Basket(apples=7)),
        error=None,
        warnings=(),
        stash=Basket(apples=7),
        trace=Trace(("a", "b"), (Fate.NOT_REACHED, Fate.NOT_REACHED), ()),
    )
    assert world.rounds == []


def test_before_may_give_the_result() -> None:
    """Where ``before`` returns early and there is no ``after``, its value is the result."""
    fruit = pipeline("fruit", Basket, (gives("a", 1),), before=lambda _: EarlyReturn(5))
    assert run(fruit, "", World()).value == 5


def test_after_sees_the_arguments_the_final_stash_and_the_last_value() -> None:
    """``after`` makes the result from what all steps left, and the last step's value."""

    def after(ctx: PrevContext[str, Basket, object]) -> tuple[str, object, int]:
        return ctx.args, ctx.prev, ctx.stash.apples

    steps = (counts("a", "apples", "apples", then=1), gives("b", EarlyReturn(2)))
    outcome = run(pipeline("fruit", Basket, steps, after=after), "args", World(apples=3))
    assert outcome.value == ("args", 2, 3)


def test_after_may_return_early() -> None:
    """An early return from ``after`` is its value."""

    def after(_: Ctx) -> str | EarlyReturn[str]:
        return EarlyReturn("early")

    fruit = pipeline("fruit", Basket, (gives("a", 1),), after=after)
    assert run(fruit, "", World()).value == "early"


def test_after_does_not_run_after_an_error() -> None:
    """Where a step failed, ``after`` has no say."""
    ran: list[str] = []
    fruit = pipeline(
        "fruit", Basket, (gives("a", FIRST_ERROR),), after=lambda _: ran.append("after")
    )
    assert (run(fruit, "", World()).error, ran) == (FIRST_ERROR, [])


def test_an_error_in_after_is_the_runs() -> None:
    """Where ``after`` fails, the run fails with that error; what its steps did stays."""

    def after(_: Ctx) -> int:
        raise FIRST_ERROR

    steps = (counts("a", "apples", "apples", then=1),)
    outcome = run(pipeline("fruit", Basket, steps, after=after), "", World(apples=3))
    assert outcome == Outcome(
        value=None,
        error=FIRST_ERROR,
        warnings=(),
        stash=Basket(apples=3),
        trace=Trace(("a",), (Fate.RAN,), (asked(0, 0, Count("apples")),)),
    )


def test_a_pipeline_without_steps_is_before_and_after() -> None:
    """Without steps, ``after`` sees what ``before`` gave."""
    fruit = pipeline("fruit", Basket, (), before=lambda ctx: ctx.args, after=total)
    assert run(fruit, "args", World()).value == ("args", Basket())


# The final stash


def test_the_final_stash_is_from_the_last_writers() -> None:
    """The final stash takes each field from its last writer, done first or not."""

    @step("b", writes=["apples", "pears"])
    async def both(ctx: Ctx) -> None:
        ctx.stash.apples, ctx.stash.pears = 10, 20

    steps = (
        counts("a", "apples", "apples", "apples", then=1),
        both,
        counts("c", "total", "total", then=1),
        counts("d", "pears", "pears", then=1),
    )
    outcome = run(pipeline("fruit", Basket, steps), "", World(apples=3, pears=4, total=5))
    assert outcome.stash == Basket(apples=10, pears=4, total=5)


def test_a_run_survives_a_step_that_deletes_a_field() -> None:
    """A step that deletes a field of its stash fails its run, and nothing is raised."""

    @step("a", writes=["apples"])
    async def delete(ctx: Ctx) -> None:
        del ctx.stash.apples

    outcome = run(pipeline("fruit", Basket, (delete,)), "", World())
    assert type(outcome.error) is AttributeError


# Answers in any order

ORDERLY: Pipeline[str, Basket, int] = pipeline(
    "fruit",
    Basket,
    (
        counts("a", "apples", "a", "b", then=1),
        gives("b", SECOND_ERROR),
        gives("c", EarlyReturn(2, SkipTo.END)),
    ),
)


@pytest.mark.parametrize("positions", [(0, 0, 1, 2), (2, 1, 0, 0), (1, 0, 2, 0), (0, 2, 1, 0)])
def test_the_order_of_answers_does_not_matter(positions: tuple[int, ...]) -> None:
    """A run takes answers in any order, and its outcome is the same."""
    one = Run(ORDERLY, "")
    for number, position in enumerate(positions):
        one.answer(position, Answered(number), number)
    assert one.asking() == []
    outcome = one.outcome()
    assert (outcome.value, outcome.error) == (None, SECOND_ERROR)
    assert outcome.trace.fates == (Fate.RAN, Fate.FAILED, Fate.DROPPED)


def test_a_run_asks_in_written_order() -> None:
    """What a run asks is given by the position of the step that asks."""
    assert [position for position, _ in Run(ORDERLY, "").asking()] == [0, 1, 2]


def test_an_effect_step_is_asked_for_last() -> None:
    """Steps before an effect step that decide keep the effect from being asked at all."""

    @effect_step("add")
    async def add(ctx: EffectCtx) -> int:
        return await ctx.perform(Add("apples"))

    one = Run(pipeline("fruit", Basket, (gives("a", 1), gives("b", SECOND_ERROR), add)), "")
    one.answer(1, Answered(0), 0)
    one.answer(0, Answered(0), 0)
    assert one.asking() == []
    assert one.outcome().trace.fates == (Fate.RAN, Fate.FAILED, Fate.NOT_REACHED)

"""Many runs and their source: rounds, merging, order, bounds, and sources that break."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import suppress

import attrs
import pytest

from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.engine.rounds import CHUNK, MAX_ROUNDS, run, run_many
from fanscore_core.engine.state import Degraded, Outcome
from fanscore_core.engine.steps import Step, effect_step, step
from fanscore_core.engine.trace import Fate, Trace
from fanscore_core.errors import PipelineMisuse, SourceFailed, Unavailable
from tests.unit.fanscore_core.samples import (
    Add,
    Basket,
    Broken,
    Count,
    Ctx,
    EffectCtx,
    World,
    ask,
    asked,
)


@step("own", writes=["apples"])
async def own(ctx: Ctx) -> None:
    """Count what the arguments name."""
    ctx.stash.apples = await Count(ctx.args)


@step("shared", writes=["pears"])
async def shared(ctx: Ctx) -> None:
    """Count what everybody wants to know."""
    ctx.stash.pears = await Count("pears")


@step("sum", reads=["apples", "pears"], writes=["total"])
async def add_up(ctx: Ctx) -> int:
    """Add both."""
    ctx.stash.total = ctx.stash.apples + ctx.stash.pears
    return ctx.stash.total


SUM: Pipeline[str, Basket, int] = pipeline("sum", Basket, (own, shared, add_up))


@effect_step("add", writes=["apples"])
async def add(ctx: EffectCtx) -> int:
    """Make what the arguments name one more."""
    ctx.stash.apples = await ctx.perform(Add(ctx.args))
    return ctx.stash.apples


ADD: Pipeline[str, Basket, int] = pipeline("add", Basket, (shared, add))


def asks(name: str, *of: str, degrades: bool = False) -> Step[str, Basket, int]:
    """Make a step that counts fruits, one after the other, and gives the last count."""

    @step(name, degrades=degrades)
    async def count(_: Ctx) -> int:
        counts = [await Count(each) for each in of]
        return counts[-1]

    return count


# Rounds


def test_equal_queries_of_one_round_are_asked_once() -> None:
    """What several steps ask in one round is asked once, and answers all of them."""
    world = World(apples=3)
    steps = (asks("a", "apples"), asks("b", "pears"), asks("c", "apples"))
    outcome = run(pipeline("fruit", Basket, steps), "", world)
    assert world.rounds == [[Count("apples"), Count("pears")]]
    assert outcome == Outcome(
        value=3,
        error=None,
        warnings=(),
        stash=Basket(),
        trace=Trace(
            ("a", "b", "c"),
            (Fate.RAN, Fate.RAN, Fate.RAN),
            (
                asked(0, 0, Count("apples")),
                asked(0, 1, Count("pears")),
                asked(0, 2, Count("apples"), shared=True),
            ),
        ),
    )


@attrs.frozen
class Counting:
    """A source that says of each answer how many calls it cost."""

    costs: int

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [Answered(3, "counting", calls=self.costs) for _ in asks]


def test_the_first_asker_has_the_calls() -> None:
    """What a shared answer cost is counted once, for the first who asked."""
    steps = (asks("a", "apples"), asks("b", "pears"), asks("c", "apples"))
    outcome = run(pipeline("fruit", Basket, steps), "", Counting(2))
    assert [(each.shared, each.calls) for each in outcome.trace.asked] == [
        (False, 2),
        (False, 2),
        (True, 0),
    ]


def test_nothing_is_remembered_across_rounds() -> None:
    """A query asked again in a later round is a new question, by the same step or another."""
    world = World()
    steps = (asks("a", "apples", "apples"), asks("b", "pears", "pears", "apples"))
    outcome = run(pipeline("fruit", Basket, steps), "", world)
    assert world.rounds == [
        [Count("apples"), Count("pears")],
        [Count("apples"), Count("pears")],
        [Count("apples")],
    ]
    assert outcome.trace.duplicates == 0


def test_a_read_after_a_write_is_a_new_read() -> None:
    """A query after an effect sees what the effect did."""

    @effect_step("add")
    async def add_one(ctx: EffectCtx) -> tuple[int, int, int]:
        return (
            await Count("apples"),
            await ctx.perform(Add("apples")),
            await Count("apples"),
        )

    assert run(pipeline("fruit", Basket, (add_one,)), "", World(apples=3)).value == (3, 4, 4)


def test_effects_are_never_merged() -> None:
    """Two equal effects are performed twice."""
    world = World(apples=3)
    outcomes = list(run_many(ADD, ["apples", "apples"], world))
    assert [outcome.value for outcome in outcomes] == [4, 5]
    assert [outcome.trace.duplicates for outcome in outcomes] == [0, 0]
    assert world.counts["apples"] == 5


@pytest.mark.parametrize(
    ("first", "second", "degradable"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_a_merged_ask_is_degradable_if_all_its_askers_are(
    first: bool, second: bool, degradable: bool
) -> None:
    """A source may give up early on a question only if every step that asks it degrades."""
    world = World()
    steps = (asks("a", "apples", degrades=first), asks("b", "apples", degrades=second))
    run(pipeline("fruit", Basket, steps), "", world)
    assert world.asks == [[ask(Count("apples"), degradable=degradable)]]


def test_the_trace_tells_who_answered_and_how_long_it_took() -> None:
    """The trace has each answer's source and time, as the source gave them."""
    source = Broken([Answered(3, "store", 0.25)])
    outcome = run(pipeline("fruit", Basket, (asks("a", "apples"),)), "", source)
    assert outcome.trace.asked == (
        asked(0, 0, Count("apples"))._replace(source="store", took_s=0.25),
    )


def test_a_run_that_asks_nothing_needs_no_round() -> None:
    """Where no step asks, the source is never called."""
    world = World()
    outcome = run(pipeline("fruit", Basket, (add_up,)), "", world)
    assert (outcome.value, outcome.trace.rounds, world.asks) == (0, 0, [])


# Many runs


def test_many_runs_share_rounds() -> None:
    """Runs of one chunk ask together, by item then by step; what they share is asked once."""
    world = World(apples=3, plums=5, pears=4)
    outcomes = list(run_many(SUM, ["apples", "plums", "apples"], world))
    assert world.rounds == [[Count("apples"), Count("pears"), Count("plums")]]
    assert [outcome.value for outcome in outcomes] == [7, 9, 7]
    assert [outcome.trace.duplicates for outcome in outcomes] == [0, 1, 2]


def test_questions_are_asked_by_item_then_by_step() -> None:
    """In every round, the questions of the first item come first, in written order."""

    @step("a", writes=["apples"])
    async def first(ctx: Ctx) -> None:
        for number in range(2):
            await Count(f"{ctx.args}a{number}")

    @step("b")
    async def second(ctx: Ctx) -> int:
        for number in range(2):
            await Count(f"{ctx.args}b{number}")
        return 1

    world = World()
    list(run_many(pipeline("fruit", Basket, (first, second)), ["x", "y"], world))
    assert world.rounds == [
        [Count("xa0"), Count("xb0"), Count("ya0"), Count("yb0")],
        [Count("xa1"), Count("xb1"), Count("ya1"), Count("yb1")],
    ]


def test_many_outcomes_are_those_of_one_after_the_other() -> None:
    """Outcomes of many runs are those of single runs; only what they shared differs."""
    args = ["apples", "down", "plums"]
    counts: dict[str, int | Exception] = {
        "apples": 3,
        "down": Unavailable("orchard"),
        "plums": 5,
        "pears": 4,
    }
    many = list(run_many(SUM, args, World(**counts)))
    single = [run(SUM, each, World(**counts)) for each in args]
    assert [_without_sharing(outcome) for outcome in many] == single


def _without_sharing(outcome: Outcome[Basket, int]) -> Outcome[Basket, int]:
    alone = tuple(asked._replace(shared=False) for asked in outcome.trace.asked)
    return attrs.evolve(outcome, trace=attrs.evolve(outcome.trace, asked=alone))


def test_a_bad_item_spoils_none() -> None:
    """A run that fails leaves the others of its chunk as they are, before it and after."""
    down = Unavailable("orchard")
    world = World(apples=3, down=down, pears=4)
    outcomes = list(run_many(SUM, ["apples", "down", "pears"], world))
    assert [(outcome.value, outcome.error) for outcome in outcomes] == [
        (7, None),
        (None, down),
        (8, None),
    ]
    assert [outcome.trace.fates for outcome in outcomes] == [
        (Fate.RAN, Fate.RAN, Fate.RAN),
        (Fate.FAILED, Fate.DROPPED, Fate.NOT_REACHED),
        (Fate.RAN, Fate.RAN, Fate.RAN),
    ]


def test_runs_may_take_different_numbers_of_rounds() -> None:
    """A run that is done waits for nobody's answer, and outcomes still come in order."""

    @step("count down")
    async def count_down(ctx: Ctx) -> int:
        for number in range(int(ctx.args)):
            await Count(f"{number}")
        return int(ctx.args)

    world = World()
    outcomes = list(run_many(pipeline("fruit", Basket, (count_down,)), "3102", world))
    assert [(outcome.value, outcome.trace.rounds) for outcome in outcomes] == [
        (3, 3),
        (1, 1),
        (0, 0),
        (2, 2),
    ]
    assert world.rounds == [[Count("0")], [Count("1")], [Count("2")]]


def test_arguments_are_taken_chunk_by_chunk() -> None:
    """``run_many`` takes no more arguments than its chunk needs, and none before it is asked."""
    taken: list[int] = []

    def names() -> Iterator[str]:
        for number in range(5):
            taken.append(number)
            yield f"{number}"

    world = World()
    outcomes = run_many(SUM, names(), world, chunk=2)
    assert taken == []
    progress = [(len(taken), len(world.asks)) for _ in outcomes]
    assert progress == [(2, 1), (2, 1), (4, 2), (4, 2), (5, 3)]


def test_what_runs_share_is_asked_once_per_chunk() -> None:
    """Each chunk asks anew, and counts its rounds from 0."""
    world = World()
    outcomes = list(run_many(SUM, ["a", "b", "c"], world, chunk=2))
    assert world.rounds == [
        [Count("a"), Count("pears"), Count("b")],
        [Count("c"), Count("pears")],
    ]
    assert outcomes[2].trace.asked == (asked(0, 0, Count("c")), asked(0, 1, Count("pears")))


def test_a_chunk_has_a_default() -> None:
    """Without a word about it, a hundred runs share rounds."""
    world = World()
    list(run_many(SUM, [f"{number}" for number in range(CHUNK + 1)], world))
    assert [len(asks) for asks in world.rounds] == [101, 2]


@pytest.mark.parametrize("chunk", [0, -1])
def test_a_chunk_has_at_least_one(chunk: int) -> None:
    """A chunk of nothing would never come to an end, or lose every run: it is refused."""
    with pytest.raises(ValueError, match=f"^chunk: expected 1 or more, got {chunk}$"):
        list(run_many(SUM, ["a"], World(), chunk=chunk))


def test_runs_with_effects_go_item_by_item() -> None:
    """Where a pipeline has effects, an item is done before the next is even taken."""
    world = World(pears=4)
    args = iter(["apples", "plums"])
    outcomes = run_many(ADD, args, world)
    assert next(outcomes).value == 1
    assert world.rounds == [[Count("pears")], [Add("apples")]]
    assert next(outcomes).value == 1
    assert world.rounds[2:] == [[Count("pears")], [Add("plums")]]
    assert list(outcomes) == []


def test_an_item_sees_the_effects_of_those_before() -> None:
    """A run with effects reads what the runs before it have written."""

    @effect_step("add")
    async def add_one(ctx: EffectCtx) -> int:
        before = await Count("apples")
        await ctx.perform(Add("apples"))
        return before

    many = run_many(pipeline("fruit", Basket, (add_one,)), ["", "", ""], World(apples=3))
    assert [outcome.value for outcome in many] == [3, 4, 5]


def test_no_arguments_no_outcomes() -> None:
    """Many runs of nothing are no runs."""
    world = World()
    assert (list(run_many(SUM, [], world)), world.asks) == ([], [])


# Bounds


def forever(name: str) -> Step[str, Basket, int]:
    """Make a step that does not stop asking."""

    @step(name)
    async def ask_on(_: Ctx) -> int:
        while True:
            await Count("apples")

    return ask_on


def test_a_step_that_asks_forever_is_ended() -> None:
    """A run that still asks after 1,000 rounds fails, naming the first step that does."""
    world = World()
    steps = (asks("a", "apples"), forever("b"), forever("c"))
    outcome = run(pipeline("fruit", Basket, steps), "", world)
    assert repr(outcome.error) == repr(PipelineMisuse("b", "Count", "still asks after 1000 rounds"))
    assert outcome.trace.fates == (Fate.RAN, Fate.FAILED, Fate.DROPPED)
    assert (len(world.rounds), outcome.trace.rounds, MAX_ROUNDS) == (1000, 1000, 1000)


def test_a_step_may_use_all_its_rounds() -> None:
    """A run that needs exactly 1,000 rounds is well."""
    outcome = run(pipeline("fruit", Basket, (asks("a", *["apples"] * 1000),)), "", World(apples=3))
    assert (outcome.value, outcome.error, outcome.trace.rounds) == (3, None, 1000)


def test_a_step_that_asks_forever_spoils_no_other_run() -> None:
    """Of many runs, only the one that asks forever is ended."""

    @step("a")
    async def maybe(ctx: Ctx) -> int:
        while ctx.args == "forever":
            await Count("apples")
        return await Count("pears")

    many = run_many(pipeline("fruit", Basket, (maybe,)), ["x", "forever", "y"], World(pears=4))
    assert [outcome.value for outcome in many] == [4, None, 4]


# Sources that break


@pytest.mark.parametrize(
    ("does", "problem"),
    [
        pytest.param(ValueError("secret"), "raised ValueError", id="raises"),
        pytest.param([], "gave 0 answers to 1 questions", id="none"),
        pytest.param([Answered(1), Answered(2)], "gave 2 answers to 1 questions", id="too many"),
        pytest.param([3], "gave an answer that is not an Answered", id="bare"),
        pytest.param({0: Answered(1)}, "gave an answer that is not an Answered", id="mapping"),
        pytest.param(None, "raised TypeError", id="nothing"),
        pytest.param(iter([]), "gave 0 answers to 1 questions", id="iterator"),
    ],
)
def test_a_source_that_breaks_its_contract_is_named(does: object, problem: str) -> None:
    """A source that raises, or does not answer one for one, fails the run by its name."""
    outcome = run(pipeline("fruit", Basket, (asks("a", "apples"),)), "", Broken(does))
    assert repr(outcome.error) == repr(SourceFailed("Broken", problem))
    assert outcome.trace == Trace(("a",), (Fate.FAILED,), ())


def test_a_source_may_answer_with_any_sequence() -> None:
    """A tuple of answers is as good as a list."""
    outcome = run(pipeline("fruit", Basket, (asks("a", "x"),)), "", Broken((Answered(3),)))
    assert outcome.value == 3


def test_what_a_source_raised_is_the_cause() -> None:
    """The error of a source that raised has what it raised for a cause."""
    error = ValueError("secret")
    outcome = run(pipeline("fruit", Basket, (asks("a", "apples"),)), "", Broken(error))
    assert outcome.error is not None
    assert outcome.error.__cause__ is error
    assert "secret" not in str(outcome.error)


def test_a_source_may_name_the_one_that_failed() -> None:
    """A source that is made of others may raise ``SourceFailed`` for one of them."""
    failed = SourceFailed("store", "raised ValueError")
    outcome = run(pipeline("fruit", Basket, (asks("a", "apples"),)), "", Broken(failed))
    assert outcome.error is failed


@attrs.define
class BreaksOnce:
    """A source that is a world, but for one round in which it raises."""

    world: World
    breaks_in: int
    calls: int = 0

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer, or raise."""
        self.calls += 1
        if self.calls == self.breaks_in + 1:
            raise ValueError
        return self.world.fetch(asks)


@step("own", writes=["apples"])
async def as_often(ctx: Ctx) -> int:
    """Ask as often as the arguments say."""
    for number in range(int(ctx.args)):
        ctx.stash.apples = await Count(f"{number}")
    return int(ctx.args)


def test_a_broken_source_ends_the_runs_of_that_round_only() -> None:
    """All runs that asked in a round that failed end for good; those done by then stay."""
    source = BreaksOnce(World(**{"0": 7}), breaks_in=1)
    many = list(run_many(pipeline("fruit", Basket, (as_often,)), "0123", source))
    assert [(each.value, repr(each.error), each.stash) for each in many] == [
        (0, "None", Basket()),
        (1, "None", Basket(7)),
        (None, repr(SourceFailed("BreaksOnce", "raised ValueError")), Basket(7)),
        (None, repr(SourceFailed("BreaksOnce", "raised ValueError")), Basket(7)),
    ]
    assert [each.trace.fates for each in many] == [
        (Fate.RAN,),
        (Fate.RAN,),
        (Fate.FAILED,),
        (Fate.FAILED,),
    ]
    assert source.calls == 2


def test_the_next_chunk_asks_a_broken_source_again() -> None:
    """A round that failed ends no run that had not started."""
    source = BreaksOnce(World(), breaks_in=1)
    many = list(run_many(pipeline("fruit", Basket, (as_often,)), "121", source, chunk=1))
    assert [(each.value, str(each.error)) for each in many] == [
        (1, "None"),
        (None, "source BreaksOnce: raised ValueError"),
        (1, "None"),
    ]


def test_a_broken_source_keeps_what_was_done() -> None:
    """The first step that still asks fails; steps before it count, those after are dropped."""
    down = Unavailable("orchard")

    @step("a", degrades=True)
    async def degrade(_: Ctx) -> None:
        with suppress(Unavailable):
            await Count("down")

    source = BreaksOnce(World(down=down), breaks_in=1)
    steps = (degrade, asks("b", "x", "y"), asks("c", "x", "y"), asks("d", "x"))
    outcome = run(pipeline("fruit", Basket, steps), "", source)
    assert outcome.warnings == (Degraded("a", down),)
    assert outcome.trace.fates == (Fate.DEGRADED, Fate.FAILED, Fate.DROPPED, Fate.DROPPED)
    assert source.calls == 2


def test_a_step_cannot_catch_a_broken_source() -> None:
    """A broken source ends the run, whatever its steps would catch."""

    @step("a")
    async def catch(_: Ctx) -> int:
        try:
            return await Count("apples")
        except BaseException:  # noqa: BLE001  # the point
            return 1

    outcome = run(pipeline("fruit", Basket, (catch,)), "", Broken(ValueError()))
    assert (outcome.value, str(outcome.error)) == (None, "source Broken: raised ValueError")


def test_a_broken_source_keeps_no_run_alive() -> None:
    """The error that all runs of a failed round share has no traceback into the engine."""
    outcome = run(pipeline("fruit", Basket, (asks("a", "apples"),)), "", Broken(ValueError()))
    assert outcome.error is not None
    assert outcome.error.__traceback__ is None


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit()])
def test_who_wants_to_stop_is_let_go(error: BaseException) -> None:
    """What is no ``Exception`` goes through the engine, and leaves no warning behind."""

    @step("a")
    async def catch(_: Ctx) -> int:
        try:
            return await Count("apples")
        except Exception:  # noqa: BLE001  # the point
            return 1

    with pytest.raises(type(error)) as raised:
        run(pipeline("fruit", Basket, (catch, asks("b", "pears"))), "", Broken(error))
    assert raised.value is error
    del raised
    error.__traceback__ = None
    gc.collect()

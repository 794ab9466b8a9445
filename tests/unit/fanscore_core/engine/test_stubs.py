from __future__ import annotations

import pytest

from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.question import Answered
from fanscore_core.engine.rounds import run, run_many
from fanscore_core.engine.steps import effect_step, step
from fanscore_core.engine.stubs import Answers, Recording, Replay, answer
from fanscore_core.errors import PipelineMisuse, Unavailable, UnknownQuestion
from tests.unit.fanscore_core.samples import (
    Add,
    Basket,
    Broken,
    Count,
    Ctx,
    EffectCtx,
    Weather,
    World,
    ask,
)


@effect_step("add one", writes=["apples", "total"])
async def add_one(ctx: EffectCtx) -> int:
    """Count before and after."""
    ctx.stash.apples = await Count("apples")
    await ctx.perform(Add("apples"))
    ctx.stash.total = await Count("apples")
    return ctx.stash.total - ctx.stash.apples


ADD_ONE: Pipeline[str, Basket, int] = pipeline("addOne", Basket, (add_one,))


@step("count")
async def count(ctx: Ctx) -> int:
    """Count what the arguments name."""
    return await Count(ctx.args)


COUNT: Pipeline[str, Basket, int] = pipeline("count", Basket, (count,))


def test_answers_tells_what_it_was_told() -> None:
    """A question is answered with the answer that it was paired with, be that an error."""
    down = Unavailable("orchard")
    answers = Answers(answer(Count("apples"), 3), answer(Weather(), down))
    assert answers.fetch([ask(Weather()), ask(Count("apples"))]) == [
        Answered(down, "answers"),
        Answered(3, "answers"),
    ]


def test_answers_may_be_none() -> None:
    """``None`` is an answer like any other, and not taken for a missing one."""
    answers = Answers(answer(Weather(), None))
    assert answers.fetch([ask(Weather())]) == [Answered(None, "answers")]


def test_answers_does_not_make_up_answers() -> None:
    """A step that asks what ``Answers`` was not told fails, and the error names both."""
    outcome = run(COUNT, "pears", Answers(answer(Count("apples"), 3)))
    assert repr(outcome.error) == repr(PipelineMisuse("count", "Count", "no source answers this"))


def test_a_recording_passes_on() -> None:
    """A recording answers as the source behind it, and keeps questions and answers in order."""
    recording = Recording(World(apples=3))
    outcome = run(ADD_ONE, "", recording)
    assert outcome == run(ADD_ONE, "", World(apples=3))
    assert recording.kept == [
        (Count("apples"), Answered(3, "world")),
        (Add("apples"), Answered(4, "world")),
        (Count("apples"), Answered(4, "world")),
    ]


def test_a_replay_is_the_same_run_again() -> None:
    """A replay gives the outcome that was recorded; a read after a write gets its own answer."""
    recording = Recording(World(apples=3))
    recorded = run(ADD_ONE, "", recording)
    assert recorded.stash == Basket(apples=3, total=4)
    assert run(ADD_ONE, "", recording.replay()) == recorded


def test_a_recording_can_be_replayed_twice() -> None:
    """A replay uses up its own copy of the recording."""
    recording = Recording(World(apples=3))
    recorded = run(ADD_ONE, "", recording)
    assert [run(ADD_ONE, "", recording.replay()) for _ in range(2)] == [recorded, recorded]


def test_errors_are_replayed_too() -> None:
    """A recorded error is the answer again."""
    down = Unavailable("orchard")
    recording = Recording(World(apples=down))
    assert run(COUNT, "apples", recording).error is down
    assert run(COUNT, "apples", recording.replay()).error is down


def test_a_replay_may_be_asked_in_another_order() -> None:
    """Different questions need not come in the order in which they were recorded."""
    recording = Recording(World(apples=3, pears=4))
    list(run_many(COUNT, ["apples", "pears"], recording))
    replayed = run_many(COUNT, ["pears", "apples"], recording.replay())
    assert [outcome.value for outcome in replayed] == [4, 3]


def test_a_replay_gives_each_answer_once() -> None:
    """A question asked more often than it was recorded is unknown."""
    apples = ask(Count("apples"))
    replay = Replay([(apples.question, Answered(3, "world"))])
    first, second = replay.fetch([apples, apples])
    assert first == Answered(3, "world")
    assert isinstance(second.answer, UnknownQuestion)
    assert second.source == "replay"


def test_a_recording_does_not_hide_a_broken_source() -> None:
    """A source that does not answer one for one fails the run, recorded or not."""
    with pytest.raises(ValueError, match="shorter than argument 1"):
        Recording(Broken([])).fetch([ask(Count("apples"))])
    outcome = run(COUNT, "apples", Recording(Broken([])))
    assert str(outcome.error) == "source Recording: raised ValueError"

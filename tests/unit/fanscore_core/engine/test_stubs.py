from __future__ import annotations

import pytest

from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.question import Answered, Source
from fanscore_core.engine.recording import Recording, Replay
from fanscore_core.engine.rounds import run, run_many
from fanscore_core.engine.steps import effect_step, step
from fanscore_core.engine.stubs import Answers, GivenAnswer, answer
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


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ((answer(Count("apples"), 3),), ", only for Count(of='apples')"),
        (
            (answer(Count("apples"), 3), answer(Weather(), None), answer(Count("figs"), 0)),
            ", only for Count(of='apples'), Count(of='figs')",
        ),
        ((answer(Weather(), None),), ", nor for any Count"),
    ],
)
def test_answers_does_not_make_up_answers(given: tuple[GivenAnswer, ...], known: str) -> None:
    """A question without an answer fails its step; the message shows it, and what has one."""
    outcome = run(COUNT, "pears", Answers(*given))
    problem = f"no answer is given for Count(of='pears'){known}"
    assert repr(outcome.error) == repr(PipelineMisuse("count", "Count", problem))


def test_a_list_of_answers_is_a_source() -> None:
    """Where a source belongs, the pairs that ``answer`` makes do as well."""
    assert run(COUNT, "pears", [answer(Count("pears"), 3)]).value == 3
    assert [each.value for each in run_many(COUNT, ["pears"], (answer(Count("pears"), 3),))] == [3]


@pytest.mark.parametrize(
    ("wrong", "got"),
    [
        ({Count("pears"): 3}, "dict; of a dictionary, pass list(answers.items())"),
        (World, "World"),
        (None, "NoneType"),
        (3, "int"),
    ],
)
def test_what_is_no_source_is_refused(wrong: Source, got: str) -> None:
    """Anything else is refused at once, with what was expected and what was given."""
    expected = (
        "expected a source (an object that has fetch(asks)) or a list of answer(question, value), "
        f"got {got}"
    )
    for call in (lambda: run(COUNT, "pears", wrong), lambda: list(run_many(COUNT, [""], wrong))):
        with pytest.raises(TypeError) as refused:
            call()
        assert str(refused.value) == expected


def test_one_answer_is_no_list_of_answers() -> None:
    """Where a list of answers belongs, a single one is refused with what to pass instead."""
    with pytest.raises(TypeError) as refused:
        run(COUNT, "pears", answer(Count("pears"), 3))  # type: ignore[arg-type]  # the point
    expected = "expected a list of answers, got one: pass [answer(question, value)]"
    assert str(refused.value) == expected


@pytest.mark.parametrize(
    ("wrong", "got"),
    [(Count("pears"), "Count"), (("pears", 3), "tuple; of a list, pass Answers(*answers)")],
)
def test_what_is_no_answer_is_refused(wrong: GivenAnswer, got: str) -> None:
    """A list of something else than answers is refused, with what was expected."""
    with pytest.raises(TypeError) as refused:
        run(COUNT, "pears", [wrong])
    assert str(refused.value) == f"expected answer(question, value), got {got}"


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

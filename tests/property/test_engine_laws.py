"""The laws of the engine, held against one step at a time over generated pipelines and worlds."""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import attrs
from hypothesis import given
from hypothesis import strategies as st

import fanscore_core
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.question import Answered, Ask, Effect, Source
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.rounds import run, run_many
from fanscore_core.engine.state import Outcome, Run
from fanscore_core.engine.steps import Context, StepKind, step
from fanscore_core.engine.trace import Fate
from fanscore_core.errors import PipelineMisuse, SourceFailed
from tests.property.cases import (
    MAX_STEPS,
    Case,
    Journal,
    cases,
    cases_of_gates,
    cases_without_effects,
)
from tests.property.one_at_a_time import Walk, one_at_a_time
from tests.property.scripts import Bug, Stash
from tests.property.worlds import Breakdown, Breaking, Look, Reply, World

many_args = st.lists(st.integers(0, 3), max_size=6)


@attrs.frozen
class Seen:
    """What a caller sees of a run. Errors are shown, for an error equals only itself."""

    value: object
    error: str
    warnings: tuple[tuple[str, str], ...]
    stash: dict[str, object]


def seen(outcome: Outcome[Stash, object]) -> Seen:
    """Give what a caller sees."""
    warnings = tuple((warning.step, shown(warning.error)) for warning in outcome.warnings)
    return Seen(outcome.value, shown(outcome.error), warnings, attrs.asdict(outcome.stash))


def meant(walk: Walk[Stash]) -> Seen:
    """Give what a caller should see."""
    warnings = tuple((name, shown(error)) for name, error in walk.warnings)
    return Seen(walk.value, shown(walk.error), warnings, attrs.asdict(walk.stash))


def shown(error: Exception | None) -> str:
    """Give an error by type and fields; in which words a misuse is told is no law."""
    return repr(attrs.evolve(error, problem="") if isinstance(error, PipelineMisuse) else error)


def in_rounds(
    runs: Sequence[Run[int, Stash, object]], source: Source
) -> Iterator[list[tuple[int, Ask]]]:
    """Drive runs by rounds, each question asked alone; give who asks what in each round."""
    for number in itertools.count():
        asking = [
            (each, position, Ask(question, each.degrades(position)))
            for each in runs
            for position, question in each.asking()
        ]
        if not asking:
            return
        yield [(position, ask) for _, position, ask in asking]
        for each, position, ask in asking:
            [answered] = source.fetch([ask])
            each.answer(position, answered, number)


def in_any_order(one: Run[int, Stash, object], source: Source, picks: Sequence[int]) -> None:
    """Drive a run whose questions are asked at once, and answered in any order, dropped or not."""
    in_flight: dict[int, Answered] = {}
    for number, pick in enumerate(itertools.cycle(picks)):
        for position, question in one.asking():
            if position not in in_flight:
                [in_flight[position]] = source.fetch([Ask(question)])
        if not in_flight:
            return
        position = sorted(in_flight)[pick % len(in_flight)]
        one.answer(position, in_flight.pop(position), number)


def merged(asks: Iterable[Ask]) -> tuple[Ask, ...]:
    """Give what one round should ask: each query once, and early only if all can go without."""
    groups: dict[object, list[Ask]] = {}
    for place, ask in enumerate(asks):
        key = place if isinstance(ask.question, Effect) else ask.question
        groups.setdefault(key, []).append(ask)
    return tuple(
        Ask(group[0].question, all(ask.degradable for ask in group)) for group in groups.values()
    )


def test_bound() -> None:
    """A run that still asks after 1,000 rounds fails as a misuse; its neighbours do not."""

    @step("asks on")
    async def asks_on(ctx: Context[int, Stash]) -> int:
        for _ in range(ctx.args):
            await Look(0)
        return ctx.args

    endless = pipeline("endless", Stash, (asks_on,))
    outcomes = list(run_many(endless, [1000, 1001, 3], World([Reply.VALUE], [Reply.VALUE])))
    assert [outcome.value for outcome in outcomes] == [1000, None, 3]
    assert isinstance(outcomes[1].error, PipelineMisuse)
    assert outcomes[1].error.step == "asks on"


@given(cases())
def test_same_outcome(case: Case) -> None:
    """A run comes to what its steps come to one at a time, and leaves the same world behind."""
    world, plain_world = case.world(), case.world()
    walk = one_at_a_time(case.pipeline(), case.args, plain_world)
    assert seen(run(case.pipeline(), case.args, world)) == meant(walk)
    assert world.performed == plain_world.performed
    assert world.state == plain_world.state


@given(cases(), many_args, st.integers(1, 4))
def test_many_is_one_after_the_other(case: Case, many: list[int], chunk: int) -> None:
    """Many runs come to what one after the other comes to in the same world, in any chunks."""
    world, plain_world = case.world(), case.world()
    walks = [one_at_a_time(case.pipeline(), args, plain_world) for args in many]
    outcomes = run_many(case.pipeline(), iter(many), world, chunk=chunk)
    assert [seen(outcome) for outcome in outcomes] == [meant(walk) for walk in walks]
    assert world.performed == plain_world.performed
    assert world.state == plain_world.state


@given(cases_without_effects(), many_args, st.integers(1, 4))
def test_chunks_share_rounds(case: Case, many: list[int], chunk: int) -> None:
    """Runs without effects take, chunk by chunk, the rounds of the longest among them."""
    world = case.world()
    outcomes = list(run_many(case.pipeline(), many, world, chunk=chunk))
    rounds = [outcome.trace.rounds for outcome in outcomes]
    starts = range(0, len(many), chunk)
    assert len(world.rounds) == sum(max(rounds[at : at + chunk]) for at in starts)


@given(cases(), st.lists(st.integers(0, 7), min_size=1, max_size=8))
def test_answers_in_any_order(case: Case, picks: list[int]) -> None:
    """A run comes to the same in whatever order its answers arrive, dropped steps' included."""
    world, plain_world = case.world(), case.world()
    machine = Run(case.pipeline(), case.args)
    in_any_order(machine, world, picks)
    walk = one_at_a_time(case.pipeline(), case.args, plain_world)
    assert seen(machine.outcome()) == meant(walk)
    assert world.performed == plain_world.performed


@given(cases_of_gates())
def test_gates_ask_what_one_at_a_time_asks(case: Case) -> None:
    """Where every step is a gate, the same questions go out in the same order, each alone."""
    world = case.world()
    run(case.pipeline(), case.args, world)
    walk = one_at_a_time(case.pipeline(), case.args, case.world())
    assert [[ask.question for ask in asks] for asks in world.rounds] == [
        [question] for _, question in walk.asked
    ]


@given(cases())
def test_dropped_steps_ask_nothing_more(case: Case) -> None:
    """Once a step has failed or ended, later ones are closed, and none starts or asks again."""
    journal = Journal()
    machine = Run(case.pipeline(journal), case.args)
    for asking in in_rounds([machine], case.world()):
        assert {position for position, _ in asking} == journal.open
        assert max(journal.open) < min(journal.decided | journal.closed, default=MAX_STEPS)
    assert not journal.open


@given(cases())
def test_effect_steps_run_alone(case: Case) -> None:
    """An effect step asks when all before it have finished, and nothing after it has started."""
    journal = Journal()
    for asking in in_rounds([Run(case.pipeline(journal), case.args)], case.world()):
        for position, _ in asking:
            if case.steps[position].kind is StepKind.EFFECT:
                assert journal.finished == set(range(position))
                assert journal.started == set(range(position + 1))


@given(cases(), many_args)
def test_each_query_once_a_round(case: Case, many: list[int]) -> None:
    """By item, then by step: a round asks each query once, and each effect by itself."""
    generated = case.pipeline()
    args = many[:1] if generated.has_effects else many
    world = case.world()
    list(run_many(generated, args, world))
    machines = [Run(generated, each) for each in args]
    assert world.rounds == [
        merged(ask for _, ask in asking) for asking in in_rounds(machines, case.world())
    ]


@given(cases())
def test_replay(case: Case) -> None:
    """A recording of a run, replayed, comes to the same outcome and trace, and is used up."""
    recording = Recording(case.world())
    outcome = run(case.pipeline(), case.args, recording)
    replay = recording.replay()
    again = run(case.pipeline(), case.args, replay)
    assert (seen(again), again.trace) == (seen(outcome), outcome.trace)
    assert replay.left == []


@given(cases())
def test_trace_tells_what_came_of_each_step(case: Case) -> None:
    """Fates are those of one at a time; what that never ran has been dropped or not reached."""
    journal = Journal()
    fates = run(case.pipeline(journal), case.args, case.world()).trace.fates
    expected = one_at_a_time(case.pipeline(), case.args, case.world()).fates
    never_ran = range(len(expected), len(case.steps))
    assert fates == (
        *expected,
        *(Fate.DROPPED if at in journal.started else Fate.NOT_REACHED for at in never_ran),
    )


@given(cases())
def test_trace_tells_who_asked_what(case: Case) -> None:
    """A trace has what each step asked, and in each round all that the source was asked."""
    world = case.world()
    trace = run(case.pipeline(), case.args, world).trace
    walk = one_at_a_time(case.pipeline(), case.args, case.world())
    for at, name in enumerate(trace.steps[: len(walk.fates)]):
        asked = [each.question for each in trace.asked if each.step == at]
        assert asked == [question for asker, question in walk.asked if asker == name]
    assert [(each.round, each.step) for each in trace.asked] == sorted(
        (each.round, each.step) for each in trace.asked
    )
    assert [
        [each.question for each in trace.in_round(number) if not each.shared]
        for number in range(trace.rounds)
    ] == [[ask.question for ask in asks] for asks in world.rounds]
    assert trace.rounds <= len(walk.asked)


@given(cases_without_effects(), many_args, st.integers(0, 3), st.sampled_from(Breakdown))
def test_breaking_source(
    case: Case, many: list[int], sound_rounds: int, breakdown: Breakdown
) -> None:
    """A source that breaks its contract ends every run of that round, and those alone."""
    sound = list(run_many(case.pipeline(), many, case.world()))
    source = Breaking(case.world(), sound_rounds, breakdown)
    for outcome, expected in zip(run_many(case.pipeline(), many, source), sound, strict=True):
        if expected.trace.rounds <= sound_rounds:
            assert (seen(outcome), outcome.trace) == (seen(expected), expected.trace)
        else:
            assert isinstance(outcome.error, SourceFailed)
            assert outcome.error.source == "Breaking"
            assert outcome.value is None
            assert len(source.world.rounds) == sound_rounds + 1


@given(cases_without_effects(), many_args)
def test_error_answers_stay_clean(case: Case, many: list[int]) -> None:
    """An error that is an answer keeps no trace of the steps that it was raised in."""
    world = case.world()
    list(run_many(case.pipeline(), many, world))
    for error in world.errors.values():
        assert (error.__traceback__, error.__context__) == (None, None)


@given(cases())
def test_bugs_keep_their_traceback(case: Case) -> None:
    """A bug's traceback leads to the line that raised it, and not through the engine."""
    error = run(case.pipeline(), case.args, case.world()).error
    if isinstance(error, Bug):
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        engine = Path(fanscore_core.__file__).parent
        assert frames
        assert not [frame for frame in frames if engine in Path(frame.f_code.co_filename).parents]

"""The laws of the engine, held against one step at a time over generated pipelines and worlds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import attrs
from hypothesis import assume, given
from hypothesis import strategies as st

from fanscore_core.answers import Recording
from fanscore_core.engine import MAX_ROUNDS, run, run_many
from fanscore_core.errors import PipelineMisuse, SourceFailed, Unavailable
from fanscore_core.pipeline import Pipeline, pipeline
from fanscore_core.query import Answered, Ask, Effect, Source
from fanscore_core.run import Outcome, Run
from fanscore_core.step import Context, Step, step
from fanscore_core.trace import Fate
from tests.property.cases import (
    Case,
    Journal,
    cases,
    cases_of_gates,
    cases_without_effects,
)
from tests.property.one_at_a_time import Walk, one_at_a_time
from tests.property.scripts import Asking, Bug, Response, Stash
from tests.property.worlds import Breakdown, Breaking, Look

SECONDS = attrs.fields(Answered).took_s.name
UNDECIDED = {Fate.DROPPED, Fate.NOT_REACHED}

many_args = st.lists(st.integers(0, 3), max_size=6)
chunks = st.integers(1, 4)


@attrs.frozen
class Seen:
    """What callers see of a run, comparable."""

    value: object
    error: object
    warnings: tuple[tuple[str, Unavailable], ...]
    stash: Stash


def seen(outcome: Outcome[Stash, object]) -> Seen:
    """Give what callers see of an outcome."""
    warnings = tuple((warning.step, warning.error) for warning in outcome.warnings)
    return Seen(outcome.value, comparable(outcome.error), warnings, outcome.stash)


def meant(walk: Walk[Stash]) -> Seen:
    """Give what callers should see."""
    return Seen(walk.value, comparable(walk.error), tuple(walk.warnings), walk.stash)


def comparable(error: Exception | None) -> object:
    """Give an error by type and fields; in which words a misuse is told is no law."""
    return attrs.evolve(error, problem="") if isinstance(error, PipelineMisuse) else error


def in_rounds(run: Run[int, Stash, object], source: Source) -> Iterator[list[tuple[int, Ask]]]:
    """Drive a run round by round, each question asked by itself, and give what each round asks."""
    number = 0
    while asking := run.asking():
        yield asking
        for position, ask in asking:
            [answered] = source.fetch([ask])
            run.answer(position, answered, number)
        number += 1


def in_any_order(
    run: Run[int, Stash, object], source: Source, picks: Sequence[int]
) -> Iterator[None]:
    """Drive a run that asks at once and gets its answers in any order, dropped or not."""
    in_flight: dict[int, Answered] = {}
    for number, pick in enumerate(itertools.cycle(picks)):
        for position, ask in run.asking():
            if position not in in_flight:
                [in_flight[position]] = source.fetch([ask])
        if not in_flight:
            return
        position = sorted(in_flight)[pick % len(in_flight)]
        run.answer(position, in_flight.pop(position), number)
        yield


def merged(asks: Iterable[Ask]) -> list[Ask]:
    """Give what the askers of one round should send to the source."""
    effects = [ask for ask in asks if isinstance(ask.question, Effect)]
    if effects:
        return effects
    degradable: dict[object, list[bool]] = {}
    for ask in asks:
        degradable.setdefault(ask.question, []).append(ask.degradable)
    return [Ask(question, all(each)) for question, each in degradable.items()]  # type: ignore[arg-type]


@given(cases())
def test_same_outcome(case: Case) -> None:
    """A run comes to what its steps come to one at a time, and leaves the same world behind."""
    world, plain_world = case.world(), case.world()
    walk = one_at_a_time(case.pipeline(), case.args, plain_world)
    assert seen(run(case.pipeline(), case.args, world)) == meant(walk)
    assert world.performed == plain_world.performed
    assert world.state == plain_world.state

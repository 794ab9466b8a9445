"""The engine: drives runs in rounds.

A round collects what all steps that have started await, asks it in one ``fetch``, and hands the
answers back. There is no event loop here, no thread and no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import TypeAlias, TypeVar

from fanscore_core.engine.definition import Pipeline
from fanscore_core.engine.question import Answered, Ask, Effect, Question, Source
from fanscore_core.engine.state import Outcome, Run
from fanscore_core.engine.stubs import GivenAnswer, as_source
from fanscore_core.errors import OF_THE_PROCESS, SourceFailed

ArgsT = TypeVar("ArgsT")
StashT = TypeVar("StashT")
ResultT = TypeVar("ResultT")

_Asking: TypeAlias = tuple[Run[ArgsT, StashT, ResultT], int, Question[object]]
"""A run, the position of a step that asks, and what it asks."""

MAX_ROUNDS = 1000
CHUNK = 100


def run(
    pipeline: Pipeline[ArgsT, StashT, ResultT], args: ArgsT, source: Source | Sequence[GivenAnswer]
) -> Outcome[StashT, ResultT]:
    """Run a pipeline once. What goes wrong in the run is in the outcome, and is not raised.

    Args:
        pipeline: what to run.
        args: its arguments.
        source: who answers its questions; or their answers, as ``answer`` pairs them.

    Raises:
        TypeError: ``source`` is neither.
    """
    asked = as_source(source)
    one = Run(pipeline, args)
    _ask_in_rounds([one], asked)
    return one.outcome()


def run_many(
    pipeline: Pipeline[ArgsT, StashT, ResultT],
    args: Iterable[ArgsT],
    source: Source | Sequence[GivenAnswer],
    *,
    chunk: int = CHUNK,
) -> Iterator[Outcome[StashT, ResultT]]:
    """Run a pipeline for each of many arguments; outcomes come in the order of the arguments.

    Outcomes are those of one run after the other. Runs without effects share rounds, ``chunk`` of
    them at a time, so that any number takes bounded memory; runs with effects go one by one.

    Raises:
        TypeError: ``source`` is no source, nor a list of answers.
        ValueError: ``chunk`` is less than 1.
    """
    asked = as_source(source)
    if chunk < 1:
        message = f"chunk: expected 1 or more, got {chunk}"
        raise ValueError(message)
    size = 1 if pipeline.has_effects else chunk
    remaining = iter(args)
    while runs := [Run(pipeline, each) for each in islice(remaining, size)]:
        _ask_in_rounds(runs, asked)
        yield from (each.outcome() for each in runs)


def _ask_in_rounds(
    runs: Sequence[Run[ArgsT, StashT, ResultT]],
    source: Source,
) -> None:
    for number in range(MAX_ROUNDS):
        asking = [(each, position, asked) for each in runs for position, asked in each.asking()]
        if not asking:
            return
        _ask_round(asking, source, number)
    for each in runs:
        if each.asking():
            each.give_up(f"still asks after {MAX_ROUNDS} rounds")


def _ask_round(
    asking: Sequence[_Asking[ArgsT, StashT, ResultT]], source: Source, number: int
) -> None:
    asks, places = _merge(asking)
    try:
        answers = _fetch(source, asks)
    except SourceFailed as error:
        for each in {id(each): each for each, _, _ in asking}.values():
            each.stop(error.with_traceback(None))
        return
    for (each, position, _), (index, shared) in zip(asking, places, strict=True):
        each.answer(position, answers[index], number, shared=shared)


def _merge(
    asking: Sequence[_Asking[ArgsT, StashT, ResultT]],
) -> tuple[list[Ask], list[tuple[int, bool]]]:
    """Ask equal queries once.

    Returns:
        what to ask; and for each asker the index of its question, and whether it is shared.
    """
    asks: list[Ask] = []
    places: list[tuple[int, bool]] = []
    known: dict[Question[object], int] = {}
    for each, position, question in asking:
        new = len(asks)
        index = new if isinstance(question, Effect) else known.setdefault(question, new)
        if index == new:
            asks.append(Ask(question, each.degrades(position)))
        elif not each.degrades(position):
            asks[index] = Ask(question)
        places.append((index, index != new))
    return asks, places


def _fetch(source: Source, asks: Sequence[Ask]) -> Sequence[Answered]:
    name = type(source).__name__
    try:
        answers = list(source.fetch(asks))
    except (SourceFailed, *OF_THE_PROCESS):
        raise
    except BaseException as error:
        raise SourceFailed(name, f"raised {type(error).__name__}") from error
    if len(answers) != len(asks):
        raise SourceFailed(name, f"gave {len(answers)} answers to {len(asks)} questions")
    if not all(map(isinstance, answers, repeat(Answered))):
        raise SourceFailed(name, "gave an answer that is not an Answered")
    return answers

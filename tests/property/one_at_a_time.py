"""What a pipeline means: its steps run one at a time, in written order, on one shared stash.

Written apart from the engine, whose outcomes are held against this: it knows no rounds, no waiting
and no dropping, since a step that comes after the one that decides is just never run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

import attrs

from fanscore_core.engine.definition import Pipeline
from fanscore_core.engine.question import Ask, Effect, Query, Question, Source
from fanscore_core.engine.steps import (
    Context,
    EarlyReturn,
    EffectContext,
    PrevContext,
    PrevEffectContext,
    SkipTo,
    Step,
    StepKind,
)
from fanscore_core.engine.trace import Fate
from fanscore_core.errors import PipelineMisuse, Unavailable, UnknownQuestion
from tests.property.scripts import Foreign

ArgsT = TypeVar("ArgsT")
StashT = TypeVar("StashT")
ResultT = TypeVar("ResultT")
ContextT = TypeVar("ContextT")


@attrs.define
class Walk(Generic[StashT]):
    """What has come of a pipeline so far.

    Attributes:
        stash: the one that all share.
        value: that of the latest step; in the end, of the pipeline.
        error: what ended it.
        warnings: the step that was told, and what.
        asked: the step that asked, and what.
        fates: of the steps that were run.
    """

    stash: StashT
    value: object = None
    error: Exception | None = None
    warnings: list[tuple[str, Unavailable]] = attrs.field(factory=list)
    asked: list[tuple[str, Question[object]]] = attrs.field(factory=list)
    fates: list[Fate] = attrs.field(factory=list)


def one_at_a_time(
    pipeline: Pipeline[ArgsT, StashT, ResultT], args: ArgsT, source: Source
) -> Walk[StashT]:
    """Run a pipeline as it is written, and say what came of it."""
    walk = Walk(pipeline.stash())
    try:
        _walk_through(walk, pipeline, args, source)
    except Exception as error:  # noqa: BLE001  # a bug in a step is an outcome too
        walk.value, walk.error = None, error
    return walk


def _walk_through(
    walk: Walk[StashT], pipeline: Pipeline[ArgsT, StashT, ResultT], args: ArgsT, source: Source
) -> None:
    first = _called("before", pipeline.before, Context(args, walk.stash))
    walk.value = _plain(first)
    if not isinstance(first, EarlyReturn):
        for step in pipeline.steps:
            returned = _run_step(walk, step, args, source)
            walk.value = _plain(returned)
            if isinstance(returned, EarlyReturn) and returned.skip_to is SkipTo.END:
                break
    if pipeline.after:
        context: PrevContext[ArgsT, StashT, object] = PrevContext(args, walk.stash)
        context.prev = walk.value
        walk.value = _plain(_called("after", pipeline.after, context))


def _called(name: str, function: Callable[[ContextT], object] | None, context: ContextT) -> object:
    try:
        return function(context) if function else None
    except Foreign as error:
        raise PipelineMisuse(name, "Foreign", "") from error


def _run_step(
    walk: Walk[StashT], step: Step[ArgsT, StashT, object], args: ArgsT, source: Source
) -> object:
    context: PrevEffectContext[ArgsT, _Declared, object] = PrevEffectContext(
        args, _Declared(walk.stash, step)
    )
    if step.prev:
        context.prev = walk.value
    told: list[Unavailable] = []
    try:
        returned = _converse(walk, step, context, source, told)
    except Exception as error:
        walk.warnings += [(step.name, each) for each in _but_for(error, told)]
        walk.fates.append(Fate.FAILED)
        raise
    walk.warnings += [(step.name, each) for each in told]
    walk.fates.append(_fate(returned, told))
    return returned


def _but_for(error: Exception, told: list[Unavailable]) -> list[Unavailable]:
    """Leave out the latest time that a step was told what it failed with, if it was."""
    latest = max((at for at, each in enumerate(told) if each is error), default=-1)
    return [each for at, each in enumerate(told) if at != latest]


def _converse(
    walk: Walk[StashT],
    step: Step[ArgsT, StashT, object],
    context: EffectContext[ArgsT, _Declared],
    source: Source,
    told: list[Unavailable],
) -> object:
    """Ask each question of a step alone, until the step returns or raises."""
    coroutine = step.function(context)  # type: ignore[arg-type]  # stands in for the stash
    resume: Callable[[], object] = partial(coroutine.send, None)
    while True:
        try:
            question = resume()
        except StopIteration as stop:
            return stop.value
        except Foreign as foreign:
            raise PipelineMisuse(step.name, "Foreign", "") from foreign
        if not (isinstance(question, Question) and _may_ask(step, question)):
            coroutine.close()
            raise PipelineMisuse(step.name, type(question).__name__, "")
        [answered] = source.fetch([Ask(question)])
        walk.asked.append((step.name, question))
        match answered.answer:
            case UnknownQuestion():
                coroutine.close()
                raise PipelineMisuse(step.name, type(question).__name__, "")
            case Exception() as error:
                told += [error] if isinstance(error, Unavailable) else []
                resume = partial(coroutine.throw, error)
            case answer:
                resume = partial(coroutine.send, answer)


def _may_ask(step: Step[ArgsT, StashT, object], question: Question[object]) -> bool:
    if isinstance(question, Effect):
        return step.kind is StepKind.EFFECT
    try:
        return isinstance(question, Query) and hash(question) is not None
    except TypeError:
        return False


def _fate(returned: object, told: list[Unavailable]) -> Fate:
    if isinstance(returned, EarlyReturn) and returned.skip_to is SkipTo.END:
        return Fate.ENDED
    if told:
        return Fate.DEGRADED
    return Fate.RETURNED_EARLY if isinstance(returned, EarlyReturn) else Fate.RAN


def _plain(returned: object) -> object:
    return returned.value if isinstance(returned, EarlyReturn) else returned


class _Declared:
    """The shared stash as one step may use it."""

    _stash: object
    _step: Step[object, object, object]

    def __init__(self, stash: object, step: Step[ArgsT, StashT, object]) -> None:
        self.__dict__.update(_stash=stash, _step=step)

    def __getattr__(self, field: str) -> object:
        if field not in self._step.reads | self._step.writes:
            raise AttributeError(field)
        return getattr(self._stash, field)

    def __setattr__(self, field: str, value: object) -> None:
        if field not in self._step.writes:
            raise AttributeError(field)
        setattr(self._stash, field, value)

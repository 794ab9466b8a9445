"""One run of a pipeline as a state machine: who may start, who decides, who is dropped.

The outcome of a run is that of its steps run one at a time, in written order. The first step in
that order that fails or ends decides; everything after it is dropped, whatever it has done since.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from operator import itemgetter
from types import NoneType
from typing import Generic, TypeVar, cast

import attrs

from fanscore_core.engine.definition import BEFORE, Pipeline, PlannedStep
from fanscore_core.engine.question import Answered, Effect, Query, Question
from fanscore_core.engine.steps import (
    Context,
    EarlyReturn,
    PrevContext,
    PrevEffectContext,
    SkipTo,
    StepKind,
)
from fanscore_core.engine.trace import Fate, Trace, TracedQuestion
from fanscore_core.errors import OF_THE_PROCESS, PipelineMisuse, Unavailable, UnknownQuestion

MAX_CLOSES = 100

# A named tuple made by its own class costs twice as much, and a run makes one for each question.
new_tuple = tuple.__new__

# A run makes a context for each step, too.
new_object = object.__new__

# A stash may be frozen for whoever gets it; here it is being made.
set_field = object.__setattr__

# Members of enums by names of this module: before Python 3.12, each look at one is a call.
NOT_REACHED, RAN = Fate.NOT_REACHED, Fate.RAN

ArgsT = TypeVar("ArgsT")
StashT = TypeVar("StashT")
ResultT = TypeVar("ResultT")
StashT_co = TypeVar("StashT_co", covariant=True)
ResultT_co = TypeVar("ResultT_co", covariant=True)


@attrs.frozen
class Degraded:
    """A step went on without an answer.

    Attributes:
        step: the step's name.
        error: what it got instead.
    """

    step: str
    error: Unavailable


@attrs.frozen
class Outcome(Generic[StashT_co, ResultT_co]):
    """How a run ended: with a value or an error, and how it got there.

    Attributes:
        value: the result; ``None`` where there is an error.
        error: the error that ended the run, if one did.
        warnings: where steps went on without an answer.
        stash: each field as its last writer that counts left it.
        trace: what happened.
    """

    value: ResultT_co | None
    error: Exception | None
    warnings: tuple[Degraded, ...]
    stash: StashT_co
    trace: Trace

    def result(self) -> ResultT_co:
        """Return the result.

        Raises:
            FanscoreError: what ended the run, if something did; bugs come as they are.
        """
        if self.error is not None:
            raise self.error
        return cast("ResultT_co", self.value)


class Run(Generic[ArgsT, StashT, ResultT]):
    """One run of a pipeline: hands out asks, takes answers in any order, ends in an outcome."""

    __slots__ = (
        "_answered",
        "_args",
        "_asked_in_vain",
        "_asking",
        "_coroutines",
        "_decider",
        "_error",
        "_errors",
        "_fates",
        "_fill",
        "_pipeline",
        "_plan",
        "_ready",
        "_stashes",
        "_unmet",
        "_values",
        "_warnings",
    )

    def __init__(self, pipeline: Pipeline[ArgsT, StashT, ResultT], args: ArgsT) -> None:
        """Start the steps that wait for nothing."""
        count = len(pipeline.plan)
        self._plan = pipeline.plan
        self._fill = pipeline.fill
        self._pipeline = pipeline
        self._args = args
        self._answered: list[TracedQuestion] = []
        self._asked_in_vain: dict[int, Question[object]] = {}
        self._asking: dict[int, Question[object]] = {}
        self._coroutines: dict[int, Coroutine[object, object, object]] = {}
        self._decider = count
        self._error: Exception | None = None
        self._errors: list[tuple[Exception, BaseException | None]] = []
        self._fates = [NOT_REACHED] * count
        # One place more than there are steps: BEFORE is -1, and so the last.
        self._stashes: list[object] = [None] * count + [pipeline.stash()]
        self._unmet = list(pipeline.unmet)
        self._values: list[object] = [None] * (count + 1)
        self._warnings: list[tuple[int, Unavailable]] = []
        self._ready = list(pipeline.first)
        if pipeline.before is not None:
            self._run_before(pipeline.before)
        self._start_ready()

    def asking(self) -> list[tuple[int, Question[object]]]:
        """Return what the run waits for, by position of the step that asks."""
        return sorted(self._asking.items()) if self._asking else []

    def degrades(self, position: int) -> bool:
        """Whether a step can go on without the answer."""
        return self._plan[position].step.degrades

    def answer(
        self, position: int, answered: Answered, round_number: int, *, shared: bool = False
    ) -> None:
        """Hand an answer to the step that asked; discard it if that step has been dropped.

        Args:
            position: the step's, as ``asking`` gave it.
            answered: the answer.
            round_number: for the trace.
            shared: for the trace: whether another asker's question served this one too.
        """
        asked = self._asking.pop(position, None)
        question = self._asked_in_vain.pop(position) if asked is None else asked
        answer, calls = answered.answer, 0 if shared else answered.calls
        error = failure = reason = None
        if isinstance(answer, Exception):
            error, (failure, reason) = answer, _failure(answer)
        source, took_s = answered.source, answered.took_s
        self._answered.append(
            new_tuple(
                TracedQuestion,
                (round_number, position, question, source, took_s, failure, shared, calls, reason),
            )
        )
        if asked is None:
            return
        if error is not None:
            self._answer_error(position, question, error)
        elif isinstance(answer, question.answer_types):
            self._resume(self._plan[position], self._coroutines[position].send, answer)
        else:
            self._misused(position, question, _wrong_type(question, answer))
        if self._ready:
            self._start_ready()

    def stop(self, error: Exception) -> None:
        """End the run with an error from outside, at the first step that still asks."""
        position = min(self._asking)
        _close(self._coroutines[position])
        self._fail(position, error)

    def give_up(self, problem: str) -> None:
        """End the run for what its first step that still asks has done wrong."""
        position = min(self._asking)
        self._misused(position, self._asking[position], problem)

    def outcome(self) -> Outcome[StashT, ResultT]:
        """Make the outcome, when the run asks nothing any more. Call it once."""
        for error, cause in self._errors:
            _clean(error, cause)
        stash = self._final_stash()
        value = self._result(stash) if self._error is None else None
        warnings = self._counting_warnings()
        for position, _ in warnings:
            if self._fates[position] in {Fate.RAN, Fate.RETURNED_EARLY}:
                self._fates[position] = Fate.DEGRADED
        names = self._pipeline.names
        return Outcome(
            cast("ResultT", value),
            self._error,
            tuple(Degraded(names[position], error) for position, error in warnings),
            stash,
            Trace(names, tuple(self._fates), tuple(self._answered)),
        )

    def _run_before(self, before: Callable[[Context[ArgsT, StashT]], object]) -> None:
        context = Context(self._args, cast("StashT", self._stashes[BEFORE]))
        try:
            value = before(context)
        except OF_THE_PROCESS:
            raise
        except BaseException as error:  # noqa: BLE001  # a bug stays in its run
            self._decider, self._error = BEFORE, _as_error("before", error)
            return
        if isinstance(value, EarlyReturn):
            self._decider, value = BEFORE, value.value
        self._values[BEFORE] = value

    def _start_ready(self) -> None:
        """Start what waits for nothing more, and what that lets start by finishing at once."""
        while self._ready:
            planned = self._ready.pop(0)
            if planned.position < self._decider:
                self._start(planned)

    def _start(self, planned: PlannedStep) -> None:
        position, step = planned.position, planned.step
        stashes = self._stashes
        stash = stashes[position] = planned.view()
        self._fill[position](stash, stashes)
        context: PrevEffectContext[object, object, object] = new_object(PrevEffectContext)
        context.args, context.stash = self._args, stash
        if step.prev:
            context.prev = self._values[position - 1]
        coroutine = self._coroutines[position] = step.function(context)
        self._fates[position] = RAN
        self._resume(planned, coroutine.send, None)

    def _resume(
        self, planned: PlannedStep, resume: Callable[[object], object], value: object
    ) -> None:
        """Run a step until it asks, finishes or fails."""
        try:
            question = resume(value)
        except StopIteration as stop:
            self._finish(planned, stop.value)
        except OF_THE_PROCESS:
            raise
        except BaseException as error:  # noqa: BLE001  # a bug stays in its run
            self._fail(planned.position, _as_error(planned.step.name, error))
        else:
            problem = _misuse(planned.step.kind, question)
            if problem is None:
                self._asking[planned.position] = question  # type: ignore[assignment]  # it is one
            else:
                self._misused(planned.position, question, problem)

    def _answer_error(self, position: int, question: Question[object], error: Exception) -> None:
        if isinstance(error, UnknownQuestion):
            self._misused(position, question, str(error))
            return
        if isinstance(error, Unavailable):
            self._warnings.append((position, error))
        self._errors.append((error, error.__cause__))
        throw = cast("Callable[[object], object]", self._coroutines[position].throw)
        self._resume(self._plan[position], throw, error)

    def _misused(self, position: int, question: object, problem: str) -> None:
        """Fail a step for breaking a rule. It is closed, so that it cannot catch this."""
        name = self._plan[position].step.name
        _close(self._coroutines[position])
        self._fail(position, PipelineMisuse(name, type(question).__name__, problem))

    def _finish(self, planned: PlannedStep, value: object) -> None:
        position = planned.position
        if isinstance(value, EarlyReturn):
            self._values[position] = value.value
            if value.skip_to is SkipTo.END:
                self._decide(position, Fate.ENDED, None)
                return
            self._fates[position] = Fate.RETURNED_EARLY
        else:
            self._values[position] = value
        unmet = self._unmet
        for follower in planned.followers:
            unmet[follower] -= 1
            if not unmet[follower]:
                self._ready.append(self._plan[follower])

    def _fail(self, position: int, error: Exception) -> None:
        self._decide(position, Fate.FAILED, error)

    def _decide(self, position: int, fate: Fate, error: Exception | None) -> None:
        """Let a step end the run, unless one before it does so yet. Drop all that come later."""
        self._decider, self._error = position, error
        self._fates[position] = fate
        self._asking.pop(position, None)
        for later in range(position + 1, len(self._fates)):
            if self._fates[later] is not Fate.NOT_REACHED:
                self._fates[later] = Fate.DROPPED
                if later in self._asking:
                    self._asked_in_vain[later] = self._asking.pop(later)
                _close(self._coroutines[later])

    def _result(self, stash: StashT) -> object:
        prev = self._values[min(self._decider, len(self._fates) - 1)]
        if self._pipeline.after is None:
            return prev
        context: PrevContext[ArgsT, StashT, object] = PrevContext(self._args, stash)
        context.prev = prev
        try:
            value = self._pipeline.after(context)
        except OF_THE_PROCESS:
            raise
        except BaseException as error:  # noqa: BLE001  # a bug stays in its run
            self._error = _as_error("after", error)
            return None
        return value.value if isinstance(value, EarlyReturn) else value

    def _final_stash(self) -> StashT:
        stashes = self._stashes
        stash = stashes[BEFORE]
        if self._decider == len(self._plan):
            self._pipeline.fill_last(stash, stashes)
        else:
            self._fill_with_what_counts(stash)
        return cast("StashT", stash)

    def _fill_with_what_counts(self, stash: object) -> None:
        for field, writers in self._pipeline.writers:
            for writer in writers:
                if writer <= self._decider:
                    set_field(stash, field, getattr(self._stashes[writer], field))
                    break

    def _counting_warnings(self) -> list[tuple[int, Unavailable]]:
        """Return the warnings of steps that count, but for the one that a step failed with."""
        if not self._warnings:
            return []
        counting = sorted(self._warnings, key=itemgetter(0))
        counting = [each for each in counting if each[0] <= self._decider]
        failed_with = [each for each in counting if each == (self._decider, self._error)]
        if failed_with:
            counting.reverse()
            counting.remove(failed_with[-1])  # the last time that the step got it
            counting.reverse()
        return counting


def _misuse(kind: StepKind, question: object) -> str | None:
    """Say which rule a step breaks by what it awaits, if it breaks one."""
    if not isinstance(question, Query):
        if not isinstance(question, Effect):
            return "a step awaits queries, nothing else"
        return None if kind is StepKind.EFFECT else "only an effect step performs effects"
    try:
        hash(question)
    except OF_THE_PROCESS:
        raise
    except BaseException:  # noqa: BLE001  # whatever a field's hash raises
        return "a query must be hashable"
    return None


def _failure(error: Exception) -> tuple[str, str | None]:
    """Return what the trace says of an error that was the answer: its class, and its reason."""
    return type(error).__name__, error.reason if isinstance(error, Unavailable) else None


def _wrong_type(question: Question[object], answer: object) -> str:
    names = ("None" if kind is NoneType else kind.__name__ for kind in question.answer_types)
    expected = " or ".join(names)
    return f"expected an answer of type {expected}, got {type(answer).__name__}"


def _close(coroutine: Coroutine[object, object, object]) -> None:
    """Close a dropped step; what it does on its way out shows nowhere.

    A step that awaits while it is closed is closed again, until it gives in.
    """
    for _ in range(MAX_CLOSES):
        try:
            coroutine.close()
        except OF_THE_PROCESS:
            raise
        except BaseException:  # noqa: BLE001, S112  # whatever the step raises on its way out
            continue
        return


def _clean(error: Exception, cause: BaseException | None) -> None:
    """Free an error of what raising it left: others may get it too, and it must keep no step."""
    error.__traceback__ = error.__context__ = None
    error.__cause__ = cause


def _as_error(step: str, raised: BaseException) -> Exception:
    """Return what a step raised as an error, without the engine's frame.

    What is no ``Exception``, such as ``asyncio.CancelledError``, is the cause of a misuse.
    """
    traceback = raised.__traceback__
    raised = raised.with_traceback(traceback.tb_next if traceback else None)
    if isinstance(raised, Exception):
        return raised
    misuse = PipelineMisuse(step, type(raised).__name__, "raised what is no Exception")
    misuse.__cause__ = raised
    return misuse

"""Pipelines: steps in their written order, and what follows from it.

A pipeline is understood as its steps run one after the other. What may start when is worked out
once, from what the steps declare, so that a run can ask independent questions together.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar, cast, overload

import attrs

from fanscore_core.engine.steps import (
    ArgsT,
    Context,
    EarlyReturn,
    PrevContext,
    PrevT,
    StashT,
    Step,
    StepKind,
    slot_of,
    stash_view,
)

ResultT = TypeVar("ResultT")

BEFORE = -1
"""Stands for ``before`` where the position of a step is meant: what comes before all steps."""


class Fill(NamedTuple):
    """How one field of a step's stash gets its value when the step starts.

    Attributes:
        slot: the slot of the step's own stash.
        field: the field's name.
        writer: the position of the latest earlier step that writes it, or ``BEFORE``.
    """

    slot: str
    field: str
    writer: int


@attrs.frozen
class PlannedStep:
    """A step at its position in a pipeline.

    Attributes:
        position: from 0.
        step: the step.
        view: the class of its stash.
        fills: where its stash gets its values from.
        waits_for: the positions of the steps that must be done before it starts.
        followers: the positions of the steps that wait for it.
    """

    position: int
    step: Step[object, object, object]
    view: type
    fills: tuple[Fill, ...]
    waits_for: frozenset[int]
    followers: tuple[int, ...]


@attrs.frozen
class Pipeline(Generic[ArgsT, StashT, ResultT]):
    """Steps in written order, and the stash that they share. Made by ``pipeline``.

    Attributes:
        name: the field that it resolves.
        stash: an attrs class; every field has a default.
        steps: in written order.
        before: runs first, as AppSync's resolver request does; its value is the first ``prev``.
        after: runs last, as the resolver response does, and makes the result.
    """

    name: str
    stash: type[StashT]
    steps: tuple[Step[ArgsT, StashT, object], ...]
    before: Callable[[Context[ArgsT, StashT]], object] | None
    after: Callable[[PrevContext[ArgsT, StashT, object]], ResultT | EarlyReturn[ResultT]] | None
    plan: tuple[PlannedStep, ...] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        """Check what the steps declare, and work out what waits for what."""
        fields = _stash_fields(self.name, self.stash)
        _check(self.name, self.steps, fields)
        object.__setattr__(self, "plan", _plan(self.steps, fields))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The steps' names."""
        return tuple(step.name for step in self.steps)

    @cached_property
    def first(self) -> tuple[PlannedStep, ...]:
        """The steps that wait for nothing."""
        return tuple(planned for planned in self.plan if not planned.waits_for)

    @cached_property
    def unmet(self) -> tuple[int, ...]:
        """For how many others each step waits."""
        return tuple(len(planned.waits_for) for planned in self.plan)

    @cached_property
    def fill(self) -> tuple[Callable[[object, Sequence[object]], None], ...]:
        """For each step, what fills its stash from the stashes of all steps."""
        return tuple(
            _copying([(fill.slot, fill.writer, fill.field) for fill in planned.fills])
            for planned in self.plan
        )

    @cached_property
    def fill_last(self) -> Callable[[object, Sequence[object]], None]:
        """What fills the final stash from the stashes of all steps, where all of them count."""
        return _copying(
            [(field, positions[0], field) for field, positions in self.writers],
            is_frozen=self.stash.__setattr__ is not object.__setattr__,
        )

    @cached_property
    def writers(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """For each stash field that steps write, their positions, the last one first."""
        fields = sorted({field for step in self.steps for field in step.writes})
        return tuple((field, tuple(reversed(_writers(self.steps, field)))) for field in fields)

    @property
    def has_effects(self) -> bool:
        """Whether a run may change the world."""
        return any(step.kind is StepKind.EFFECT for step in self.steps)


@overload
def pipeline(
    name: str,
    stash: type[StashT],
    steps: tuple[*tuple[Step[ArgsT, StashT, object], ...], Step[ArgsT, StashT, ResultT]],
    *,
    before: Callable[[Context[ArgsT, StashT]], object] | None = None,
) -> Pipeline[ArgsT, StashT, ResultT]: ...


@overload
def pipeline(
    name: str,
    stash: type[StashT],
    steps: Sequence[Step[ArgsT, StashT, object]],
    *,
    before: Callable[[Context[ArgsT, StashT]], object] | None = None,
    after: Callable[[PrevContext[ArgsT, StashT, PrevT]], ResultT | EarlyReturn[ResultT]],
) -> Pipeline[ArgsT, StashT, ResultT]: ...


def pipeline(
    name: str,
    stash: type[StashT],
    steps: Sequence[Step[ArgsT, StashT, object]],
    *,
    before: Callable[[Context[ArgsT, StashT]], object] | None = None,
    after: Callable[[PrevContext[ArgsT, StashT, PrevT]], ResultT | EarlyReturn[ResultT]]
    | None = None,
) -> Pipeline[ArgsT, StashT, ResultT]:
    """Define a pipeline. Without ``after``, its result is the value of its last step.

    Raises:
        TypeError: the stash is no attrs class whose fields all have defaults; two steps have one
            name; or a step was made by neither ``step`` nor ``effect_step``, is no coroutine
            function, declares a field that the stash lacks, or declares one both read and written.
    """
    # Whether `after` takes the type that the last step gives, no type can say of a sequence.
    untyped = cast(
        "Callable[[PrevContext[ArgsT, StashT, object]], ResultT | EarlyReturn[ResultT]] | None",
        after,
    )
    return Pipeline(name, stash, tuple(steps), before, untyped)


def _stash_fields(name: str, stash: type[StashT]) -> list[str]:
    if not attrs.has(stash) or any(
        field.init and field.default is attrs.NOTHING for field in attrs.fields(stash)
    ):
        message = f"pipeline {name}: the stash must be an attrs class whose fields have defaults"
        raise TypeError(message)
    return [field.name for field in attrs.fields(stash)]


def _check(name: str, steps: Sequence[Step[ArgsT, StashT, object]], fields: Sequence[str]) -> None:
    given: Sequence[object] = steps
    for each in given:
        if not isinstance(each, Step):
            what = getattr(each, "__name__", type(each).__name__)
            message = f"pipeline {name}: {what} is no step: decorate it with @step or @effect_step"
            raise TypeError(message)
    names = [step.name for step in steps]
    if len(set(names)) < len(names):
        message = f"pipeline {name}: two steps have one name, of {names}"
        raise TypeError(message)
    for step in steps:
        if not inspect.iscoroutinefunction(step.function) or not _takes_one(step.function):
            message = f"step {step.name}: expected a coroutine function of one argument"
            raise TypeError(message)
        unknown = (step.reads | step.writes).difference(fields)
        if unknown:
            message = f"step {step.name}: the stash has no field {', '.join(sorted(unknown))}"
            raise TypeError(message)
        both = step.reads & step.writes
        if both:
            message = f"step {step.name}: writes may be read too: {', '.join(sorted(both))}"
            raise TypeError(message)


def _takes_one(function: Callable[..., object]) -> bool:
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    return True


def _plan(
    steps: Sequence[Step[ArgsT, StashT, object]], fields: Sequence[str]
) -> tuple[PlannedStep, ...]:
    waits = [_waits_for(steps, position) for position in range(len(steps))]
    return tuple(
        PlannedStep(
            position,
            cast("Step[object, object, object]", step),
            stash_view(step, fields),
            _fills(steps, position),
            waits[position],
            tuple(later for later, waited in enumerate(waits) if position in waited),
        )
        for position, step in enumerate(steps)
    )


def _fills(steps: Sequence[Step[ArgsT, StashT, object]], position: int) -> tuple[Fill, ...]:
    step = steps[position]
    slots = {field: field for field in step.writes} | {
        field: slot_of(field) for field in step.reads
    }
    return tuple(
        Fill(slot, field, max(_writers(steps[:position], field), default=BEFORE))
        for field, slot in sorted(slots.items())
    )


def _waits_for(steps: Sequence[Step[ArgsT, StashT, object]], position: int) -> frozenset[int]:
    step, earlier = steps[position], steps[:position]
    if step.kind is StepKind.EFFECT:
        return frozenset(range(position))
    writers = {w for field in step.reads | step.writes for w in _writers(earlier, field)}
    gates = [at for at, other in enumerate(earlier) if other.kind is not StepKind.PLAIN]
    previous = [position - 1] if step.prev and position else []
    return frozenset({*writers, *gates[-1:], *previous})


def _copying(
    copies: Sequence[tuple[str, int, str]], *, is_frozen: bool = False
) -> Callable[[object, Sequence[object]], None]:
    """Write the function that fills a stash from others, as attrs writes what makes one.

    Python sets a field that its code names in a tenth of the time that ``setattr`` takes for one
    whose name is a value.

    Args:
        copies: for each field of the stash, the index of the other and the field there.
        is_frozen: whether the stash refuses to be written.
    """
    to = 'set_field(stash, "{}", {})' if is_frozen else "stash.{} = {}"
    lines = [to.format(field, f"others[{index}].{there}") for field, index, there in copies]
    code = "def fill(stash, others):\n    " + "\n    ".join([*lines, "return"])
    made: dict[str, Callable[[object, Sequence[object]], None]] = {}
    exec(code, {"set_field": object.__setattr__}, made)  # noqa: S102  # of names of fields alone
    return made["fill"]


def _writers(steps: Sequence[Step[ArgsT, StashT, object]], field: str) -> list[int]:
    return [position for position, step in enumerate(steps) if field in step.writes]

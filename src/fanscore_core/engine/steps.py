"""Steps: the functions of a pipeline, and what each of them sees.

A step is one AppSync pipeline function: request, data source and response in one coroutine, with
an ``await`` where the data source is called. It declares which fields of the stash it reads and
writes, and sees these only.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from operator import attrgetter
from typing import Generic, TypeAlias, TypeVar

import attrs

from fanscore_core.engine.question import Effect

ArgsT = TypeVar("ArgsT")
StashT = TypeVar("StashT")
ArgsT_contra = TypeVar("ArgsT_contra", contravariant=True)
StashT_contra = TypeVar("StashT_contra", contravariant=True)
AnswerT = TypeVar("AnswerT")
ValueT_co = TypeVar("ValueT_co", covariant=True)


class SkipTo(enum.Enum):
    """Where an early return goes on, by AppSync's names."""

    NEXT = "NEXT"
    END = "END"


@attrs.frozen
class EarlyReturn(Generic[ValueT_co]):
    """What a step returns to end before its work is done, as ``runtime.earlyReturn`` does.

    Attributes:
        value: the step's value, or the pipeline's with ``END``.
        skip_to: ``NEXT`` goes on with the next step; ``END`` lets no later step count.
    """

    value: ValueT_co
    skip_to: SkipTo = SkipTo.NEXT


@attrs.define
class NoStash:
    """The stash of a pipeline whose steps leave nothing for one another."""


class Context(Generic[ArgsT, StashT]):
    """What a step sees of its run.

    Attributes:
        args: the pipeline's arguments.
        stash: the declared fields of the stash, and no others (else ``AttributeError``).
        prev: the value of the previous step; there only if the step declares ``prev``.
    """

    __slots__ = ("args", "prev", "stash")

    args: ArgsT
    stash: StashT
    prev: object

    def __init__(self, args: ArgsT, stash: StashT) -> None:
        self.args = args
        self.stash = stash


class EffectContext(Context[ArgsT, StashT]):
    """What an effect step sees: also the one way to perform an effect."""

    __slots__ = ()

    def perform(self, effect: Effect[AnswerT]) -> Awaitable[AnswerT]:
        """Perform an effect: ``answer = await ctx.perform(effect)``."""
        return Performance(effect)


@attrs.frozen
class Performance(Generic[AnswerT]):
    """An effect on its way to the engine."""

    effect: Effect[AnswerT]

    def __await__(self) -> Generator[Effect[AnswerT], AnswerT, AnswerT]:
        """Hand the effect to the engine, and give back its answer."""
        return (yield self.effect)


class StepKind(enum.Enum):
    """How a step holds up those after it."""

    PLAIN = "plain"
    GATE = "gate"
    EFFECT = "effect"


StepCoroutine: TypeAlias = "Coroutine[object, object, ValueT_co | EarlyReturn[object]]"


@attrs.frozen
class Step(Generic[ArgsT_contra, StashT_contra, ValueT_co]):
    """One function of a pipeline, with what it declares.

    Attributes:
        name: its name in the user's document, such as ``getArmScore``.
        function: the coroutine function.
        kind: a ``GATE`` is done before anything after it starts; an ``EFFECT`` step is a gate,
            and itself starts only when all before it have finished.
        reads: the stash fields that it reads and does not write.
        writes: the stash fields that it writes; it may read these too.
        prev: whether it sees the previous step's value.
        degrades: whether it can go on where a system is ``Unavailable``.
    """

    name: str
    function: Callable[[EffectContext[ArgsT_contra, StashT_contra]], StepCoroutine[ValueT_co]]
    kind: StepKind
    reads: frozenset[str]
    writes: frozenset[str]
    prev: bool
    degrades: bool


def step(
    name: str,
    *,
    reads: Iterable[str] = (),
    writes: Iterable[str] = (),
    prev: bool = False,
    degrades: bool = False,
    gate: bool = False,
) -> Callable[
    [Callable[[Context[ArgsT, StashT]], StepCoroutine[ValueT_co]]],
    Step[ArgsT, StashT, ValueT_co],
]:
    """Make a step of a coroutine function. See ``Step`` for what it declares."""
    declared = frozenset(reads), frozenset(writes), prev, degrades
    kind = StepKind.GATE if gate else StepKind.PLAIN
    return lambda function: Step(name, function, kind, *declared)


def effect_step(
    name: str,
    *,
    reads: Iterable[str] = (),
    writes: Iterable[str] = (),
    prev: bool = False,
    degrades: bool = False,
) -> Callable[
    [Callable[[EffectContext[ArgsT, StashT]], StepCoroutine[ValueT_co]]],
    Step[ArgsT, StashT, ValueT_co],
]:
    """Make a step that may perform effects. See ``Step`` for what it declares."""
    declared = frozenset(reads), frozenset(writes), prev, degrades
    return lambda function: Step(name, function, StepKind.EFFECT, *declared)


def stash_view(declared: Step[ArgsT, StashT, object]) -> type:
    """Make the class of the stash that a step sees: its declared fields, and no others.

    Fields that the step only reads have no setter. They are filled under their slot's name
    (``slot_of``).
    """
    readable = {name: property(attrgetter(slot_of(name))) for name in declared.reads}
    slots = (*declared.writes, *map(slot_of, declared.reads))
    members = {"__slots__": slots, "__delattr__": _refuse_deletion, **readable}
    return type(f"stash of step {declared.name}", (), members)


def slot_of(read_only_field: str) -> str:
    """Name the slot behind a field that a step only reads."""
    return f"_read_only_{read_only_field}"


def _refuse_deletion(_stash: object, field: str) -> None:
    message = f"a step writes stash fields and deletes none: {field}"
    raise AttributeError(message)

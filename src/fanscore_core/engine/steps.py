"""Steps: the functions of a pipeline, and what each of them sees.

A step is one AppSync pipeline function: request, data source and response in one coroutine, with
an ``await`` where the data source is called. It declares which fields of the stash it reads and
writes, and sees these only.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar, overload

import attrs

from fanscore_core.engine.question import Effect

ArgsT = TypeVar("ArgsT")
StashT = TypeVar("StashT")
PrevT = TypeVar("PrevT")
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
    """

    __slots__ = ("args", "prev", "stash")

    args: ArgsT
    stash: StashT

    def __init__(self, args: ArgsT, stash: StashT) -> None:
        self.args = args
        self.stash = stash

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Say how to declare ``prev``; called where an attribute is not set."""
            hint = ": a step that sees it declares prev=True" if name == "prev" else ""
            message = f"the context has no {name}{hint}"
            raise AttributeError(message)


class PrevContext(Context[ArgsT, StashT], Generic[ArgsT, StashT, PrevT]):
    """What a step sees that declares ``prev``, and what ``after`` sees.

    Attributes:
        prev: the value of the previous step, or of ``before`` for the first one.
    """

    __slots__ = ()

    prev: PrevT


class EffectContext(Context[ArgsT, StashT]):
    """What an effect step sees: also the one way to perform an effect."""

    __slots__ = ()

    def perform(self, effect: Effect[AnswerT]) -> Awaitable[AnswerT]:
        """Perform an effect: ``answer = await ctx.perform(effect)``."""
        return Performance(effect)


class PrevEffectContext(
    EffectContext[ArgsT, StashT],
    PrevContext[ArgsT, StashT, PrevT],
    Generic[ArgsT, StashT, PrevT],
):
    """What an effect step sees that declares ``prev``."""

    __slots__ = ()


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
        name: its name on the architecture page, such as ``getArmScore``.
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


@overload
def step(
    name: str,
    *,
    reads: Iterable[str] = (),
    writes: Iterable[str] = (),
    prev: Literal[True],
    degrades: bool = False,
    gate: bool = False,
) -> Callable[
    [Callable[[PrevContext[ArgsT, StashT, PrevT]], StepCoroutine[ValueT_co]]],
    Step[ArgsT, StashT, ValueT_co],
]: ...


@overload
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
]: ...


def step(
    name: str,
    *,
    reads: Iterable[str] = (),
    writes: Iterable[str] = (),
    prev: bool = False,
    degrades: bool = False,
    gate: bool = False,
) -> Callable[..., Step[ArgsT, StashT, ValueT_co]]:
    """Make a step of a coroutine function. See ``Step`` for what it declares.

    With ``prev``, the function takes a ``PrevContext``, whose last parameter is the type of the
    previous step's value.
    """
    declared = frozenset(reads), frozenset(writes), prev, degrades
    kind = StepKind.GATE if gate else StepKind.PLAIN
    return lambda function: Step(name, function, kind, *declared)


@overload
def effect_step(
    name: str,
    *,
    reads: Iterable[str] = (),
    writes: Iterable[str] = (),
    prev: Literal[True],
    degrades: bool = False,
) -> Callable[
    [Callable[[PrevEffectContext[ArgsT, StashT, PrevT]], StepCoroutine[ValueT_co]]],
    Step[ArgsT, StashT, ValueT_co],
]: ...


@overload
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
]: ...


def effect_step(
    name: str,
    *,
    reads: Iterable[str] = (),
    writes: Iterable[str] = (),
    prev: bool = False,
    degrades: bool = False,
) -> Callable[..., Step[ArgsT, StashT, ValueT_co]]:
    """Make a step that may perform effects. See ``Step`` for what it declares.

    With ``prev``, the function takes a ``PrevEffectContext``.
    """
    declared = frozenset(reads), frozenset(writes), prev, degrades
    return lambda function: Step(name, function, StepKind.EFFECT, *declared)


def stash_view(declared: Step[ArgsT, StashT, object], fields: Iterable[str]) -> type:
    """Make the class of the stash that a step sees: its declared fields, and no others.

    Fields that the step only reads have no setter. They are filled under their slot's name
    (``slot_of``). Touching another field raises an error that says how to declare it.

    Args:
        declared: the step.
        fields: of the pipeline's stash.
    """
    readable = {name: _read_only(declared.name, name) for name in declared.reads}
    others = frozenset(fields) - declared.reads - declared.writes
    hidden = {name: _undeclared(declared.name, name) for name in others}
    slots = (*declared.writes, *map(slot_of, declared.reads))
    members = {"__slots__": slots, "__delattr__": _refuse_deletion, **readable, **hidden}
    return type(f"stash of step {declared.name}", (), members)


def slot_of(read_only_field: str) -> str:
    """Name the slot behind a field that a step only reads."""
    return f"_read_only_{read_only_field}"


def _read_only(step_name: str, field: str) -> property:
    message = f'step {step_name} declares that it reads {field}; to write it: writes=["{field}"]'

    def refuse(_stash: object, _value: object) -> None:
        raise AttributeError(message)

    return property(attrgetter(slot_of(field)), refuse)


def _undeclared(step_name: str, field: str) -> property:
    def refuse_reading(_stash: object) -> object:
        message = f'step {step_name} does not declare {field}: reads=["{field}"]'
        raise AttributeError(message)

    def refuse_writing(_stash: object, _value: object) -> None:
        message = f'step {step_name} does not declare {field}: writes=["{field}"]'
        raise AttributeError(message)

    return property(refuse_reading, refuse_writing)


def _refuse_deletion(_stash: object, field: str) -> None:
    message = f"a step writes stash fields and deletes none: {field}"
    raise AttributeError(message)

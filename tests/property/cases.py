"""Generated pipelines with the worlds that they run in, as values that print."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable

import attrs
from hypothesis import strategies as st

from fanscore_core.pipeline import Pipeline
from fanscore_core.step import Context, EarlyReturn, EffectContext, SkipTo, Step, StepKind
from tests.property.scripts import (
    FIELDS,
    Act,
    Asking,
    Bug,
    Misdeed,
    Misusing,
    Response,
    Stash,
    Stopping,
    Trespassing,
    Way,
    Writing,
    play,
)
from tests.property.worlds import KEYS, Add, Look, Reply, Tally, World

MAX_STEPS = 8


@attrs.frozen
class StepPlan:
    """A step: what it declares and what it does."""

    kind: StepKind
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    prev: bool
    degrades: bool
    script: tuple[Act, ...]


class Edge(enum.Enum):
    """What ``before`` or ``after`` does."""

    ABSENT = "is absent"
    RETURN = "returns"
    NEXT = "returns early"
    END = "returns early from the pipeline"
    BUG = "raises"


@attrs.define
class Journal:
    """What the steps of one run have noted, by position.

    Attributes:
        started: whose code has begun.
        over: whose code has returned, raised or been closed.
        decided: the first in written order that has ended the pipeline, raised or been closed.
    """

    started: set[int] = attrs.field(factory=set)
    over: set[int] = attrs.field(factory=set)
    decided: int = MAX_STEPS


@attrs.frozen
class Case:
    """A pipeline, its arguments, and a world to run it in."""

    steps: tuple[StepPlan, ...]
    before: Edge
    after: Edge
    args: int
    replies: tuple[Reply, ...]
    receipts: tuple[Reply, ...]

    def world(self) -> World:
        """Make the world as it is before the run."""
        return World(self.replies, self.receipts)

    def pipeline(self, journal: Journal | None = None) -> Pipeline[int, Stash, object]:
        """Make the pipeline; its steps take notes in the journal."""
        notes = journal or Journal()
        return Pipeline(
            "generated",
            Stash,
            tuple(_step(at, plan, notes) for at, plan in enumerate(self.steps)),
            _edge(self.before, "a"),
            _edge(self.after, "b"),
        )


def _step(at: int, plan: StepPlan, journal: Journal) -> Step[int, Stash, object]:
    async def function(context: EffectContext[int, Stash]) -> int | EarlyReturn[int]:
        journal.started.add(at)
        decides = True
        try:
            returned = await play(plan.script, context, plan.writes)
            decides = isinstance(returned, EarlyReturn) and returned.skip_to is SkipTo.END
            return returned
        finally:
            journal.over.add(at)
            if decides:
                journal.decided = min(journal.decided, at)

    declared = frozenset(plan.reads), frozenset(plan.writes), plan.prev, plan.degrades
    return Step(f"step {at}", function, plan.kind, *declared)


def _edge(edge: Edge, field: str) -> Callable[[Context[int, Stash]], object] | None:
    """Make a ``before`` or ``after`` whose value shows all that it has seen."""

    def function(context: Context[int, Stash]) -> object:
        saw = context.args, getattr(context, "prev", "no prev"), attrs.astuple(context.stash)
        setattr(context.stash, field, 100 + context.args)
        match edge:
            case Edge.BUG:
                raise Bug(context.args)
            case Edge.NEXT:
                return EarlyReturn(saw)
            case Edge.END:
                return EarlyReturn(saw, SkipTo.END)
            case _:
                return saw

    return None if edge is Edge.ABSENT else function


def _askings(*questions: type[Look | Tally | Add]) -> list[Act]:
    return [Asking(*each) for each in itertools.product(questions, range(KEYS), Response)]


_STOPPINGS: list[Act] = [Stopping(*each) for each in itertools.product(Way, (0, 1, 2, None))]
_QUIET_ACTS: list[Act] = [*map(Writing, range(len(FIELDS))), *map(Trespassing, FIELDS)]
# The numbers weigh one kind of act against another.
_PLAIN_ACTS = [
    *_askings(Look, Tally),
    *(4 * _QUIET_ACTS),
    *_STOPPINGS,
    *map(Misusing, Misdeed),
]
_EFFECT_ACTS = [*_PLAIN_ACTS, *(2 * _askings(Add))]
# Each field is read, written or neither; few declarations come before many.
_DECLARATIONS = sorted(
    itertools.product(("no", "read", "write"), repeat=len(FIELDS)),
    key=lambda uses: len(FIELDS) - uses.count("no"),
)


def _fields(uses: tuple[str, ...], use: str) -> tuple[str, ...]:
    return tuple(field for field, its_use in zip(FIELDS, uses, strict=True) if its_use == use)


@st.composite
def step_plans(draw: st.DrawFn, kinds: tuple[StepKind, ...]) -> StepPlan:
    """Draw a step of one of the kinds."""
    kind = draw(st.sampled_from(kinds))
    uses = draw(st.sampled_from(_DECLARATIONS))
    acts = _EFFECT_ACTS if kind is StepKind.EFFECT else _PLAIN_ACTS
    return StepPlan(
        kind,
        _fields(uses, "read"),
        _fields(uses, "write"),
        prev=draw(st.booleans()),
        degrades=draw(st.booleans()),
        script=tuple(draw(st.lists(st.sampled_from(acts), max_size=4))),
    )


_WITHOUT_EFFECTS = (StepKind.PLAIN, StepKind.PLAIN, StepKind.PLAIN, StepKind.GATE)
_ANY_KIND = (*_WITHOUT_EFFECTS, StepKind.EFFECT)
_edges = st.sampled_from([*([Edge.ABSENT, Edge.RETURN] * 5), Edge.NEXT, Edge.END, Edge.BUG])
_replies = st.lists(
    st.sampled_from([*([Reply.VALUE] * 14), *([Reply.UNAVAILABLE] * 4), *Reply]),
    min_size=1,
    max_size=7,
).map(tuple)


def cases(kinds: tuple[StepKind, ...] = _ANY_KIND) -> st.SearchStrategy[Case]:
    """Draw a case whose steps are of these kinds."""
    return st.builds(
        Case,
        steps=st.lists(step_plans(kinds), max_size=MAX_STEPS).map(tuple),
        before=_edges,
        after=_edges,
        args=st.integers(0, 6),
        replies=_replies,
        receipts=_replies,
    )


def cases_without_effects() -> st.SearchStrategy[Case]:
    """Draw a case that leaves its world as it is."""
    return cases(_WITHOUT_EFFECTS)


def cases_of_gates() -> st.SearchStrategy[Case]:
    """Draw a case in which every step holds up those after it."""
    return cases((StepKind.GATE, StepKind.EFFECT))

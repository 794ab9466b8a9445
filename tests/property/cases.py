"""Generated pipelines with the worlds that they run in, as values that print."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable

import attrs
from hypothesis import strategies as st

from fanscore_core.engine.definition import Pipeline
from fanscore_core.engine.steps import Context, EarlyReturn, EffectContext, SkipTo, Step, StepKind
from tests.property.scripts import (
    FIELDS,
    Act,
    Asking,
    Bug,
    Foreign,
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
    FOREIGN = "raises what is no Exception"


@attrs.define
class Journal:
    """What the steps of one run have noted, by position.

    Attributes:
        started: whose code has begun.
        finished: whose code has returned, for the next to go on.
        decided: whose code has raised, or ended the pipeline.
        closed: whose code has been closed, for misuse or because the step was dropped.
    """

    started: set[int] = attrs.field(factory=set)
    finished: set[int] = attrs.field(factory=set)
    decided: set[int] = attrs.field(factory=set)
    closed: set[int] = attrs.field(factory=set)

    @property
    def open(self) -> set[int]:
        """Whose code is waiting."""
        return self.started - self.finished - self.decided - self.closed


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
        try:
            returned = await play(plan.script, context, plan.writes)
        except GeneratorExit:
            journal.closed.add(at)
            raise
        except BaseException:
            journal.decided.add(at)
            raise
        ends = isinstance(returned, EarlyReturn) and returned.skip_to is SkipTo.END
        (journal.decided if ends else journal.finished).add(at)
        return returned

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
            case Edge.FOREIGN:
                raise Foreign(context.args)
            case Edge.NEXT:
                return EarlyReturn(saw)
            case Edge.END:
                return EarlyReturn(saw, SkipTo.END)
            case _:
                return saw

    return None if edge is Edge.ABSENT else function


# In all that follows, how often something stands in a list weighs it against the rest.
_RESPONSES = (*Response, *([Response.GO_ON] * 4))


def _askings(*questions: type[Look | Tally | Add]) -> list[Act]:
    return [Asking(*each) for each in itertools.product(questions, range(KEYS), _RESPONSES)]


_STOPPINGS: list[Act] = [Stopping(*each) for each in itertools.product(Way, (0, 1, 2, None))]
_QUIET_ACTS: list[Act] = [*map(Writing, range(len(FIELDS))), *map(Trespassing, FIELDS)]
_PLAIN_ACTS = [
    *_askings(Look, Look, Tally),
    *(2 * _QUIET_ACTS),
    *(2 * _STOPPINGS),
    *map(Misusing, Misdeed),
]
_EFFECT_ACTS = [*_PLAIN_ACTS, *(4 * _askings(Add))]
# Each field is read, written or neither. Steps that share much wait for each other, and most
# should not, so each uses two fields at most.
_DECLARATIONS = sorted(
    (
        uses
        for uses in itertools.product(("no", "read", "write"), repeat=len(FIELDS))
        if uses.count("no") >= len(FIELDS) - 2
    ),
    key=lambda uses: -uses.count("no"),
)


def _fields(uses: tuple[str, ...], use: str) -> tuple[str, ...]:
    return tuple(field for field, its_use in zip(FIELDS, uses, strict=True) if its_use == use)


def _scripts(acts: list[Act]) -> st.SearchStrategy[tuple[Act, ...]]:
    return st.lists(st.sampled_from(acts), max_size=4).map(tuple)


# Made once: making a strategy takes longer than drawing from it.
_declarations = st.sampled_from(_DECLARATIONS)
_prev = st.sampled_from((False, False, False, True))
_plain_scripts = _scripts(_PLAIN_ACTS)
_effect_scripts = _scripts(_EFFECT_ACTS)


@st.composite
def step_plans(draw: st.DrawFn, kinds: st.SearchStrategy[StepKind]) -> StepPlan:
    """Draw a step of one of the kinds."""
    kind = draw(kinds)
    uses = draw(_declarations)
    return StepPlan(
        kind,
        _fields(uses, "read"),
        _fields(uses, "write"),
        prev=draw(_prev),
        degrades=draw(st.booleans()),
        script=draw(_effect_scripts if kind is StepKind.EFFECT else _plain_scripts),
    )


_WITHOUT_EFFECTS = (*([StepKind.PLAIN] * 8), StepKind.GATE)
_ANY_KIND = (*_WITHOUT_EFFECTS, StepKind.EFFECT, StepKind.EFFECT)
_edges = st.sampled_from([*([Edge.ABSENT, Edge.RETURN] * 12), Edge.NEXT, Edge.END, Edge.BUG])
_replies = st.lists(
    st.sampled_from([*([Reply.VALUE] * 50), *([Reply.UNAVAILABLE] * 12), *Reply]),
    min_size=1,
    max_size=7,
).map(tuple)


def _steps(plans: st.SearchStrategy[StepPlan]) -> st.SearchStrategy[list[StepPlan]]:
    """Draw few steps or many, which few draws of any number would be."""
    return st.lists(plans, max_size=MAX_STEPS) | st.lists(
        plans, min_size=MAX_STEPS // 2, max_size=MAX_STEPS
    )


def cases(kinds: tuple[StepKind, ...] = _ANY_KIND) -> st.SearchStrategy[Case]:
    """Draw a case whose steps are of these kinds."""
    return st.builds(
        Case,
        steps=_steps(step_plans(st.sampled_from(kinds))).map(tuple),
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

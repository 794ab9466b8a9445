"""The table of fates in ``docs/explanation/engine.md``, held against the engine both ways.

Every small pipeline is run in every order of answers. Its steps and its driver note each event; the
page's table says which state that leads to; and after each answer the engine says where it is.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import count, product
from pathlib import Path
from typing import TypeAlias

import attrs
import pytest

from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.question import Answered
from fanscore_core.engine.state import Run
from fanscore_core.engine.steps import Context, EarlyReturn, SkipTo, Step, step
from fanscore_core.engine.trace import Fate
from fanscore_core.errors import (
    DeadlineExceeded,
    FanscoreError,
    NotLoggedIn,
    SourceFailed,
    Unavailable,
    UnknownQuestion,
)
from tests.unit.fanscore_core.samples import Basket, Count, Ctx, Handed

PAGE = Path(__file__).parents[4] / "docs" / "explanation" / "engine.md"

NOT_STARTED = "not started"
RUNNING = "running"
GOING_WITHOUT = "going without"
OPEN = {NOT_STARTED, RUNNING, GOING_WITHOUT}
WHILE_ASKING = {Fate.RAN: RUNNING, Fate.DEGRADED: GOING_WITHOUT}
DECISIONS = {Fate.ENDED.value, Fate.FAILED.value}


class Event(enum.Enum):
    """What can happen to a step, by the lines of the table."""

    STARTS = "all that it waits for is done"
    VALUE = "answered with a value"
    UNAVAILABLE = "answered with Unavailable"
    UNKNOWN = "answered with UnknownQuestion"
    OTHER_ERROR = "answered with any other error"
    RETURNS = "returns a value"
    NEXT = "returns early with NEXT"
    END = "returns early with END"
    RAISES = "raises"
    MISUSE = "breaks a rule by what it awaits"
    SOURCE_FAILS = "its source fails"
    GIVEN_UP = "still asks after 1,000 rounds"
    EARLIER = "an earlier step ended or failed"
    BEFORE = "before fails or returns early"


Cell: TypeAlias = tuple[str, Event]
Table: TypeAlias = Mapping[Cell, str]
Note: TypeAlias = tuple[int, Event]

ANSWERS: Mapping[Event, object] = {
    Event.VALUE: 1,
    Event.UNAVAILABLE: Unavailable("orchard"),
    Event.UNKNOWN: UnknownQuestion(),
    Event.OTHER_ERROR: DeadlineExceeded("orchard"),
}
LAST_REPLIES = (Event.UNKNOWN, Event.SOURCE_FAILS, Event.GIVEN_UP)
GOING_ON = (Event.VALUE, Event.UNAVAILABLE, Event.OTHER_ERROR)
ENDINGS = (Event.RETURNS, Event.NEXT, Event.END, Event.RAISES, Event.MISUSE)


def lines_of_the_page() -> list[list[str]]:
    """Return the lines of the page's table, its head first, each as cells of plain text."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## The fates of a step\n")[2]
    lines = re.findall(r"^\|(.*)\|$", section.partition("\n## ")[0], re.MULTILINE)
    head, _, *rest = ([cell.strip().replace("`", "") for cell in line.split("|")] for line in lines)
    return [head, *rest]


def table_of_the_page() -> Table:
    """Return the cells that are not empty; a head that names several states stands for each."""
    head, *rest = lines_of_the_page()
    return {
        (state, Event(event)): target
        for event, *targets in rest
        for states, target in zip(head[1:], targets, strict=True)
        for state in states.split(", ")
        if target
    }


TABLE = table_of_the_page()


@attrs.frozen
class Script:
    """What one step does.

    Attributes:
        replies: how each of its questions is answered.
        ending: what it does once all are answered.
        waits: whether it starts only when the step before it is done.
        catches: whether it goes on when an answer is an error; otherwise, that is how it fails.
    """

    replies: tuple[Event, ...]
    ending: Event
    waits: bool = False
    catches: bool = True


def scripted(at: int, script: Script) -> Step[list[Note], Basket, object]:
    """Make a step that does as its script says, and notes it in the run's arguments."""

    @step(f"step {at}", prev=script.waits)
    async def play(ctx: Context[list[Note], Basket]) -> object:
        ctx.args.append((at, Event.STARTS))
        for _ in script.replies:
            try:
                await Count("apples")
            except FanscoreError:
                if not script.catches:
                    ctx.args.append((at, Event.RAISES))
                    raise
        ctx.args.append((at, script.ending))
        return await ending(script.ending)

    return play


async def ending(event: Event) -> object:
    """End a step in one of the ways that there are."""
    match event:
        case Event.NEXT:
            return EarlyReturn(1)
        case Event.END:
            return EarlyReturn(1, SkipTo.END)
        case Event.RAISES:
            raise ZeroDivisionError
        case Event.MISUSE:
            return await Handed(None)
        case _:
            return 1


@lru_cache(maxsize=1)  # a pipeline is looked at many times in a row
def pipeline_of(scripts: tuple[Script, ...]) -> Pipeline[list[Note], Basket, object]:
    """Make a pipeline of scripted steps."""
    return Pipeline("play", Basket, tuple(map(scripted, count(), scripts)), None, None)


@attrs.define
class Play:
    """A run of scripted steps, with the notes of what has happened so far."""

    scripts: tuple[Script, ...]
    notes: list[Note] = attrs.field(factory=list)
    unanswered: set[int] = attrs.field(factory=set)
    replied: dict[int, int] = attrs.field(factory=dict)
    run: Run[list[Note], Basket, object] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start the run."""
        self.run = Run(pipeline_of(self.scripts), self.notes)
        self.unanswered.update(at for at, _ in self.run.asking())

    def moves(self) -> list[int]:
        """Return the positions whose question may be answered next, dropped or not."""
        first = [at for at, _ in self.run.asking()][:1]
        return [at for at in sorted(self.unanswered) if self._reply(at) in ANSWERS or [at] == first]

    def answer(self, at: int) -> None:
        """Answer a step's question as its script says."""
        reply = self._reply(at)
        self.notes.append((at, reply))
        self.unanswered.remove(at)
        self.replied[at] = self.replied.get(at, 0) + 1
        if reply is Event.SOURCE_FAILS:
            self.run.stop(SourceFailed("Orchard", "raised ZeroDivisionError"))
        elif reply is Event.GIVEN_UP:
            self.run.give_up("still asks after 1000 rounds")
        else:
            self.run.answer(at, Answered(ANSWERS[reply]), 0)
        self.unanswered.update(at for at, _ in self.run.asking())

    def states(self) -> tuple[str, ...]:
        """Return where the engine says that each step is. The run cannot go on afterwards."""
        asking = {at for at, _ in self.run.asking()}
        fates = enumerate(self.run.outcome().trace.fates)
        return tuple(WHILE_ASKING[fate] if at in asking else fate.value for at, fate in fates)

    def _reply(self, at: int) -> Event:
        return self.scripts[at].replies[self.replied.get(at, 0)]


@attrs.frozen
class Sight:
    """What was seen of a pipeline once some of its questions had been answered.

    Attributes:
        scripts: its steps.
        order: whose questions had been answered, in order.
        notes: what had happened by then.
        states: where the engine said that each step was.
        over: whether nothing was left to answer.
    """

    scripts: tuple[Script, ...]
    order: tuple[int, ...]
    notes: tuple[Note, ...]
    states: tuple[str, ...]
    over: bool


def sights_of(scripts: tuple[Script, ...], order: tuple[int, ...] = ()) -> Iterator[Sight]:
    """Look at a pipeline after each answer, in every order that begins with the given one."""
    play = Play(scripts)
    for at in order:
        play.answer(at)
    moves = play.moves()
    yield Sight(scripts, order, tuple(play.notes), play.states(), not moves)
    for at in moves:
        yield from sights_of(scripts, (*order, at))


def scripts_of(
    asks: int, endings: Sequence[Event], going_on: Sequence[Event], last: Sequence[Event]
) -> list[Script]:
    """Return every script of at most so many questions."""
    replies = [each for n in range(asks + 1) for each in product(going_on, repeat=n)]
    cut_short = [(*each, end) for each in replies if len(each) < asks for end in last]
    return [
        *(Script(each, end) for each in replies for end in endings),
        *(Script(each, Event.RETURNS) for each in cut_short),
        *(
            Script((*each, error), Event.RETURNS, catches=False)
            for each in replies
            if len(each) < asks and not {*each} - {Event.VALUE}
            for error in (Event.UNAVAILABLE, Event.OTHER_ERROR)
            if error in going_on
        ),
    ]


def waiting_or_not(scripts: Sequence[Script]) -> list[Script]:
    """Return each script twice: starting at once, and waiting for the step before."""
    return [attrs.evolve(each, waits=waits) for each in scripts for waits in (False, True)]


def pipelines() -> Iterator[tuple[Script, ...]]:
    """Return every pipeline of one step that asks up to three times, or of two that ask once.

    Added to these are a step that asks twice behind one that may decide, and three steps, for
    decisions that are taken over, and taken over again. Both leave out what others show.
    """
    once = scripts_of(1, ENDINGS, GOING_ON, LAST_REPLIES)
    brief = scripts_of(1, (Event.RETURNS, Event.END, Event.RAISES), (Event.VALUE,), ())
    yield from product(scripts_of(3, ENDINGS, GOING_ON, LAST_REPLIES))
    yield from product(once, waiting_or_not(once))
    yield from product(brief, scripts_of(2, (Event.RETURNS,), GOING_ON, ()))
    yield from product(brief, waiting_or_not(brief), waiting_or_not(brief))


@cache
def sights() -> tuple[Sight, ...]:
    """Return all that there is to be seen."""
    return tuple(sight for scripts in pipelines() for sight in sights_of(scripts))


@attrs.frozen
class Walk:
    """A way through the table.

    Attributes:
        states: where it leads each step.
        last: the cell that each step came through last.
        unknown: the events that the table has no cell for.
    """

    states: tuple[str, ...]
    last: Mapping[int, Cell]
    unknown: tuple[Cell, ...]


def walk(steps: int, notes: Sequence[Note]) -> Walk:
    """Follow events through the table; a decision happens to all later steps, too."""
    states = [NOT_STARTED] * steps
    last: dict[int, Cell] = {}
    unknown: list[Cell] = []

    def happen(at: int, event: Event) -> None:
        cell = states[at], event
        if cell not in TABLE:
            unknown.append(cell)
            return
        last[at], states[at] = cell, TABLE[cell]

    for at, event in notes:
        decided = states[at] in OPEN
        happen(at, event)
        if decided and states[at] in DECISIONS:
            for later in range(at + 1, steps):
                happen(later, Event.EARLIER)
    return Walk(tuple(states), last, tuple(unknown))


@cache
def walks() -> tuple[tuple[Sight, Walk], ...]:
    """Return each sight with its way through the table."""
    return tuple((sight, walk(len(sight.scripts), sight.notes)) for sight in sights())


def shown(state: str) -> str:
    """Return a state as the engine shows it: it does not tell what is not reached yet."""
    return Fate.NOT_REACHED.value if state == NOT_STARTED else state


def test_the_table_has_every_state_and_event() -> None:
    """The page has a column for each state and each fate, and a line for each event, once."""
    head, *rest = lines_of_the_page()
    states = [state for states in head[1:] for state in states.split(", ")]
    assert sorted(states) == sorted({*OPEN, *(fate.value for fate in Fate)})
    assert [line[0] for line in rest] == [event.value for event in Event]
    assert {fate.value for fate in Fate} <= set(TABLE.values())


def test_what_happens_is_in_the_table() -> None:
    """Whatever happens to a step in any small pipeline has a cell; empty cells do not happen."""
    assert {cell for _, walked in walks() for cell in walked.unknown} == set()


def test_the_engine_goes_where_the_table_leads() -> None:
    """After each answer, each step is where the table leads."""
    wrong = [
        (sight, walked.states)
        for sight, walked in walks()
        if sight.states != tuple(map(shown, walked.states))
    ]
    assert wrong[:1] == []


def test_a_run_that_is_over_leaves_no_step_open() -> None:
    """When nothing is asked any more, every step has its fate."""
    over = [walked.states for sight, walked in walks() if sight.over]
    assert {state for states in over for state in states} == {fate.value for fate in Fate}


@pytest.mark.parametrize(
    "cell",
    [cell for cell in TABLE if cell[1] is not Event.BEFORE],
    ids=lambda cell: f"{cell[0]} - {cell[1].value}",
)
def test_each_cell_is_where_the_engine_goes(cell: Cell) -> None:
    """The engine goes through each cell of the table; where a step does so last, it is there."""
    seen = {
        sight.states[at]
        for sight, walked in walks()
        for at, last in walked.last.items()
        if last == cell
    }
    assert seen == {shown(TABLE[cell])}


def fails(_: Context[str, Basket]) -> object:
    """Be a ``before`` that fails."""
    raise NotLoggedIn


def returns_early(_: Context[str, Basket]) -> object:
    """Be a ``before`` that returns early."""
    return EarlyReturn(1)


@pytest.mark.parametrize("before", [fails, returns_early])
def test_before_lets_no_step_start(before: Callable[[Context[str, Basket]], object]) -> None:
    """Where ``before`` fails or returns early, each step is not reached."""

    @step("apples")
    async def apples(_: Ctx) -> int:
        return await Count("apples")

    run = Run(pipeline("play", Basket, (apples,), before=before), "")
    assert run.asking() == []
    assert [fate.value for fate in run.outcome().trace.fates] == [TABLE[NOT_STARTED, Event.BEFORE]]

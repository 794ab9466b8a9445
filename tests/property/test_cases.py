"""That the generated cases hold what the laws are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import attrs
from hypothesis import given, settings

from fanscore_core.engine.rounds import run
from fanscore_core.engine.state import Outcome
from fanscore_core.engine.steps import StepKind
from fanscore_core.engine.trace import Fate
from fanscore_core.errors import DeadlineExceeded, NotAllowed, PipelineMisuse, Unavailable
from tests.property.cases import Case, Edge, Journal, cases
from tests.property.scripts import Bug, Stash
from tests.property.worlds import World

CASES = 1000
AT_LEAST = 5


@attrs.frozen
class Sight:
    """A case, and what came of it."""

    case: Case
    journal: Journal
    world: World
    outcome: Outcome[Stash, object]

    @property
    def fates(self) -> tuple[Fate, ...]:
        """What came of each step."""
        return self.outcome.trace.fates

    @property
    def decider(self) -> int:
        """The step that decided, or the number of steps."""
        decided = [at for at, fate in enumerate(self.fates) if fate in {Fate.FAILED, Fate.ENDED}]
        return min(decided, default=len(self.fates))

    def interests(self) -> Iterator[tuple[str, bool]]:
        """Name what a case may be of interest for, and say whether this one is."""
        yield from self._how_it_ended()
        yield from self._what_came_of_steps()
        yield from self._what_was_asked()

    def _how_it_ended(self) -> Iterator[tuple[str, bool]]:
        error = self.outcome.error
        inside = 0 < self.decider < len(self.fates) - 1
        no_step_failed = Fate.FAILED not in self.fates
        yield "all steps done", self.decider == len(self.fates) > 3
        yield "ended by a step between others", inside and error is None
        yield "failed by a step between others", inside and error is not None
        yield "a step's bug", isinstance(error, Bug) and Fate.FAILED in self.fates
        yield "misuse", isinstance(error, PipelineMisuse) and error.question != "Foreign"
        yield "no Exception", isinstance(error, PipelineMisuse) and error.question == "Foreign"
        yield "unavailable", isinstance(error, Unavailable)
        yield "out of time", isinstance(error, DeadlineExceeded)
        yield "not allowed", isinstance(error, NotAllowed)
        yield "before fails", bool(self.case.steps) and self.case.before is Edge.BUG
        yield "after fails", self.case.after is Edge.BUG and no_step_failed
        yield "after an END", self.case.after is Edge.RETURN and Fate.ENDED in self.fates
        yield "before returns early", self.case.before in {Edge.NEXT, Edge.END}

    def _what_came_of_steps(self) -> Iterator[tuple[str, bool]]:
        for fate in Fate:
            yield fate.value, fate in self.fates
        steps = list(enumerate(self.case.steps))
        effects = [at for at, plan in steps if plan.kind is StepKind.EFFECT]
        gates = [at for at, plan in steps if plan.kind is StepKind.GATE]
        written = Counter(field for plan in self.case.steps for field in plan.writes)
        warned = Counter(warning.step for warning in self.outcome.warnings)
        yield "an effect step that is not reached", any(at > self.decider for at in effects)
        yield "a gate that is not reached", any(at > self.decider for at in gates)
        yield "a decision overruled by an earlier step", self._overruled()
        yield "a field written by three steps", max(written.values(), default=0) > 2
        yield "a step warned twice", max(warned.values(), default=0) > 1
        yield "a failing step warned", f"step {self.decider}" in warned
        yield "eight steps", len(self.case.steps) == 8

    def _overruled(self) -> bool:
        return any(at > self.decider for at in self.journal.decided)

    def _what_was_asked(self) -> Iterator[tuple[str, bool]]:
        trace, performed = self.outcome.trace, self.world.performed
        yield "questions share a round", trace.rounds < len(self.world.questions())
        yield "duplicates", trace.duplicates > 0
        yield "duplicates of an error", any(asked.shared and asked.failure for asked in trace.asked)
        yield "duplicates that not all can go without", self._mixed()
        yield "five rounds", trace.rounds > 4
        yield "three questions in one round", max(map(len, self.world.rounds), default=0) > 2
        yield "a change of the world", self.world.state > 0
        yield "equal effects", any(one == two for one, two in combinations(performed, 2))
        yield "an error after an effect", bool(performed) and self.outcome.error is not None
        yield "an END after an effect", bool(performed) and Fate.ENDED in self.fates

    def _mixed(self) -> bool:
        can_go_without: dict[object, set[bool]] = {}
        for asked in self.outcome.trace.asked:
            key = asked.round, repr(asked.question)
            can_go_without.setdefault(key, set()).add(self.case.steps[asked.step].degrades)
        return {True, False} in can_go_without.values()


def look(case: Case) -> Sight:
    """Run a case, and keep what came of it."""
    journal, world = Journal(), case.world()
    return Sight(case, journal, world, run(case.pipeline(journal), case.args, world))


def test_the_generator_reaches_what_matters() -> None:
    """Of a thousand cases, at least five are of each interest."""
    sights: Counter[str] = Counter()

    @settings(max_examples=CASES, derandomize=True, database=None)
    @given(cases())
    def collect(case: Case) -> None:
        sights.update({name: int(there) for name, there in look(case).interests()})

    collect()
    assert {name: count for name, count in sights.items() if count < AT_LEAST} == {}

"""What happened in a run, as plain values: the picture that command line and console draw."""

from __future__ import annotations

import enum
from typing import NamedTuple

import attrs

from fanscore_core.engine.question import Question


class Fate(enum.Enum):
    """How a step ended."""

    RAN = "ran"
    RETURNED_EARLY = "returned early"
    ENDED = "ended"
    DEGRADED = "degraded"
    FAILED = "failed"
    DROPPED = "dropped"
    NOT_REACHED = "not reached"


class TracedQuestion(NamedTuple):
    """One question of one step, answered. A named tuple, since a run makes one for each.

    Attributes:
        round: the number of the round, from 0.
        step: the position of the step, from 0.
        question: what was asked.
        source: who answered.
        took_s: how long that took, in seconds, by the source's clock.
        failure: the class name of the error that was the answer, if it was one.
        shared: whether an earlier asker of the same round had already asked this.
        calls: how many calls over a network it cost; none if it was shared.
        reason: of ``Unavailable``, in our own words and for the operator alone.
    """

    round: int
    step: int
    question: Question[object]
    source: str
    took_s: float
    failure: str | None
    shared: bool
    calls: int = 0
    reason: str | None = None


@attrs.frozen
class Trace:
    """What each step of a run did, and what was asked in each round.

    Attributes:
        steps: the steps' names, in written order.
        fates: how each ended.
        asked: every question, by round, then by step.
    """

    steps: tuple[str, ...]
    fates: tuple[Fate, ...]
    asked: tuple[TracedQuestion, ...]

    @property
    def rounds(self) -> int:
        """The number of rounds."""
        return max((asked.round + 1 for asked in self.asked), default=0)

    @property
    def questions(self) -> int:
        """The number of questions that went to a source for this run alone."""
        return len(self.asked) - self.duplicates

    @property
    def duplicates(self) -> int:
        """The number of questions that another asker of the same round had already asked."""
        return sum(asked.shared for asked in self.asked)

    @property
    def calls(self) -> int:
        """The number of calls over a network that were made for this run."""
        return sum(asked.calls for asked in self.asked)

    def in_round(self, number: int) -> tuple[TracedQuestion, ...]:
        """Return the questions of one round, by step."""
        return tuple(asked for asked in self.asked if asked.round == number)

    def round_took_s(self, number: int) -> float:
        """Return the time that one round took, in seconds: that of its slowest question."""
        return max((asked.took_s for asked in self.in_round(number)), default=0.0)

    def step_took_s(self, position: int) -> float:
        """Return the time that one step waited for answers, in seconds, over all its rounds."""
        return sum(asked.took_s for asked in self.asked if asked.step == position)

    def steps_that(self, fate: Fate) -> tuple[str, ...]:
        """Return the names of the steps that came to a fate, in written order."""
        return tuple(
            name for name, came in zip(self.steps, self.fates, strict=True) if came is fate
        )

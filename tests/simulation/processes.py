"""Runs under way, and the faults that befall what they ask."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from random import Random

import attrs

from fanscore_adapters.documents import proxies as services
from fanscore_adapters.documents.user_event import ENDPOINTS
from fanscore_adapters.embedded import idv_function as local_idv
from fanscore_adapters.embedded import stand_in_vendor
from fanscore_adapters.items import tables
from fanscore_core.engine.question import Answered, Effect, Question
from fanscore_core.engine.state import Outcome
from fanscore_core.errors import DeadlineExceeded, Unavailable
from fanscore_core.ports.consumers import Post
from tests.simulation.requests import AnyRun

AnyOutcome = Outcome[object, object]


class Fault(enum.Enum):
    """What befalls a question on its way, by what a client can tell of it."""

    NONE = "answered"
    LOST = "request lost"
    REPLY_LOST = "done, and the reply lost"
    LATE = "request delayed, and given up"
    REPEATED = "done, the reply lost, and asked again"
    DOUBLED = "answered, and the request doubled"


FAULTS = tuple(fault for fault in Fault if fault is not Fault.NONE)


OUT_OF_TIME = 0.3
"""How often it is the deadline that lets a question fail."""

_SYSTEMS: Mapping[type[Question[object]], str] = {
    **tables.OPERATIONS.systems,
    **services.services_of({**services.CALLS, **services.LNAA_CALLS}),
    **local_idv.SYSTEMS,
    **stand_in_vendor.SYSTEMS,
    **ENDPOINTS,
}


@attrs.define(eq=False)
class Process:
    """One invocation of a function: a run of a pipeline, until it is over or the process crashes.

    Attributes:
        name: for the log.
        args: of the pipeline.
        run: under way.
        done: told the outcome.
        second: when it began, by its own clock.
        subject: what it was started for.
        serving: the positions of the steps whose question another process is at work on.
        out_of_time: whether its deadline has passed, so that nothing more is asked.
        over: whether it has come to its outcome.
        rounds: the answers so far.
    """

    name: str
    args: object
    run: AnyRun
    done: Callable[[AnyOutcome], None]
    second: int
    subject: object = None
    serving: set[int] = attrs.field(factory=set)
    out_of_time: bool = False
    over: bool = False
    rounds: int = 0

    def waiting(self) -> list[tuple[int, Question[object]]]:
        """Give what it asks and nobody is at work on, by position of the step that asks."""
        return [each for each in self.run.asking() if each[0] not in self.serving]

    def answer(self, position: int, answer: object) -> None:
        """Hand it an answer, if it is still there to hear it."""
        if self.over:
            return
        self.serving.discard(position)
        self.run.answer(position, Answered(answer), self.rounds)
        self.rounds += 1
        self.end_if_done()

    def crash(self, error: Exception) -> None:
        """End it between two effects; its caller is told an error."""
        self.run.stop(error)
        self.end_if_done()

    def end_if_done(self) -> None:
        """Tell the outcome, if nothing is asked any more."""
        if not self.over and not self.run.asking():
            self.over = True
            self.done(self.run.outcome())


@attrs.define
class Faults:
    """What goes wrong, until it ends.

    Attributes:
        random: decides what does.
        rate: how often it does with an effect, 0 to 1.
        ended: whether all goes well from now on.
    """

    random: Random
    rate: float
    ended: bool = False

    def end(self) -> None:
        """Let all go well from now on."""
        self.rate, self.ended = 0, True

    def draw(self, question: Question[object]) -> Fault:
        """Say what befalls a question."""
        if self.random.random() >= self.rate * _frailty(question):
            return Fault.NONE
        return self.random.choice(FAULTS) if isinstance(question, Effect) else Fault.LOST

    def failure(self, process: Process, question: Question[object]) -> Exception:
        """Say what a process is told instead of an answer; now and then that its time is up."""
        process.out_of_time = self.random.random() < OUT_OF_TIME
        kind = DeadlineExceeded if process.out_of_time else Unavailable
        return kind(system_of(question))


def system_of(question: Question[object]) -> str:
    """Name the system behind a question, for an error."""
    return _SYSTEMS.get(type(question), "upsert_user")


def _frailty(question: Question[object]) -> float:
    """Say how much more often a question fails than others: reads less, others' endpoints more."""
    match question:
        case Post():
            return 2
        case Effect():
            return 1
        case _:
            return 0.25


@attrs.frozen
class Ghost:
    """A request that is still on its way while nobody waits for its answer any more."""

    process: Process
    question: Question[object]

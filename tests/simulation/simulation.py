"""One schedule: clients, consumers and functions take turns in an order that a seed decides.

Nothing runs at the same time here; each turn is one question that is answered, lost, delayed or
doubled, one process that crashes, one delivery, or the clock that goes on. When there have been
enough turns, faults end, and everything is tried again until it is settled.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import TypeAlias, cast

import attrs

from fanscore_adapters.documents.idv import IDV_CALLS
from fanscore_adapters.documents.user_event import read_event
from fanscore_core.consumer_mark import LEASE, Consumer
from fanscore_core.engine.question import Question
from fanscore_core.engine.state import Run
from fanscore_core.errors import (
    Conflict,
    ConflictReason,
    DeadlineExceeded,
    NotFound,
    Unavailable,
)
from fanscore_core.liveness import CLOCKS_DIFFER, SESSION_LIFETIME
from fanscore_core.pipelines.consumers import ConsumeArgs
from fanscore_core.pipelines.idv import SessionResultArgs, StartSessionArgs
from tests.demand_samples import at
from tests.simulation.idv_function import answer, start
from tests.simulation.law import Violation, check_foreseen
from tests.simulation.log import Line
from tests.simulation.pieces import Pieces
from tests.simulation.processes import (
    AnyOutcome,
    Fault,
    Faults,
    Ghost,
    Process,
    system_of,
)
from tests.simulation.requests import FANS, RESULT, AnyRun, Request
from tests.simulation.world import Delivery, World

MOST_CLIENTS = 4
"""How many requests are under way at a time."""

MOST_ATTEMPTS = 3
"""How often an event is delivered before it becomes a dead letter."""

AGAIN = 0.2
"""How often an event is delivered again that was consumed."""

MOST_LOOKS = 6
"""How often a client looks for a session that is not there."""

MOST_TURNS = 5_000
"""Until when everything must have settled."""

SKEW_S = 2
"""How much the clocks of two invocations of the resolver differ at most, in seconds."""

UNSETTLED = "everything settles, once nothing fails any more"

LATE = "arrives late"
"""What the log says of a request that nobody waits for any more."""

LEASE_S = int(LEASE.total_seconds())
SESSION_S = int(SESSION_LIFETIME.total_seconds())
LEAPS_S = (1, 1, 2, LEASE_S, LEASE_S, SESSION_S - 1)
"""How far the clock goes on at a time."""

Turn: TypeAlias = "Callable[[], object]"


@attrs.define(eq=False)
class Simulation:
    """A schedule.

    Attributes:
        random: decides whatever is left to chance.
        pieces: that run.
        world: what they run in.
        requests: that are made.
        faults: what goes wrong, for a while.
        pending: requests that are to be made, or made again.
        processes: under way.
        ghosts: requests that nobody waits for any more.
        dead: the dead letters.
        owners: how many invocations of consumers there were.
        log: what happened.
    """

    random: Random
    pieces: Pieces
    world: World
    requests: list[Request]
    faults: Faults
    pending: list[Request] = attrs.field(factory=list)
    processes: list[Process] = attrs.field(factory=list)
    ghosts: list[Ghost] = attrs.field(factory=list)
    dead: list[Delivery] = attrs.field(factory=list)
    owners: int = 0
    log: list[Line] = attrs.field(factory=list)

    def run(self) -> None:
        """Let everything happen.

        Raises:
            Violation: a law was broken.
        """
        self.pending = list(self.requests)
        for _ in range(self.random.randint(20, 120)):
            if not self._take_turn():
                break
        self._settle()
        self.world.demand.settled()
        self.world.consumers.settled(self.world.events)
        self.world.entries.settled(self.world.events)
        self.world.liveness.settled(self.world.now)

    def broken_law(self) -> str | None:
        """Let everything happen, and give the law that was broken, if one was."""
        try:
            self.run()
        except Violation as violation:
            return str(violation)
        return None

    def _settle(self) -> None:
        self.faults.end()
        self._note("the world", "faults end")
        for _ in range(MOST_TURNS):
            if not self._take_turn() and not self._try_again():
                return
        raise Violation(UNSETTLED)

    def _try_again(self) -> bool:
        """Send dead letters again, when leases are over; whether there were any."""
        self._pass(LEASE_S)
        self.world.deliveries += self.dead
        sent, self.dead = bool(self.dead), []
        return sent

    # Turns

    def _take_turn(self) -> bool:
        """Let one thing happen; whether there was one to choose."""
        turns = [turn for weight, turn in self._turns() for _ in range(weight)]
        if not turns:
            return False
        self.random.choice(turns)()
        return True

    def _turns(self) -> Sequence[tuple[int, Turn]]:
        """Give what can happen, with weights."""
        clients = sum(isinstance(each.subject, Request) for each in self.processes)
        askers = [each for each in self.processes if each.waiting()]
        possible: Sequence[tuple[object, int, Turn]] = (
            (askers, 8, partial(self._ask, askers)),
            (self.pending and clients < MOST_CLIENTS, 4, self._call),
            (self._undelivered(), 3, self._deliver),
            (self.ghosts, 2, self._haunt),
            (not self.faults.ended, 2, self._leap),
            (not self.faults.ended, 1, self._score),
            (self.faults.rate and askers, 1, partial(self._crash, askers)),
        )
        return [(weight, turn) for can_be, weight, turn in possible if can_be]

    def _undelivered(self) -> list[Delivery]:
        return [each for each in self.world.deliveries if not each.under_way]

    def _ask(self, askers: Sequence[Process]) -> None:
        """Let a question of some process go on its way."""
        process = self.random.choice(askers)
        position, asked = self.random.choice(process.waiting())
        question = self.pieces.ask(asked, process.args)
        if process.out_of_time:
            self._hear(process, position, question, DeadlineExceeded(system_of(question)))
            return
        fault = self.faults.draw(question)
        if fault is not Fault.NONE:
            self._note(process.name, question, fault)
        if fault in {Fault.LATE, Fault.DOUBLED}:
            self.ghosts.append(Ghost(process, question))
        if fault in {Fault.REPLY_LOST, Fault.REPEATED}:
            self._perform(process, question, _unheard)
        if fault in {Fault.NONE, Fault.DOUBLED}:
            process.serving.add(position)
            self._perform(
                process, question, lambda answer: self._hear(process, position, question, answer)
            )
        elif fault is not Fault.REPEATED:
            self._hear(process, position, question, self.faults.failure(process, question))

    def _call(self) -> None:
        """Let a client call, or call again."""
        request = self.pending.pop(self.random.randrange(len(self.pending)))
        request.tries += 1
        second = self.world.second + self.random.randint(-SKEW_S, SKEW_S)
        args, run = request.start(at(second))
        name = f"{request.name} try {request.tries}"
        self._note(
            name, f"{request.fan} {request.request_id} at {second} s", str(request.arguments)
        )
        self._begin(
            Process(
                name,
                args,
                run,
                lambda outcome: self._told(request, outcome, second),
                second,
                request,
            )
        )

    def _deliver(self) -> None:
        """Deliver an event to a consumer; which one, is chance."""
        delivery = self.random.choice(self._undelivered())
        delivery.under_way = True
        self.owners += 1
        if self.faults.ended and delivery.attempts:
            self._pass(LEASE_S)
        event = read_event(json.loads(delivery.document))
        args = ConsumeArgs(event, f"owner-{self.owners}", self.world.now)
        run = cast("AnyRun", Run(self.pieces.consumers[delivery.consumer], args))
        name = f"{delivery.consumer.value} {args.owner}"
        self._note(name, f"event {event.id[:8]} of {event.global_user_id}")
        self._begin(
            Process(
                name,
                args,
                run,
                lambda outcome: self._consumed(delivery, args, name, outcome),
                self.world.second,
                delivery,
            )
        )

    def _haunt(self) -> None:
        """Let a request arrive that nobody waits for any more."""
        ghost = self.ghosts.pop(self.random.randrange(len(self.ghosts)))
        self._note(ghost.process.name, ghost.question, LATE)
        self._perform(ghost.process, ghost.question, _unheard)

    def _leap(self) -> None:
        self._pass(self.random.choice(LEAPS_S))

    def _score(self) -> None:
        """Let somebody store a score."""
        fan, score = self.random.choice(FANS), self.random.randint(0, 100)
        self.world.store_score(fan, score)
        self._note("the scorers", f"{fan} has {score}")

    def _crash(self, askers: Sequence[Process]) -> None:
        """Let a process end between two effects."""
        if self.random.random() >= self.faults.rate:
            return
        process = self.random.choice(askers)
        self._note(process.name, "crashes")
        process.crash(Unavailable(process.name, "crashed"))
        self._clear_away()

    # What comes of it

    def _begin(self, process: Process) -> None:
        self.processes.append(process)
        process.end_if_done()
        self._clear_away()

    def _perform(
        self, process: Process, question: Question[object], reply: Callable[[object], None]
    ) -> None:
        """Let a question take effect, and reply now, or when the function that it calls is done."""
        if type(question) in IDV_CALLS:
            self._start_function(process, question, reply)
        else:
            reply(self.world.perform(process, question))

    def _start_function(
        self, caller: Process, question: Question[object], reply: Callable[[object], None]
    ) -> None:
        """Let a question start a process of the identity verification function."""
        args, run = start(question, self.world.now)

        def done(outcome: AnyOutcome) -> None:
            check_foreseen(outcome.error)
            reply(answer(question, outcome))

        name = f"function of {caller.name}"
        self._begin(Process(name, args, run, done, self.world.second))

    def _hear(
        self, process: Process, position: int, question: Question[object], answer: object
    ) -> None:
        heard = self.pieces.hear(question, answer)
        self._note(process.name, question, heard)
        process.answer(position, heard)
        self._clear_away()

    def _told(self, request: Request, outcome: AnyOutcome, second: int) -> None:
        """Let a client be told an outcome; it calls again, unless that is final or it gives up."""
        self._note(request.name, "is told", outcome.error or outcome.value)
        if outcome.error is None:
            request.value = outcome.value
            self.world.demand.answered(request)
            self.world.liveness.answered(request)
            return
        check_foreseen(outcome.error)
        if isinstance(outcome.error, Conflict) and outcome.error.reason is ConflictReason.OUTDATED:
            self.world.demand.refused(request, second)
        gives_up = request.gives_up and request.tries >= request.patience
        if not _is_final(request, outcome.error) and not gives_up:
            self.pending.append(request)

    def _consumed(
        self, delivery: Delivery, args: ConsumeArgs, name: str, outcome: AnyOutcome
    ) -> None:
        """Let the bus know how a delivery went; now and then it delivers again all the same."""
        self._note(name, "ends", outcome.error or outcome.value)
        delivery.under_way = False
        if outcome.error is None:
            if delivery.consumer is Consumer.ENTRY:
                self.world.entries.consumed(args.event)
            else:
                self.world.consumers.consumed(args, delivery.consumer, outcome.value)
            if self.faults.ended or self.random.random() >= AGAIN:
                self.world.deliveries.remove(delivery)
            return
        check_foreseen(outcome.error)
        delivery.attempts += 1
        if delivery.attempts % MOST_ATTEMPTS == 0:
            self.world.deliveries.remove(delivery)
            self.dead.append(delivery)
            self._note(name, "event becomes a dead letter")

    def _pass(self, seconds: int) -> None:
        self.world.second += seconds
        self._note("the clock", f"goes on by {seconds} s")
        self._end_functions()

    def _end_functions(self) -> None:
        """Let Lambda end the calls of a function that have lasted too long."""
        for process in tuple(self.processes):
            is_function = isinstance(process.args, StartSessionArgs | SessionResultArgs)
            age_s = self.world.second - process.second
            if is_function and process.waiting() and age_s > CLOCKS_DIFFER.total_seconds():
                self._note(process.name, "is ended by Lambda")
                process.crash(Unavailable(process.name, "timed out"))
        self._clear_away()

    def _clear_away(self) -> None:
        self.processes = [each for each in self.processes if not each.over]

    def _note(self, who: str, what: object, note: object = "") -> None:
        self.log.append(Line(self.world.second, who, what, note))


def _unheard(_answer: object) -> None:
    """Let nobody hear an answer."""


def _is_final(request: Request, error: Exception) -> bool:
    match error:
        case Conflict(reason=reason):
            return reason in {ConflictReason.REUSED_REQUEST_ID, ConflictReason.OUTDATED}
        case NotFound():
            return request.field == RESULT and request.tries >= MOST_LOOKS
        case _:
            return False

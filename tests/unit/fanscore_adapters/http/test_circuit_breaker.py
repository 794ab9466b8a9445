from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fanscore_adapters.http.circuit_breaker import MAX_FAILURES, OPEN_S, CircuitBreaker
from tests.virtual_time import VirtualTime

THREADS = 8


@attrs.frozen
class Timed:
    """A breaker, and the time by which it works."""

    time: VirtualTime
    breaker: CircuitBreaker

    def fail(self, times: int) -> list[bool]:
        """Make failing calls; give whether each was admitted."""
        admitted = []
        for _ in range(times):
            admitted.append(self.breaker.admits())
            if admitted[-1]:
                self.breaker.failed()
        return admitted


def timed() -> Timed:
    """Make a breaker with time of its own."""
    time = VirtualTime()
    return Timed(time, CircuitBreaker(time.clock))


def opened() -> Timed:
    """Make a breaker whose circuit has just opened."""
    made = timed()
    made.fail(MAX_FAILURES)
    return made


def test_the_limits() -> None:
    """Five failures in a row open the circuit, for ten seconds."""
    assert (MAX_FAILURES, OPEN_S) == (5, 10.0)


def test_failures_in_a_row_open_it() -> None:
    """The fifth failure is the last call that is let through."""
    made = timed()
    assert made.fail(7) == [True] * 5 + [False] * 2
    assert made.breaker.is_open


def test_a_success_between_failures_keeps_it_closed() -> None:
    """Only failures in a row count."""
    made = timed()
    made.fail(4)
    made.breaker.succeeded()
    assert made.fail(5) == [True] * 5


def test_one_probe_is_let_through() -> None:
    """After ten seconds one call is let through, and no second one while it is on its way."""
    made = opened()
    made.time.wait(9.999)
    assert not made.breaker.admits()
    made.time.wait(0.001)
    assert [made.breaker.admits() for _ in range(3)] == [True, False, False]


def test_a_probe_that_succeeds_closes_it() -> None:
    """After a good probe all calls are let through, and it takes five failures again."""
    made = opened()
    made.time.wait(10)
    assert made.breaker.admits()
    made.breaker.succeeded()
    assert not made.breaker.is_open
    assert made.fail(6) == [True] * 5 + [False]


def test_a_probe_that_fails_opens_it_again() -> None:
    """After a bad probe nothing is let through for another ten seconds."""
    made = opened()
    made.time.wait(10)
    assert made.fail(1) == [True]
    made.time.wait(9.999)
    assert not made.breaker.admits()
    made.time.wait(0.001)
    assert made.breaker.admits()


def test_a_probe_that_is_never_reported_holds_up_nobody() -> None:
    """A probe whose thread was lost is followed by another after ten seconds."""
    made = opened()
    made.time.wait(10)
    assert made.breaker.admits()
    made.time.wait(10)
    assert made.breaker.admits()


def test_threads_share_one_probe() -> None:
    """Of many threads that ask at the same time, one makes the probe."""
    made = opened()
    made.time.wait(10)
    start = Barrier(THREADS)

    def admitted() -> bool:
        start.wait()
        return made.breaker.admits()

    with ThreadPoolExecutor(THREADS) as executor:
        asked = [executor.submit(admitted) for _ in range(THREADS)]
        assert sum(each.result() for each in asked) == 1


@attrs.define
class Model:
    """A breaker that remembers everything and works its state out from that.

    Attributes:
        reports: when each call was reported, and whether it had succeeded.
        admitted: when each call was admitted.
    """

    reports: list[tuple[float, bool]] = attrs.field(factory=list)
    admitted: list[float] = attrs.field(factory=list)

    def failures(self) -> list[float]:
        """Give when the failures since the last success were."""
        since = [at for at, _ in self.reports]
        successes = [index for index, (_, good) in enumerate(self.reports) if good]
        return since[successes[-1] + 1 :] if successes else since

    def is_open(self) -> bool:
        """Whether there were enough failures in a row."""
        return len(self.failures()) >= MAX_FAILURES

    def admits(self, now: float) -> bool:
        """Whether a call is let through; then that is remembered."""
        good = not self.is_open() or self._rested(now)
        if good:
            self.admitted.append(now)
        return good

    def _rested(self, now: float) -> bool:
        opened_at = self.failures()[MAX_FAILURES - 1]
        probes = [at for at in self.admitted if at >= opened_at + OPEN_S]
        return now - max([*self.failures(), *probes]) >= OPEN_S


class BreakerMachine(RuleBasedStateMachine):
    """Calls, reports in any order and time passing, to the breaker and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.timed = timed()
        self.model = Model()

    @rule(seconds=st.sampled_from([0.5, 4.0, 5.0, 9.5, 10.0, 10.5]))
    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.timed.time.wait(seconds)

    @rule()
    def ask(self) -> None:
        """Ask whether to call."""
        assert self.timed.breaker.admits() == self.model.admits(self.timed.time.now_s)

    @rule(times=st.integers(1, 6))
    def fail(self, times: int) -> None:
        """Report failures, of calls admitted now or long ago."""
        for _ in range(times):
            self.timed.breaker.failed()
            self.model.reports.append((self.timed.time.now_s, False))

    @rule()
    def succeed(self) -> None:
        """Report a success, likewise."""
        self.timed.breaker.succeeded()
        self.model.reports.append((self.timed.time.now_s, True))

    @invariant()
    def same_state(self) -> None:
        """Both say whether the circuit is open."""
        assert self.timed.breaker.is_open == self.model.is_open()


def test_any_course_of_events() -> None:
    """Whatever happens in whatever order, the breaker does what the model works out."""
    run_state_machine_as_test(BreakerMachine, settings=settings(deadline=None))

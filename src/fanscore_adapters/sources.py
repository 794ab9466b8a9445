"""One round's questions to the adapters that answer them, all at the same time, within a deadline.

The only place with threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from math import inf
from typing import TypeAlias

import attrs

from fanscore_adapters.adapter import Adapter, Parts, late, one_by_one, parts_of, undivided
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.errors import OF_THE_PROCESS, DeadlineExceeded, SourceFailed, UnknownQuestion

Call: TypeAlias = "Future[Sequence[Answered]]"
"""A call of an adapter that is under way."""


def wait_for(call: Call, at_most_s: float | None) -> bool:
    """Wait for a call, for ever or so many seconds, and return whether it has ended."""
    done, _ = wait([call], at_most_s)
    return bool(done)


MAX_DEGRADABLE_S = 2.0
"""The most that is waited for an answer that its step can do without.

See docs/explanation/architecture.md.
"""


@attrs.frozen(eq=False, repr=False)
class Sources:
    """All adapters together, for one request.

    A question whose step degrades gets at most half of the time that is left, and never more than
    ``MAX_DEGRADABLE_S``: a hanging service degrades, and does not time the answer out. Where an
    adapter wants both kinds in one call, that call has the time of its most patient question.

    Attributes:
        adapters: no two answer the same question; a round's calls start in their order.
        executors: threads to ask in: for each adapter its own, so that one whose calls hang takes
            none from the others; or one that all share.
        clock: seconds, never going back.
        expires_at: by the clock, when the request must have been answered.
        wait: waits for a call, for ever or so many seconds; returns whether it has ended.
    """

    adapters: Sequence[Adapter]
    executors: Sequence[Executor]
    clock: Callable[[], float]
    expires_at: float = inf
    wait: Callable[[Call, float | None], bool] = wait_for

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask; what no adapter knows is an ``UnknownQuestion``.

        Where an adapter raises, or does not answer one for one, the answer to each question of
        that call is ``SourceFailed``.
        """
        started_at = self.clock()
        answers = [Answered(UnknownQuestion())] * len(asks)
        calls = [
            self._start(number, indexes, asks, started_at) for number, indexes in self._groups(asks)
        ]
        for call in calls:
            for index, answer in zip(call.indexes, self._collect(call), strict=True):
                answers[index] = answer
        return answers

    def _groups(self, asks: Sequence[Ask]) -> list[tuple[int, list[int]]]:
        """Return what each adapter, by its number, is asked in each call."""
        by_adapter: defaultdict[int, list[int]] = defaultdict(list)
        for index, ask in enumerate(asks):
            for number, adapter in enumerate(self.adapters):
                if type(ask.question) in adapter.systems:
                    by_adapter[number].append(index)
        return [
            (number, [indexes[each] for each in group])
            for number, indexes in sorted(by_adapter.items())
            for group in _split(self.adapters[number], [asks[index] for index in indexes])
        ]

    def _start(self, number: int, indexes: list[int], asks: Sequence[Ask], now: float) -> _Call:
        adapter = self.adapters[number]
        executor = self.executors[number % len(self.executors)]
        limits = [self._limit(asks[index], now) for index in indexes]
        group = [
            Ask(asks[index].question, asks[index].degradable, limit)
            for index, limit in zip(indexes, limits, strict=True)
        ]
        parts = _parts(adapter, group)
        in_time = now < self.expires_at
        futures = [executor.submit(call) for call in parts.calls] if in_time else []
        return _Call(adapter, indexes, group, parts, futures, now, max(limits))

    def _limit(self, ask: Ask, started_at: float) -> float:
        if not ask.degradable:
            return self.expires_at
        return started_at + min((self.expires_at - started_at) / 2, MAX_DEGRADABLE_S)

    def _collect(self, call: _Call) -> Sequence[Answered]:
        group = call.group
        if not call.futures or not self._done(call.futures, call.expires_at):
            took_s = self.clock() - call.started_at if call.futures else 0.0
            systems = call.adapter.systems
            return [self._late(systems[type(ask.question)], ask, took_s) for ask in group]
        try:
            answered = list(call.parts.join([future.result() for future in call.futures]))
        except OF_THE_PROCESS:
            raise
        except BaseException as error:  # noqa: BLE001  # it is the answer
            return _failed(call, f"raised {type(error).__name__}", error)
        if len(answered) != len(group):
            problem = f"gave {len(answered)} answers to {len(group)} questions"
            return _failed(call, problem, None)
        return answered

    def _done(self, calls: Sequence[Call], limit: float) -> bool:
        done = all(
            self.wait(call, None if limit == inf else max(0.0, limit - self.clock()))
            for call in calls
        )
        if not done:
            for call in calls:
                call.cancel()
        return done

    def _late(self, system: str, ask: Ask, took_s: float) -> Answered:
        if self.clock() < self.expires_at:
            return Answered(late(system, ask), system, took_s)
        return Answered(DeadlineExceeded(system), system, took_s)


def _split(adapter: Adapter, asks: Sequence[Ask]) -> Sequence[Sequence[int]]:
    """Let an adapter split asks. If that raises, ask one by one, so that only what is wrong fails.

    A function of one's own that makes a key, for instance, may raise.
    """
    try:
        return adapter.split(asks)
    except Exception:  # noqa: BLE001  # raised again by the one call that is wrong
        return one_by_one(asks)


def _parts(adapter: Adapter, asks: Sequence[Ask]) -> Parts:
    """Return the calls that a group takes; where an adapter cannot divide it, one that fails."""
    try:
        return parts_of(adapter, asks)
    except Exception:  # noqa: BLE001  # raised again by the call
        return undivided(adapter, asks)


def _failed(call: _Call, problem: str, cause: BaseException | None) -> Sequence[Answered]:
    """Answer what an adapter failed to answer: it spoils no question to another adapter or call."""
    failed = SourceFailed(type(call.adapter).__name__, problem)
    failed.__cause__ = cause
    systems = call.adapter.systems
    return [Answered(failed, systems[type(ask.question)]) for ask in call.group]


@attrs.frozen(eq=False, repr=False)
class _Call:
    """What an adapter is asked, when that began, and when it is waited for no longer."""

    adapter: Adapter
    indexes: Sequence[int]
    group: Sequence[Ask]
    parts: Parts
    futures: Sequence[Call]
    started_at: float
    expires_at: float

"""One round's questions to the adapters that answer them, all at the same time, within a deadline.

The only place with threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from math import inf
from typing import Protocol

import attrs

from fanscore_core.errors import DeadlineExceeded, SourceFailed, Unavailable, UnknownQuestion
from fanscore_core.query import Answered, Ask, Question

MAX_DEGRADABLE_S = 2.0
"""The most that is waited for an answer that its step can do without.

See docs/explanation/architecture.md.
"""


class Adapter(Protocol):
    """A ``Source`` that says which questions it answers.

    Contract: as ``Source``; ``fetch`` may be called from several threads at the same time.
    """

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The types of question that it answers, and the system behind each."""
        ...

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        ...


@attrs.frozen
class Sources:
    """All adapters together, for one request.

    A question whose step degrades gets at most half of the time that is left, and never more than
    ``MAX_DEGRADABLE_S``: a hanging service degrades, and does not time the answer out. An adapter
    that is asked both kinds at once may use the time of its most patient question.

    Attributes:
        adapters: no two answer the same type of question.
        executor: threads to ask in.
        clock: seconds, never going back.
        expires_at: by the clock, when the request must have been answered.
    """

    adapters: Sequence[Adapter]
    executor: Executor
    clock: Callable[[], float]
    expires_at: float = inf

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask; what no adapter knows is an ``UnknownQuestion``.

        Raises:
            SourceFailed: an adapter raised, or did not answer one for one.
        """
        started_at = self.clock()
        answers = [Answered(UnknownQuestion())] * len(asks)
        asked = []
        for adapter, indexes in self._by_adapter(asks):
            group = [asks[index] for index in indexes]
            if self.expires_at <= started_at:
                future = None
            else:
                future = self.executor.submit(adapter.fetch, group)
            asked.append((adapter, indexes, group, future))
        for adapter, indexes, group, future in asked:
            limit = max(self._limit(ask, started_at) for ask in group)
            answered = self._collect(adapter, group, future, limit)
            for index, answer in zip(indexes, answered, strict=True):
                answers[index] = answer
        return answers

    def _by_adapter(self, asks: Sequence[Ask]) -> list[tuple[Adapter, list[int]]]:
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for index, ask in enumerate(asks):
            for number, adapter in enumerate(self.adapters):
                if type(ask.question) in adapter.systems:
                    groups[number].append(index)
        return [(self.adapters[number], indexes) for number, indexes in groups.items()]

    def _limit(self, ask: Ask, started_at: float) -> float:
        if not ask.degradable:
            return self.expires_at
        return started_at + min((self.expires_at - started_at) / 2, MAX_DEGRADABLE_S)

    def _collect(
        self,
        adapter: Adapter,
        group: Sequence[Ask],
        future: Future[Sequence[Answered]] | None,
        limit: float,
    ) -> Sequence[Answered]:
        name = type(adapter).__name__
        if future is None or not self._done(future, limit):
            return [self._late(adapter.systems[type(ask.question)], ask) for ask in group]
        try:
            answered = list(future.result())
        except Exception as error:
            raise SourceFailed(name, f"raised {type(error).__name__}") from error
        if len(answered) != len(group):
            raise SourceFailed(name, f"gave {len(answered)} answers to {len(group)} questions")
        return answered

    def _done(self, future: Future[Sequence[Answered]], limit: float) -> bool:
        timeout = None if limit == inf else max(0.0, limit - self.clock())
        done, _ = wait([future], timeout)
        if not done:
            future.cancel()
        return bool(done)

    def _late(self, system: str, ask: Ask) -> Answered:
        if ask.degradable and self.clock() < self.expires_at:
            return Answered(Unavailable(system, "no answer in time"), system)
        return Answered(DeadlineExceeded(system), system)

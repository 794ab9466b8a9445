"""What an adapter is, and what adapters share: rows, splitting a round, the end of their time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Protocol, TypeAlias, TypeGuard, TypeVar, runtime_checkable

import attrs

from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import DeadlineExceeded, FanscoreError, Unavailable

LEAST_S = 0.1
"""An attempt starts only with at least this much time left."""


class Row(Protocol):
    """A declaration of how one type of question is answered."""

    @property
    def question(self) -> type[Question[object]]:
        """The type of question."""
        ...


RowT = TypeVar("RowT", bound=Row)


def by_question(rows: Iterable[RowT]) -> Mapping[type[Question[object]], RowT]:
    """Map each type of question to its row.

    Raises:
        ValueError: two rows are about the same type of question.
    """
    found: dict[type[Question[object]], RowT] = {}
    for row in rows:
        if row.question in found:
            message = f"{row.question.__name__} is declared twice"
            raise ValueError(message)
        found[row.question] = row
    return found


Split: TypeAlias = Callable[[Sequence[Ask]], Sequence[Sequence[int]]]
"""Says which asks, by their indexes, go together in one call; each is in one group."""


class Adapter(Protocol):
    """A ``Source`` that says which questions it answers.

    Contract: as ``Source``; ``fetch`` may be called from several threads at the same time. From
    when an ask ``expires_at``, by ``time.monotonic``, nobody waits for its answer any more.
    """

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The types of question that it answers, and the system behind each."""
        ...

    def split(self, asks: Sequence[Ask], /) -> Sequence[Sequence[int]]:
        """Say which asks, by their indexes, to fetch in one call; each is in one group."""
        ...

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        ...


@attrs.frozen(eq=False, repr=False)
class Parts:
    """Calls that together answer some asks, and that can be made at the same time.

    Attributes:
        calls: each made once, in any thread.
        join: makes the answers, one for each ask, of what the calls returned, in their order.
    """

    calls: Sequence[Callable[[], Sequence[Answered]]]
    join: Callable[[Sequence[Sequence[Answered]]], Sequence[Answered]]


@runtime_checkable
class Divisible(Protocol):
    """An adapter that may need several calls for one group of asks."""

    def parts(self, asks: Sequence[Ask], /) -> Parts | None:
        """Divide what ``fetch`` would do for a group of ``split``; ``None`` if it is one call."""
        ...


def parts_of(adapter: Adapter, asks: Sequence[Ask]) -> Parts:
    """Return the calls that a group of asks takes: one, unless the adapter divides it."""
    divided = adapter.parts(asks) if _is_divisible(adapter) else None
    return divided or undivided(adapter, asks)


def _is_divisible(adapter: Adapter) -> TypeGuard[Divisible]:
    return _is_divisible_type(type(adapter))


@cache
def _is_divisible_type(kind: type[Adapter]) -> bool:
    return issubclass(kind, Divisible)  # takes as long as to look an item up


def undivided(adapter: Adapter, asks: Sequence[Ask]) -> Parts:
    """Return the one call that answers a group of asks."""
    return Parts([partial(adapter.fetch, asks)], _only)


def _only(answered: Sequence[Sequence[Answered]]) -> Sequence[Answered]:
    (only,) = answered
    return only


def together(asks: Sequence[Ask], /) -> Sequence[Sequence[int]]:
    """Ask all in one call: for adapters that answer many as fast as one."""
    return [range(len(asks))] if asks else []


def one_by_one(asks: Sequence[Ask], /) -> Sequence[Sequence[int]]:
    """Ask each in a call of its own, all at the same time."""
    return [[index] for index in range(len(asks))]


def fetch_in_groups(
    asks: Sequence[Ask],
    groups: Iterable[Sequence[int]],
    fetch: Callable[[Sequence[Ask]], Iterable[Answered]],
) -> Sequence[Answered]:
    """Answer every ask, one group after the other.

    Args:
        asks: all of them.
        groups: as ``Adapter.split`` makes them: indexes of asks, each in one group.
        fetch: answers the asks of one group.
    """
    answers: dict[int, Answered] = {}
    for group in groups:
        answers.update(zip(group, fetch([asks[index] for index in group]), strict=True))
    return [answers[index] for index in range(len(asks))]


def declared_outage(system: str) -> Unavailable:
    """Make the answer of a system that the settings declare out of order."""
    return Unavailable(system, "declared out of order")


def late(system: str, ask: Ask) -> FanscoreError:
    """Make the answer to a question for which there is no time any more."""
    if ask.degradable:
        return Unavailable(system, "no answer in time")
    return DeadlineExceeded(system)

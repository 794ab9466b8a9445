"""What the processes of the concurrency tests do: save demand through the real handler."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import TypeAlias

import attrs

from fanscore_appsync.handler import handler
from fanscore_appsync.testing import appsync_event, user

EVENT = "evt123"
STARTED_WITHIN_S = 50.0

Record: TypeAlias = tuple[str, str]
"""Fan and sale."""


@attrs.frozen
class Saved:
    """What one process saved.

    Attributes:
        last: the last value that it wrote, by record.
        times: how often it saved, by record.
    """

    last: Mapping[Record, int]
    times: Mapping[Record, int]


def save(record: Record, attribute: str, value: object, request: str) -> Mapping[str, object]:
    """Save one attribute; give the answer in its envelope."""
    fan, sale = record
    given = {
        "eventId": EVENT,
        "saleId": sale,
        "attributes": {attribute: value},
        "requestId": request,
    }
    answer = handler(
        appsync_event("Mutation.demandRecordSave", {"input": given}, user(fan), envelope=True)
    )
    assert isinstance(answer, dict)
    return answer


def save_at_last(record: Record, attribute: str, value: object, request: str) -> None:
    """Save, and again for as long as there is a conflict."""
    conflict = {"code": "CONFLICT", "requestId": request}
    while True:
        match save(record, attribute, value, request):
            case {"data": {"status": "SUCCESS"}}:
                return
            case {"error": {"errorType": "409", "errorInfo": info}} if info == conflict:
                pass
            case answer:
                raise AssertionError(answer)


_starting: list[Barrier] = []


def start_together(barrier: Barrier) -> None:
    """Let this process save only when all are there."""
    _starting.append(barrier)


def save_many(number: int, records: Sequence[Record], saves: int) -> Saved:
    """Save to the records in turn, in an order of this process's own.

    Args:
        number: of the process; it writes one attribute, named after it.
        records: where to.
        saves: how many.
    """
    _starting[0].wait(STARTED_WITHIN_S)
    every = [records[index % len(records)] for index in range(saves)]
    random.Random(number).shuffle(every)
    last: dict[Record, int] = {}
    for value, record in enumerate(every):
        save_at_last(record, f"process{number}", value, f"process{number}-{value}")
        last[record] = value
    return Saved(last, Counter(every))


@attrs.frozen
class Step:
    """One save of a process that goes on until it is killed.

    Attributes:
        life: the process, which writes one attribute, named after it.
        record: where to.
        times: how often the process has saved there, with this.
    """

    life: int
    record: Record
    times: int

    @property
    def attribute(self) -> str:
        """The name of the attribute."""
        return f"life{self.life}"

    @property
    def request(self) -> str:
        """The request's id."""
        return f"life{self.life}-{self.record[1]}-{self.times}"

    def take(self) -> None:
        """Save."""
        save_at_last(self.record, self.attribute, self.times, self.request)


def steps(life: int, records: Sequence[Record]) -> Iterator[Step]:
    """Give the saves of one process, in order, without end."""
    for times in count(1):
        for record in records:
            yield Step(life, record, times)


def save_until_killed(
    life: int, pending: Sequence[Step], records: Sequence[Record], told: Connection
) -> None:
    """Save what is pending, then without end; tell each request that was acknowledged."""
    for step in chain(pending, steps(life, records)):
        step.take()
        told.send(step.request)

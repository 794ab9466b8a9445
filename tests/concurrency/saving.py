"""What the processes of the concurrency tests do: save and enter through the real handler."""

from __future__ import annotations

import os
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
from fanscore_core.canonical import stable_id
from fanscore_core.ids import GlobalUserId, RequestId

EVENT = "evt123"
CAMPAIGN = "camp1"
STARTED_WITHIN_S = 50.0

MAX_CONFLICTS = 20
"""More than a client would put up with."""

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


def mutate(field: str, fan: str, given: Mapping[str, object]) -> object:
    """Call a mutation; give the answer in its envelope."""
    event = appsync_event(f"Mutation.{field}", {"input": given}, user(fan), envelope=True)
    return handler(event)


def save_at_last(record: Record, attribute: str, value: object, request: str) -> None:
    """Save one attribute, and again for as long as there is a conflict."""
    fan, sale = record
    given = {
        "eventId": EVENT,
        "saleId": sale,
        "attributes": {attribute: value},
        "requestId": request,
    }
    conflict = {"code": "CONFLICT", "requestId": request}
    for _ in range(MAX_CONFLICTS):
        match mutate("demandRecordSave", fan, given):
            case {"data": {"status": "SUCCESS"}}:
                return
            case {"error": {"errorType": "409", "errorInfo": info}} if info == conflict:
                pass
            case answer:
                raise AssertionError(answer)
    raise AssertionError(conflict)


_starting: list[Barrier] = []


def start_together(database: str, barrier: Barrier) -> None:
    """Let this process save to a database, and only when all are there."""
    os.environ["FANSCORE_DB"] = database
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
    """One save and one entry of a process that goes on until it is killed.

    Attributes:
        life: the process, which writes one attribute, named after it.
        record: where to save.
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
        """The id of both requests."""
        return f"life{self.life}-{self.record[1]}-{self.times}"

    @property
    def event_id(self) -> str:
        """The id of the user event."""
        fan = GlobalUserId(self.record[0])
        return stable_id("upsertEntry", fan, RequestId(self.request))

    def take(self) -> None:
        """Save, then enter."""
        save_at_last(self.record, self.attribute, self.times, self.request)
        given = {"campaignId": CAMPAIGN, "requestId": self.request}
        receipt = {"status": "ACCEPTED", "eventId": self.event_id}
        assert mutate("upsertEntry", self.record[0], given) == {"data": receipt}


def steps(life: int, records: Sequence[Record]) -> Iterator[Step]:
    """Give the steps of one process, in order, without end."""
    for times in count(1):
        for record in records:
            yield Step(life, record, times)


def save_until_killed(
    database: str,
    life: int,
    pending: Sequence[Step],
    records: Sequence[Record],
    told: Connection,
) -> None:
    """Take the steps that are pending, then others without end; tell each that was acknowledged."""
    os.environ["FANSCORE_DB"] = database
    for step in chain(pending, steps(life, records)):
        step.take()
        told.send(step.request)

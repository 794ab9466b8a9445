"""What the writers of the concurrency tests do: save and enter, in processes by the handler."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, count
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import TypeAlias

import attrs

from fanscore_appsync.handler import handler
from fanscore_appsync.testing import appsync_event, user
from fanscore_core.demand import StoredDemandRecord
from tests.event_ids import entry_id

EVENT = "evt123"
CAMPAIGN = "camp1"
STARTED_WITHIN_S = 600.0

MAX_CONFLICTS = 20
"""More than a client would put up with."""

Record: TypeAlias = tuple[str, str]
"""Fan and sale."""

RECORDS: list[Record] = [(f"fan{fan}", f"sale{sale}") for fan in range(4) for sale in range(5)]

Answer: TypeAlias = Callable[[Mapping[str, object]], object]
"""What answers an event: the handler, or an app."""


@attrs.frozen
class Saved:
    """What one writer saved.

    Attributes:
        last: the last value that it wrote, by record.
        times: how often it saved, by record.
    """

    last: Mapping[Record, int]
    times: Mapping[Record, int]


def mutate(field: str, fan: str, given: Mapping[str, object], answer: Answer = handler) -> object:
    """Call a mutation; give the answer in its envelope."""
    return answer(appsync_event(f"Mutation.{field}", {"input": given}, user(fan), envelope=True))


def save_at_last(
    record: Record, attribute: str, value: object, request: str, answer: Answer = handler
) -> None:
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
        match mutate("demandRecordSave", fan, given, answer):
            case {"data": {"status": "SUCCESS"}}:
                return
            case {"error": {"errorType": "409", "errorInfo": info}} if info == conflict:
                pass
            case other:
                raise AssertionError(other)
    raise AssertionError(conflict)


_starting: list[Barrier] = []


def start_together(database: str, barrier: Barrier) -> None:
    """Let this process save to a database, and only when all are there."""
    os.environ["FANSCORE_DB"] = database
    _starting.append(barrier)


def save_many(number: int, records: Sequence[Record], saves: int) -> Saved:
    """Save as ``save_each`` does, in a process that waits for all others."""
    _starting[0].wait(STARTED_WITHIN_S)
    return save_each(number, records, saves)


def save_each(
    number: int, records: Sequence[Record], saves: int, answer: Answer = handler
) -> Saved:
    """Save to the records in turn, in an order of this writer's own.

    Args:
        number: of the writer; it writes one attribute, named after it.
        records: where to.
        saves: how many.
        answer: takes the saves.
    """
    every = [records[index % len(records)] for index in range(saves)]
    random.Random(number).shuffle(every)
    last: dict[Record, int] = {}
    for value, record in enumerate(every):
        save_at_last(record, f"writer{number}", value, f"writer{number}-{value}", answer)
        last[record] = value
    return Saved(last, Counter(every))


def assert_none_lost(every: Sequence[Saved], records: Mapping[Record, StoredDemandRecord]) -> None:
    """See that each save is a version, and that each record has what every writer wrote last."""
    assert {key: stored.version for key, stored in records.items()} == {
        record: sum(saved.times[record] for saved in every) for record in every[0].times
    }
    assert {key: _last_values(stored) for key, stored in records.items()} == {
        record: {f"writer{number}": saved.last[record] for number, saved in enumerate(every)}
        for record in every[0].times
    }
    assert {len(dict(stored.requests)) for stored in records.values()} == {64}


def _last_values(stored: StoredDemandRecord) -> Mapping[str, int]:
    return {name: json.loads(text) for name, text in stored.record.attributes().items()}


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
        return entry_id(self.record[0], self.request, CAMPAIGN)

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

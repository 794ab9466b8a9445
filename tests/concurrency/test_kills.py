from __future__ import annotations

import json
import random
import signal
from collections.abc import Mapping, Sequence
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from fanscore_core.consumer_mark import Consumer
from fanscore_core.demand import StoredDemandRecord
from tests.concurrency.saving import Record, Step, save_until_killed, steps
from tests.concurrency.stored import deliver_all, deliveries, published_events, stored_records

KILLS = 50
MAX_STEPS = 12
STUCK_S = 600.0
MAX_MORE_S = 0.01
"""About the time of one step."""

CONSUMERS = [consumer.value for consumer in Consumer]

RECORDS: list[Record] = [("fan0", f"sale{sale}") for sale in range(3)]

# Processes are forked from one that has imported already what they need.
_context = get_context("forkserver")
_context.set_forkserver_preload(
    [
        "fanscore_appsync.routes.demand_records",
        "fanscore_appsync.routes.entries",
        "fanscore_appsync.wiring.embedded",
        "tests.concurrency.saving",
    ]
)


def live(database: Path, life: int, pending: Sequence[Step], chance: random.Random) -> list[str]:
    """Let a process save until it is killed; give the ids of the requests that it acknowledged."""
    told, telling = _context.Pipe(duplex=False)
    given = (str(database), life, pending, RECORDS, telling)
    process = _context.Process(target=save_until_killed, args=given)
    process.start()
    telling.close()
    acknowledged = [heard(told) for _ in range(chance.randrange(MAX_STEPS))]
    process.join(chance.uniform(0, MAX_MORE_S))
    process.kill()
    acknowledged += rest(told)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    process.close()
    return acknowledged


def heard(told: Connection) -> str:
    """Wait for what a process tells next."""
    assert told.poll(STUCK_S)
    return str(told.recv())


def rest(told: Connection) -> list[str]:
    """Take what a process told before it ended."""
    ids = []
    with told:
        while True:
            try:
                ids.append(told.recv())
            except EOFError:
                return ids


def values(records: Mapping[Record, StoredDemandRecord]) -> Mapping[tuple[Record, str], int]:
    """Give how often each process saved to each record, by what it wrote there."""
    return {
        (record, name): json.loads(text)
        for record, stored in records.items()
        for name, text in stored.record.attributes().items()
    }


def counted(done: Sequence[Step]) -> Mapping[tuple[Record, str], int]:
    """Give how often each process saved to each record, by its saves."""
    return {(step.record, step.attribute): step.times for step in done}


def event_ids(done: Sequence[Step]) -> list[str]:
    """Give the ids of what was published, in order."""
    return sorted(step.event_id for step in done)


def is_whole(stored: StoredDemandRecord) -> bool:
    """Whether a record has as many versions as saves, and knows the last of these."""
    times = [json.loads(text) for text in stored.record.attributes().values()]
    saved = stored.record.saved
    return (
        saved is not None
        and stored.version == sum(times)
        and len(stored.requests) == min(stored.version, 64)
        and stored.requests[-1][0] == saved.request_id
    )


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """Of processes killed at 50 random points, all that was acknowledged is there, and whole.

    What a process had begun is sent again by the next, and is then there once. What was published
    can be delivered, whoever was killed while delivering it.
    """
    database = tmp_path / "fans.db"
    chance = random.Random(20261101)
    done: list[Step] = []
    pending: list[Step] = []
    for life in range(KILLS):
        every = chain(pending, steps(life, RECORDS))
        acknowledged = live(database, life, pending, chance)
        done += islice(every, len(acknowledged))
        begun = next(every)
        pending = [begun, *pending[len(acknowledged) + 1 :]]
        assert [step.request for step in done[len(done) - len(acknowledged) :]] == acknowledged
        records = stored_records(database, fans=1)
        assert values(records) in (counted(done), counted([*done, begun]))
        assert all(map(is_whole, records.values()))
        assert published_events(database) in (event_ids(done), event_ids([*done, begun]))
    assert deliver_all(database, CONSUMERS) == ()
    assert deliveries(database) == dict.fromkeys(published_events(database), len(CONSUMERS))

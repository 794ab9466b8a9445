"""Processes that publish and end at once: nothing is lost, nothing fails that could not begin."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from fanscore_adapters.embedded.deliveries import DeliveryState
from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import appsync_event, user
from fanscore_appsync.wiring import embedded
from fanscore_core.consumer_mark import Consumer

PROCESSES = 4
EVENTS = 6

SCRIPT = """
import json, sys
from fanscore_appsync.handler import handler

for event in json.load(sys.stdin):
    handler(event)
"""
"""What a user might write to fill a database."""

COMMAND = "from fanscore_appsync.cli.main import main; main()"

PATIENT = f"from fanscore_appsync.cli import invoke; invoke.LINGER_S = 600; {COMMAND}"
"""The command with more time to deliver than any machine needs."""


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Make a database with the sample data."""
    path = str(tmp_path / "fans.db")
    embedded.write_sample(Settings(database=path))
    return path


def entry(number: int) -> Mapping[str, object]:
    """Make the event of an entry."""
    given = {"input": {"campaignId": "camp1", "requestId": f"request-{number}"}}
    return appsync_event("Mutation.upsertEntry", given, user("user123"), envelope=True)


def run(
    database: str, code: str, *arguments: str, given: object, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run some code in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        input=json.dumps(given),
        env={**os.environ, "FANSCORE_DB": database, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def undelivered(database: str) -> Sequence[tuple[DeliveryState, int]]:
    """Give the state and the attempts of each delivery that is left."""
    left = embedded.undelivered(Settings(database=database))
    return [(each.state, each.attempts) for each in left]


def deliver(database: str) -> None:
    """Be the next process, which delivers what is due."""
    with embedded.connect_bus(Settings(database=database)) as bus:
        bus.retry()
        while any(bus.deliver_due(each.at) for each in bus.undelivered()):
            pass


def test_invoke_delivers_what_it_published(database: str) -> None:
    """The command ends well, says nothing but the answer, and leaves nothing undelivered."""
    for number in range(PROCESSES):
        done = run(database, PATIENT, "invoke", "-", given=entry(number))
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["data"]["status"] == "ACCEPTED"
        assert undelivered(database) == []


def test_invoke_leaves_what_fails_to_the_next_process(database: str) -> None:
    """Where a consumer fails the command ends well, and the delivery waits, not given up."""
    environ = {"FANSCORE_OUTAGES": "sync_endpoint"}
    done = run(database, COMMAND, "invoke", "-", given=entry(0), **environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert DeliveryState.PENDING in {state for state, _ in undelivered(database)}
    assert DeliveryState.DEAD not in {state for state, _ in undelivered(database)}
    deliver(database)
    assert undelivered(database) == []


def test_a_script_that_ends_leaves_no_failure(database: str) -> None:
    """What a script published is delivered, or waits without an attempt; none is given up."""
    for number in range(PROCESSES):
        events = [entry(number * EVENTS + index) for index in range(EVENTS)]
        done = run(database, SCRIPT, given=events)
        assert (done.returncode, done.stderr) == (0, "")
        assert set(undelivered(database)) <= {(DeliveryState.PENDING, 0)}
    deliver(database)
    assert undelivered(database) == []
    assert len(Consumer) * PROCESSES * EVENTS == delivered(database)


def delivered(database: str) -> int:
    """Count the deliveries that were made."""
    with closing(sqlite3.connect(database)) as other:
        select = "SELECT count(*) FROM deliveries WHERE state = 'DONE'"
        (count,) = other.execute(select).fetchone()
    return int(count)


def test_what_a_process_left_the_next_one_delivers(database: str) -> None:
    """The next process begins with what was left, without being asked to."""
    run(database, SCRIPT, given=[entry(index) for index in range(EVENTS)])
    done = run(database, PATIENT, "invoke", "-", given=entry(EVENTS))
    assert (done.returncode, done.stderr) == (0, "")
    assert undelivered(database) == []

"""The state machine that scores all registrants of an event, on the emulator.

ministack reads lists of objects, runs maps and takes conditional puts as AWS does; it stops no work
that is under way when an execution is stopped.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from deploy.package import Package
from fanscore_adapters.documents.chunk import Chunk, chunk_name, chunk_text, chunks_of
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.systems import FAN_IDENTITY
from tests.aws.waiting import wait_for
from tests.deploy.deployed import deployed, sample_of
from tests.deploy.event_scoring import Scoring, calls_in

EVENT = EventId("evt456")
CHUNKS, FANS_OF_A_CHUNK = 12, 5
TURNED_ON = {"ScoreEvents": "true", "ScoreEventConcurrency": "4"}


def chunks_of_run(run: str) -> Sequence[Chunk]:
    """Make the chunks of a run, whose fans no other run has."""
    fans = [GlobalUserId(f"{run}|{number}") for number in range(CHUNKS * FANS_OF_A_CHUNK)]
    return [*chunks_of(EVENT, fans, FANS_OF_A_CHUNK)]


def fans_of(chunks: Sequence[Chunk]) -> Sequence[Sequence[str]]:
    """Return the fans, chunk by chunk."""
    return [[*each.fans] for each in chunks]


def fans_scored(scoring: Scoring, run: str) -> Sequence[Sequence[object]]:
    """Return the fans that have scores, chunk by chunk, in order."""
    scores = scoring.scores(run)
    return [
        [line["globalUserId"] for line in lines if "score" in line]
        for _, lines in sorted(scores.items())
    ]


@pytest.fixture(scope="module")
def scoring(made: Package, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scoring]:
    """Deploy the package of this tree, with the machine, and the sample's data."""
    folder = tmp_path_factory.mktemp("scoring")
    package = folder / "fanscore.zip"
    package.write_bytes(made.content)
    with deployed(package, folder, own=TURNED_ON) as stack:
        fan = stack.log_in()
        stack.load(sample_of(fan))
        scoring = Scoring(stack, fan.id)
        scoring.fail_sometimes(folder, made.content, {})
        yield scoring


def test_a_fan_is_scored_as_by_the_api(scoring: Scoring) -> None:
    """A fan's line has what the API answers; whom nobody knows is a newcomer."""
    fans = (GlobalUserId(scoring.fan), GlobalUserId("nobody"))
    scoring.put("one", [Chunk(EVENT, fans)])
    end = scoring.ended(scoring.start("one"))
    assert (end["status"], json.loads(end["output"])) == ("SUCCEEDED", {"chunks": 1})
    [[known, newcomer]] = scoring.scores("one").values()
    assert (known["globalUserId"], known["score"], known["boosts"], known["degraded"]) == (
        scoring.fan,
        87,
        {"arm": 5, "event": 4, "model": 3},
        [],
    )
    assert (newcomer["globalUserId"], newcomer["rawScore"]) == ("nobody", 50)


def test_a_run_that_is_not_whole_can_be_gone_on_with(scoring: Scoring) -> None:
    """An item that cannot be read fails the run; mended, a second execution does what is left."""
    run, chunks = "mended", chunks_of_run("mended")[:5]
    broken = {"PK": f"fan:{chunks[3].fans[2]}", "SK": "identity", "score": "none"}
    scoring.stack.tables.load({FAN_IDENTITY: [broken]})
    scoring.put(run, chunks)
    first = scoring.start(run)
    assert scoring.ended(first)["status"] == "FAILED"
    why = "fans[2]: malformed item: identity.score: expected a number"
    assert scoring.causes(first) == [f"{run}/chunks/{chunk_name(3)}: {FAN_IDENTITY}: {why}"]
    before = scoring.scores(run)
    assert chunk_name(3) not in before
    scoring.stack.tables.load({FAN_IDENTITY: [{**broken, "score": 60}]})
    end = scoring.ended(scoring.start(run))
    assert (end["status"], json.loads(end["output"])) == ("SUCCEEDED", {"chunks": len(chunks)})
    assert fans_scored(scoring, run) == fans_of(chunks)
    after = scoring.scores(run)
    assert {name: after[name] for name in before} == before


def test_errors_can_be_kept(scoring: Scoring) -> None:
    """Whoever does not want to wait for one broken item gets a line that says so."""
    run, chunks = "kept", chunks_of_run("kept")[:1]
    fan = chunks[0].fans[0]
    broken = {"PK": f"fan:{fan}", "SK": "identity", "score": "none"}
    scoring.stack.tables.load({FAN_IDENTITY: [broken]})
    scoring.put(run, chunks)
    assert scoring.ended(scoring.start(run, "keep"))["status"] == "SUCCEEDED"
    assert scoring.scores(run)[chunk_name(0)][0] == {
        "globalUserId": fan,
        "error": {"code": "UNAVAILABLE", "system": FAN_IDENTITY},
    }


def test_failing_calls_and_a_killed_execution(
    scoring: Scoring, made: Package, tmp_path: Path
) -> None:
    """Calls fail before their work and after it, and an execution is killed: none lost or doubled.

    What was under way when the execution was stopped goes on here, beside the second execution.
    """
    run, chunks = "killed", chunks_of_run("killed")
    names = [chunk_name(number) for number in range(CHUNKS)]
    plan = {"before": names[1::3], "after": names[2::3]}
    scoring.fail_sometimes(tmp_path, made.content, plan)
    scoring.put(run, chunks)
    first = scoring.start(run)
    wait_for(lambda: scoring.scores(run))
    scoring.stop(first)
    assert scoring.ended(first)["status"] == "ABORTED"
    end = scoring.ended(scoring.start(run))
    assert (end["status"], json.loads(end["output"])) == ("SUCCEEDED", {"chunks": CHUNKS})
    assert fans_scored(scoring, run) == fans_of(chunks)
    ended = Counter(each.ended for each in calls_in(tmp_path))
    assert (ended["before"], ended["after"], ended["raised"]) == (4, 4, 0)


def test_what_is_no_chunk_is_named(scoring: Scoring) -> None:
    """Whoever looks into the failed executions reads which objects are to be mended, and no fan."""
    run, [chunk, *_] = "named", chunks_of_run("named")
    scoring.put(run, [chunk])
    scoring.put_object(f"{run}/chunks/", b"")
    half = chunk_text(chunk)[:-2]
    scoring.put_object(f"{run}/chunks/half.json", half.encode())
    scoring.put_object(f"{run}/chunks/old.json", chunk_text(chunk).encode())
    scoring.put_object(f"{run}/scores/old.json", b"")
    execution = scoring.start(run)
    assert scoring.ended(execution)["status"] == "FAILED"
    cut = f"Expecting ',' delimiter at line 1 column {len(half) + 1}"
    others = "is not what was made of the chunk as it is now: take a new prefix"
    assert scoring.causes(execution) == [
        f"{run}/chunks/half.json: $: not JSON: {cut}",
        f"{run}/scores/old.json: {others}",
    ]


def test_a_run_without_chunks(scoring: Scoring) -> None:
    """A prefix under which there is nothing fails, and says so."""
    assert scoring.ended(scoring.start("nothing"))["status"] == "FAILED"

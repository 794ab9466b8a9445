"""The state machine that scores all registrants of an event, on the emulator.

ministack reads lists of objects, runs maps and takes conditional puts as AWS does; it stops no work
that is under way when an execution is stopped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import attrs
import pytest

from deploy.package import Package
from fanscore_adapters.documents.chunk import Chunk, chunk_name, chunk_text, chunks_of
from fanscore_adapters.embedded.stand_ins import Sample
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.systems import FAN_IDENTITY
from tests.aws.waiting import wait_for
from tests.deploy.deployed import STACK, Deployed, deployed, sample_of

EVENT = EventId("evt456")
CHUNKS, FANS_OF_A_CHUNK = 12, 5
TURNED_ON = {"ScoreEvents": "true", "ScoreEventConcurrency": "4"}


@attrs.frozen
class Scoring:
    """A stack that scores events.

    Attributes:
        stack: the stack.
        sample: what its tables hold.
        fan: who is in the place of ``user123`` in it.
    """

    stack: Deployed
    sample: Sample = attrs.field(repr=False)
    fan: str

    @property
    def bucket(self) -> Mapping[str, str]:
        """The bucket, as a parameter of S3's operations."""
        return {"Bucket": self.stack.outputs["ScoresBucketName"]}

    def put(self, prefix: str, chunks: Sequence[Chunk]) -> None:
        """Put chunks under a prefix."""
        s3 = self.stack.aws.client("s3")
        for number, chunk in enumerate(chunks):
            key = f"{prefix}/chunks/{chunk_name(number)}"
            s3.put_object(**self.bucket, Key=key, Body=chunk_text(chunk).encode())

    def start(self, prefix: str, errors: str = "raise") -> str:
        """Start an execution; return its ARN."""
        started = self.stack.aws.client("stepfunctions").start_execution(
            stateMachineArn=self.stack.outputs["EventScorerArn"],
            input=json.dumps({"prefix": prefix, "errors": errors}),
        )
        arn: str = started["executionArn"]
        return arn

    def stop(self, execution: str) -> None:
        """Kill an execution."""
        self.stack.aws.client("stepfunctions").stop_execution(executionArn=execution)

    def ended(self, execution: str) -> Mapping[str, str]:
        """Wait for the end of an execution; return how it came to it."""
        states = self.stack.aws.client("stepfunctions")

        def end() -> Mapping[str, str]:
            found: Mapping[str, str] = states.describe_execution(executionArn=execution)
            return {} if found["status"] == "RUNNING" else found

        return wait_for(end)

    def scores(self, prefix: str) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """Return the lines of scores, by the name of their chunk."""
        s3 = self.stack.aws.client("s3")
        folder = f"{prefix}/scores/"
        listed = s3.list_objects_v2(**self.bucket, Prefix=folder).get("Contents", [])
        found = {}
        for each in listed:
            body = s3.get_object(**self.bucket, Key=each["Key"])["Body"].read()
            found[each["Key"].removeprefix(folder)] = [*map(json.loads, body.splitlines())]
        return found

    def fail_sometimes(self, folder: Path, package: bytes) -> None:
        """Let the first calls for some chunks fail, before their work or after it."""
        zipped = BytesIO(package)
        with ZipFile(zipped, "a") as archive:
            archive.writestr("flaky.py", FLAKY)
        function = {"FunctionName": self._function()}
        lambda_ = self.stack.aws.client("lambda")
        lambda_.update_function_code(**function, ZipFile=zipped.getvalue())
        environ = lambda_.get_function_configuration(**function)["Environment"]["Variables"]
        lambda_.update_function_configuration(
            **function,
            Handler="flaky.handler",
            Environment={"Variables": {**environ, "FLAKY_FOLDER": str(folder)}},
        )

    def _function(self) -> str:
        listed = self.stack.aws.client("cloudformation").list_stack_resources(StackName=STACK)
        [name] = [
            each["PhysicalResourceId"]
            for each in listed["StackResourceSummaries"]
            if each["LogicalResourceId"] == "ChunkScorer"
        ]
        found: str = name
        return found


FLAKY = """
import os
from pathlib import Path

from fanscore_appsync import chunks


def handler(payload, context):
    key = payload.get("chunk", "")
    mark = Path(os.environ["FLAKY_FOLDER"], key.replace("/", "-"))
    fails = bool(key) and int(key[-6]) % 3 and not mark.exists()
    if fails:
        mark.touch()
        if int(key[-6]) % 3 == 1:
            raise RuntimeError("before its work")
    answer = chunks.handler(payload, context)
    if fails:
        raise RuntimeError("after its work")
    return answer
"""
"""Calls for chunks whose numbers end in 1, 4 or 7 fail once before, in 2, 5 or 8 once after."""


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
        scoring = Scoring(stack, sample_of(fan := stack.log_in()), fan.id)
        stack.load(scoring.sample)
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
    run, chunks = "mended", chunks_of_run("mended")
    broken = {"PK": f"fan:{chunks[3].fans[2]}", "SK": "identity", "score": "none"}
    scoring.stack.tables.load({FAN_IDENTITY: [broken]})
    scoring.put(run, chunks)
    assert scoring.ended(scoring.start(run))["status"] == "FAILED"
    before = scoring.scores(run)
    assert chunk_name(3) not in before
    scoring.stack.tables.load({FAN_IDENTITY: [{**broken, "score": 60}]})
    end = scoring.ended(scoring.start(run))
    assert (end["status"], json.loads(end["output"])) == ("SUCCEEDED", {"chunks": CHUNKS})
    assert fans_scored(scoring, run) == fans_of(chunks)
    after = scoring.scores(run)
    assert {name: after[name] for name in before} == before


def test_errors_can_be_kept(scoring: Scoring) -> None:
    """Whoever does not want to wait for one broken item gets a line that says so."""
    run, chunks = "kept", chunks_of_run("kept")
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
    scoring.fail_sometimes(tmp_path, made.content)
    scoring.put(run, chunks)
    first = scoring.start(run)
    wait_for(lambda: scoring.scores(run))
    scoring.stop(first)
    assert scoring.ended(first)["status"] == "ABORTED"
    end = scoring.ended(scoring.start(run))
    assert (end["status"], json.loads(end["output"])) == ("SUCCEEDED", {"chunks": CHUNKS})
    assert fans_scored(scoring, run) == fans_of(chunks)
    failed = sorted(each.name[-6] for each in tmp_path.iterdir())
    assert failed == sorted(str(number % 10) for number in range(CHUNKS) if number % 10 % 3)


def test_a_run_without_chunks(scoring: Scoring) -> None:
    """A prefix under which there is nothing fails, and says so."""
    assert scoring.ended(scoring.start("nothing"))["status"] == "FAILED"

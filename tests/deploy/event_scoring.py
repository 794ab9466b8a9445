"""A stack that scores events, and what a run of it comes to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias
from zipfile import ZipFile

import attrs

from fanscore_adapters.documents.chunk import Chunk, chunk_name, chunk_text
from tests.aws.functions import PATIENT
from tests.aws.waiting import wait_for
from tests.deploy import flaky_function
from tests.deploy.deployed import STACK, Deployed

End: TypeAlias = Mapping[str, str]
"""How an execution ended, as ``DescribeExecution`` says it."""

Line: TypeAlias = Mapping[str, object]

FLAKY = Path(flaky_function.__file__)
CHUNKS_HANDLER = "fanscore_appsync.chunks.handler"


@attrs.frozen
class Scoring:
    """A stack that scores events.

    Attributes:
        stack: the stack.
        fan: whose data are those of the sample's fan, if anybody's are.
    """

    stack: Deployed
    fan: str = ""

    @property
    def bucket(self) -> Mapping[str, str]:
        """The bucket, as a parameter of S3's operations."""
        return {"Bucket": self.stack.outputs["ScoresBucketName"]}

    def put(self, prefix: str, chunks: Iterable[Chunk]) -> None:
        """Put chunks under a prefix."""
        for number, chunk in enumerate(chunks):
            self.put_object(f"{prefix}/chunks/{chunk_name(number)}", chunk_text(chunk).encode())

    def put_object(self, key: str, content: bytes) -> None:
        """Put an object as anybody would."""
        self.stack.aws.client("s3").put_object(**self.bucket, Key=key, Body=content)

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

    def ended(self, execution: str, wait: Callable[[Callable[[], End]], End] = wait_for) -> End:
        """Wait for the end of an execution; return how it came to it."""
        states = self.stack.aws.client("stepfunctions")

        def end() -> End:
            found: End = states.describe_execution(executionArn=execution)
            return {} if found["status"] == "RUNNING" else found

        return wait(end)

    def causes(self, execution: str) -> Sequence[str]:
        """Return the messages of the chunks that failed, in order."""
        states = self.stack.aws.client("stepfunctions")
        causes = []
        for run in self._map_runs(execution):
            listed = states.list_executions(mapRunArn=run, statusFilter="FAILED")["executions"]
            for each in listed:
                found = states.describe_execution(executionArn=each["executionArn"])
                causes.append(json.loads(found["cause"])["errorMessage"])
        return sorted(causes)

    def is_under_way(self, execution: str) -> bool:
        """Return whether a map of an execution runs, also of one that was stopped."""
        states = self.stack.aws.client("stepfunctions")
        runs = [states.describe_map_run(mapRunArn=each) for each in self._map_runs(execution)]
        return any(each["status"] == "RUNNING" for each in runs)

    def score_names(self, prefix: str) -> Sequence[str]:
        """Return the names of the chunks that have scores."""
        folder = f"{prefix}/scores/"
        pages = self.stack.aws.client("s3").get_paginator("list_objects_v2")
        listed = pages.paginate(**self.bucket, Prefix=folder)
        keys = [each["Key"] for page in listed for each in page.get("Contents", [])]
        return [key.removeprefix(folder) for key in keys]

    def scores(self, prefix: str) -> Mapping[str, Sequence[Line]]:
        """Return the lines of scores, by the name of their chunk."""
        return {name: [*self.lines(prefix, name)] for name in self.score_names(prefix)}

    def lines(self, prefix: str, name: str) -> Iterator[Line]:
        """Give the lines of scores of a chunk."""
        key = f"{prefix}/scores/{name}"
        body = self.stack.aws.client("s3").get_object(**self.bucket, Key=key)["Body"].read()
        return map(json.loads, body.splitlines())

    def fail_sometimes(
        self,
        folder: Path,
        package: bytes,
        plan: Mapping[str, Sequence[str]],
        environ: Mapping[str, str] = MappingProxyType({}),
        work: Path | None = None,
    ) -> None:
        """Let the first calls for some chunks fail, before their work or after it.

        With no plan none does. All else waits patiently: no answer depends on how fast it comes.

        Args:
            folder: for the plan, and for what the calls say of themselves (``flaky_function``).
            package: what was deployed.
            plan: the names of the chunks, by when their calls fail.
            environ: more of the function's environment.
            work: the file of another ``handler`` that scores chunks.
        """
        (folder / flaky_function.PLAN).write_text(json.dumps(plan), encoding="utf-8")
        zipped = BytesIO(package)
        with ZipFile(zipped, "a") as archive:
            for file in filter(None, (FLAKY, PATIENT, work)):
                archive.write(file, file.name)
        function = {"FunctionName": self._function()}
        lambda_ = self.stack.aws.client("lambda")
        lambda_.update_function_code(**function, ZipFile=zipped.getvalue())
        before = lambda_.get_function_configuration(**function)["Environment"]["Variables"]
        ours = {
            "TESTED_HANDLER": f"{FLAKY.stem}.handler",
            "FLAKY_FOLDER": str(folder),
            "FLAKY_HANDLER": f"{work.stem}.handler" if work else CHUNKS_HANDLER,
        }
        lambda_.update_function_configuration(
            **function,
            Handler=f"{PATIENT.stem}.handler",
            Environment={"Variables": {**before, **ours, **environ}},
        )

    def _map_runs(self, execution: str) -> Sequence[str]:
        states = self.stack.aws.client("stepfunctions")
        listed = states.list_map_runs(executionArn=execution)["mapRuns"]
        return [each["mapRunArn"] for each in listed]

    def _function(self) -> str:
        listed = self.stack.aws.client("cloudformation").list_stack_resources(StackName=STACK)
        [name] = [
            each["PhysicalResourceId"]
            for each in listed["StackResourceSummaries"]
            if each["LogicalResourceId"] == "ChunkScorer"
        ]
        found: str = name
        return found


@attrs.frozen
class Call:
    """A call of the function, as it tells of itself.

    Attributes:
        name: of the chunk; empty for the comparison.
        ended: ``written``, ``done`` where the scores were there already, ``before`` or ``after``
            its work as it was planned, ``killed``, or ``raised`` by what is tested.
        took_s: by the clock on the wall.
        cpu_s: of the process.
    """

    name: str
    ended: str
    took_s: float
    cpu_s: float


def calls_in(folder: Path) -> Sequence[Call]:
    """Return the calls that ended, in the order of their ends."""
    text = (folder / flaky_function.CALLS).read_text(encoding="utf-8")
    return [Call(**json.loads(line)) for line in text.splitlines()]

"""Load ``fanscore serve`` with wrk for a while: no error of any kind, and no growing memory.

Hostile queries come then, again and again: each is refused, and the memory does not grow either.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import httpx

from tests.gateway.program import Program, serving
from tests.hostile.test_queries import QUERIES

CONNECTIONS = 32
WARM_UP_S = 5
LOAD_S = 20
LEAST_REQUESTS = 1_000
HOSTILE_WARM_UP = 2
HOSTILE_ROUNDS = 8
"""How often each hostile query is sent."""

MAX_GROWTH = 0.10
"""Of the memory, from the end of a warm-up to the end of the load."""

REFUSED = "refused"

SCRIPT = Path(__file__).with_name("score.lua")


@attrs.frozen
class Load:
    """What wrk tells of a load.

    Attributes:
        requests: that were answered.
        seconds: that it took.
        sampled: answers that were read.
        wrong: those of them that were not the fan's score.
        status: answers with an HTTP status that tells of an error.
        connect: connections that could not be made.
        read: answers that did not come whole.
        write: requests that could not be sent.
        timeout: requests that took more than two seconds.
        p50_ms: the median of the latency.
        p99_ms: its 99th percentile.
    """

    requests: int
    seconds: float
    sampled: int
    wrong: int
    status: int
    connect: int
    read: int
    write: int
    timeout: int
    p50_ms: float
    p99_ms: float

    @property
    def problems(self) -> list[str]:
        """Tell what must not be."""
        counts = attrs.asdict(self)
        kinds = ("wrong", "status", "connect", "read", "write", "timeout")
        problems = [f"{kind} errors: {counts[kind]}" for kind in kinds if counts[kind]]
        if self.requests < LEAST_REQUESTS or not self.sampled:
            problems.append(f"only {self.requests} requests")
        return problems


def main() -> None:
    """Run the command; exit status 1 if something is wrong."""
    with TemporaryDirectory() as folder, serving(Path(folder)) as program:
        token = program.token("user123")
        _load(program, token, WARM_UP_S)
        before_mb = _resident_mb(program)
        load = _load(program, token, LOAD_S)
        after_mb = _resident_mb(program)
        _send_hostile_queries(program, token, HOSTILE_WARM_UP)
        hostile_before_mb = _resident_mb(program)
        answers = _send_hostile_queries(program, token, HOSTILE_ROUNDS)
        hostile_after_mb = _resident_mb(program)
    print(
        f"{load.requests} requests in {load.seconds:.0f} s on {CONNECTIONS} connections: "
        f"{load.requests / load.seconds:.0f} a second, p50 {load.p50_ms:.1f} ms, "
        f"p99 {load.p99_ms:.1f} ms\n"
        f"memory: {before_mb:.1f} MB after the warm-up, {after_mb:.1f} MB at the end\n"
        f"{len(QUERIES)} hostile queries, each {HOSTILE_ROUNDS} times: "
        f"{hostile_before_mb:.1f} MB after the warm-up, {hostile_after_mb:.1f} MB at the end"
    )
    problems = load.problems
    if after_mb > before_mb * (1 + MAX_GROWTH):
        problems.append("the memory has grown")
    if hostile_after_mb > hostile_before_mb * (1 + MAX_GROWTH):
        problems.append("the memory has grown with hostile queries")
    problems += [f"{name}: {answer}" for name, answer in answers.items() if answer != REFUSED]
    sys.exit("\n".join(problems) or None)


def _send_hostile_queries(program: Program, token: str, rounds: int) -> Mapping[str, str]:
    """Send each hostile query so many times, and tell how the last of them was answered."""
    answers = {}
    with httpx.Client(headers={"authorization": token}, timeout=20) as client:
        for _ in range(rounds):
            for name, query in QUERIES.items():
                response = client.post(f"{program.url}/graphql", json={"query": query})
                is_refused = response.status_code == 200 and "errors" in response.json()
                answers[name] = REFUSED if is_refused else f"status {response.status_code}"
    return answers


def _load(program: Program, token: str, seconds: int) -> Load:
    """Run wrk.

    Raises:
        CalledProcessError: it has failed.
    """
    bounds = ["--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s"]
    output = subprocess.run(
        ["wrk", *bounds, "--script", str(SCRIPT), f"{program.url}/graphql"],  # noqa: S607  # on PATH
        env={**os.environ, "FANSCORE_LOAD_TOKEN": token},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    return Load(**json.loads(output.splitlines()[-1]))


def _resident_mb(program: Program) -> float:
    """Give the memory that a process has in RAM, in MB."""
    status = Path(f"/proc/{program.process.pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


main()

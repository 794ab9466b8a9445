"""Load ``fanscore serve`` with wrk for a while: no error of any kind, and no growing memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from tests.gateway.program import Program, serving

CONNECTIONS = 32
WARM_UP_S = 5
LOAD_S = 20
LEAST_REQUESTS = 1_000
MAX_GROWTH = 0.10
"""Of the memory, from the end of the warm-up to the end of the load."""

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
    print(
        f"{load.requests} requests in {load.seconds:.0f} s on {CONNECTIONS} connections: "
        f"{load.requests / load.seconds:.0f} a second, p50 {load.p50_ms:.1f} ms, "
        f"p99 {load.p99_ms:.1f} ms\n"
        f"memory: {before_mb:.1f} MB after the warm-up, {after_mb:.1f} MB at the end"
    )
    problems = load.problems
    if after_mb > before_mb * (1 + MAX_GROWTH):
        problems.append("the memory has grown")
    sys.exit("\n".join(problems) or None)


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

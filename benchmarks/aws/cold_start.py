"""Cold starts: from nothing imported to the first answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.aws.scene import Scene
from benchmarks.aws.sides import check, fan_event
from benchmarks.findings import Finding, Measure, Number
from benchmarks.processes import environ_of_a_function

REPETITIONS = 15
ROOT = Path(__file__).parents[2]
FUNCTION = {"AWS_LAMBDA_FUNCTION_NAME": "fanscore"}
OURS = "fanscore_appsync.handler"
ORDINARY = "benchmarks.aws.ordinary"

# Where click is installed, httpx imports its own command line; neither is deployed.
_START = """
import sys, time
sys.modules["click"] = None
started_at, before_s = time.perf_counter(), time.process_time()
from {module} import handler
imported_at = time.perf_counter()
import json
answer = handler(json.load(sys.stdin), None)
answered_at = time.perf_counter()
print()
took_s = answered_at - started_at, imported_at - started_at, time.process_time() - before_s
json.dump([answer, *took_s], sys.stdout)
"""


def cold_start(scene: Scene) -> list[Finding]:
    """Time cold starts of both sides in turns."""
    ours, ordinary = start_in_turns(scene.near, (OURS, ORDINARY), fan_event(), check)
    return [
        Measure("cold start, against the ordinary one", 1.1, ours[0] / ordinary[0]),
        Measure("the same in CPU time", 1.1, ours[2] / ordinary[2]),
        Number("cold start: ours", ours[0] * 1e3, "ms"),
        Number("cold start: the ordinary one", ordinary[0] * 1e3, "ms"),
        Number("of which importing: ours", ours[1] * 1e3, "ms"),
        Number("of which importing: the ordinary one", ordinary[1] * 1e3, "ms"),
    ]


def start_in_turns(
    environ: Mapping[str, str],
    modules: Sequence[str],
    event: object,
    check: Callable[[object], None],
) -> list[list[float]]:
    """Time cold starts of several handlers in turns.

    Args:
        environ: that they start in.
        modules: each has a ``handler``.
        event: the first one that each is given.
        check: of the answers.

    Returns:
        For each, the median seconds until the answer, until everything was imported, and of CPU
        time.
    """
    given = json.dumps(event)
    with environ_of_a_function() as around:
        full = {**around, **environ, **FUNCTION}
        starts = [
            [_start(full, module, given, check) for module in modules]
            for _ in range(REPETITIONS + 1)
        ]
    return [
        [median(column) for column in zip(*side, strict=True)]
        for side in zip(*starts[1:], strict=True)
    ]


def _start(
    environ: Mapping[str, str], module: str, given: str, check: Callable[[object], None]
) -> tuple[float, float, float]:
    """Give the seconds until the first answer, until everything was imported, and of CPU time."""
    output = subprocess.run(  # noqa: S603  # this very interpreter, and a text of ours
        [sys.executable, "-c", _START.format(module=module)],
        input=given,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        cwd=ROOT,
        env=environ,
    ).stdout
    answer, total_s, import_s, cpu_s = json.loads(output.splitlines()[-1])
    check(answer)
    return total_s, import_s, cpu_s

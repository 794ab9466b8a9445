"""Cold starts: from nothing imported to the first answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.aws.scene import Scene
from benchmarks.aws.sides import check, fan_event
from benchmarks.findings import Finding, Measure, Number

REPETITIONS = 15
ROOT = Path(__file__).parents[2]
FUNCTION = {"AWS_LAMBDA_FUNCTION_NAME": "fanscore"}
OURS = "fanscore_appsync.handler"
ORDINARY = "benchmarks.aws.ordinary"

# Where click is installed, httpx imports its own command line; neither is deployed.
_START = """
import sys, time
sys.modules["click"] = None
started_at = time.perf_counter()
from {module} import handler
imported_at = time.perf_counter()
import json
answer = handler(json.load(sys.stdin), None)
answered_at = time.perf_counter()
print()
json.dump([answer, answered_at - started_at, imported_at - started_at], sys.stdout)
"""


def cold_start(scene: Scene) -> list[Finding]:
    """Time cold starts of both sides in turns."""
    ours, ordinary = start_in_turns(scene.near, (OURS, ORDINARY), fan_event(), check)
    return [
        Measure("cold start, against the ordinary one", 1.1, ours[0] / ordinary[0]),
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
        For each, the median seconds until the answer, and until everything was imported.
    """
    given = json.dumps(event)
    with TemporaryDirectory() as folder:
        # Compiled modules are there, as in a function that is deployed; the first two starts
        # write them.
        full = {**os.environ, **environ, **FUNCTION, "PYTHONPYCACHEPREFIX": folder}
        full.pop("PYTHONDONTWRITEBYTECODE", None)
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
) -> tuple[float, float]:
    """Give the seconds until the first answer, and those until everything was imported."""
    output = subprocess.run(  # noqa: S603  # this very interpreter, and a text of ours
        [sys.executable, "-c", _START.format(module=module)],
        input=given,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        cwd=ROOT,
        env=environ,
    ).stdout
    answer, total_s, import_s = json.loads(output.splitlines()[-1])
    check(answer)
    return total_s, import_s

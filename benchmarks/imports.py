"""What importing the Lambda handler loads, in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from benchmarks.findings import Finding, Measure, Number
from benchmarks.processes import environ_of_a_function

UNWANTED = frozenset({"boto3", "botocore", "httpx", "tenacity"})
WEB_FRAMEWORKS = frozenset({"aiohttp", "django", "fastapi", "flask", "starlette", "uvicorn"})
REPETITIONS = 10

# CPU time: what other processes do does not count.
_IMPORT = """
import json, sys, time
started_at = time.process_time()
__import__(sys.argv[1])
took_s = time.process_time() - started_at
json.dump([took_s, sorted({name.partition(".")[0] for name in sys.modules})], sys.stdout)
"""


def importing() -> list[Finding]:
    """Time the import, and count what it loads before anything asks for it."""
    assert all(map(find_spec, UNWANTED))  # Else this could not fail.
    with environ_of_a_function() as environ:
        turns = [
            (_import("fanscore_appsync.handler", environ), _import("boto3", environ))
            for _ in range(REPETITIONS + 1)
        ][1:]
    loaded = turns[0][0][1]
    ours_s = min(ours for (ours, _), _ in turns)
    boto3_s = min(boto3 for _, (boto3, _) in turns)
    assert "fanscore_core" in loaded
    unwanted = (UNWANTED | WEB_FRAMEWORKS) & loaded
    names = f" ({', '.join(sorted(unwanted))})" if unwanted else ""
    return [
        Measure(f"SDKs and frameworks that the handler imports{names}", 0, len(unwanted)),
        Measure("importing the handler, against boto3", 0.7, ours_s / boto3_s),
        Number("importing the handler", ours_s * 1e3, "ms"),
        Number("importing boto3", boto3_s * 1e3, "ms"),
    ]


def _import(module: str, environ: Mapping[str, str]) -> tuple[float, frozenset[str]]:
    output = subprocess.run(  # noqa: S603  # this very interpreter, and a text of ours
        [sys.executable, "-c", _IMPORT, module],
        check=True,
        capture_output=True,
        text=True,
        env=environ,
    ).stdout
    took_s, modules = json.loads(output)
    return took_s, frozenset(modules)

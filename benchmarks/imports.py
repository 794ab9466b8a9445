"""What importing the Lambda handler loads, in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from statistics import median

from benchmarks.findings import Finding, Measure, Number

UNWANTED = frozenset({"boto3", "botocore", "httpx", "tenacity"})
WEB_FRAMEWORKS = frozenset({"aiohttp", "django", "fastapi", "flask", "starlette", "uvicorn"})
REPETITIONS = 5

_IMPORT = """
import json, sys, time
started_at = time.perf_counter()
import fanscore_appsync.handler
took_s = time.perf_counter() - started_at
json.dump([took_s, sorted({name.partition(".")[0] for name in sys.modules})], sys.stdout)
"""


def importing() -> list[Finding]:
    """Time the import, and count what it loads before anything asks for it."""
    assert all(map(find_spec, UNWANTED))  # Else this could not fail.
    found = [_import_handler() for _ in range(REPETITIONS)]
    loaded = found[0][1]
    assert "fanscore_core" in loaded
    unwanted = (UNWANTED | WEB_FRAMEWORKS) & loaded
    names = f" ({', '.join(sorted(unwanted))})" if unwanted else ""
    return [
        Measure(f"SDKs and frameworks that the handler imports{names}", 0, len(unwanted)),
        Number("importing the handler", median(took_s for took_s, _ in found) * 1e3, "ms"),
    ]


def _import_handler() -> tuple[float, frozenset[str]]:
    output = subprocess.run(  # noqa: S603  # this very interpreter, and a text of ours
        [sys.executable, "-c", _IMPORT], check=True, capture_output=True, text=True
    ).stdout
    took_s, modules = json.loads(output)
    return took_s, frozenset(modules)

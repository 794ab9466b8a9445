"""Put beside our package: its ``handler`` scores chunks, and lets calls fail as it is planned.

``FLAKY_FOLDER`` is where the plan lies, and where each call adds a line about itself;
``FLAKY_HANDLER`` names what does the work.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time

from fanscore_appsync.lambda_context import LambdaContext

PLAN = "plan.json"
"""The names of chunks whose first call fails, by when it does: ``before`` or ``after`` its work."""

KILLED = "killed"
"""While there is such a file, no call does anything: the emulator goes on with the calls of an
execution that was stopped, as AWS does not.
"""

CALLS = "calls.jsonl"


def handler(payload: Mapping[str, str], context: LambdaContext) -> Mapping[str, object]:
    """Score a chunk, or fail."""
    folder = Path(os.environ["FLAKY_FOLDER"])
    name = payload.get("chunk", "").rpartition("/")[2]
    started = perf_counter(), process_time()
    ended = "raised"
    try:
        if name and (folder / KILLED).exists():
            ended = "killed"
            return {}
        planned = _planned(folder, name)
        if planned == "before":
            ended = planned
            raise RuntimeError(ended)
        answer = _work(payload, context)
        if planned == "after":
            ended = planned
            raise RuntimeError(ended)
        ended = "written" if answer.get("written") else "done"
        return answer
    finally:
        took_s, cpu_s = perf_counter() - started[0], process_time() - started[1]
        line = {"name": name, "ended": ended, "took_s": took_s, "cpu_s": cpu_s}
        with (folder / CALLS).open("a", encoding="utf-8") as calls:
            calls.write(json.dumps(line) + "\n")


def _work(payload: Mapping[str, str], context: LambdaContext) -> Mapping[str, object]:
    module, _, name = os.environ["FLAKY_HANDLER"].rpartition(".")
    answer: Mapping[str, object] = getattr(import_module(module), name)(payload, context)
    return answer


def _planned(folder: Path, name: str) -> str | None:
    """Return when this call fails, if it does."""
    plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    when = next((when for when, names in plan.items() if name in names), None)
    if when is None:
        return None
    try:
        (folder / name).open("x").close()
    except FileExistsError:
        return None  # that was the first call
    found: str = when
    return found

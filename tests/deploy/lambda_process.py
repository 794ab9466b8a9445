"""Run by a Python that knows nothing but its standard library and a folder: what Lambda does.

The arguments are the folder and the handler; the event comes from standard input. The last line of
standard output is the answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from runpy import run_path
from typing import cast

PATIENT = Path(__file__).parents[1] / "aws/patient_function.py"


class Context:
    """The part of Lambda's context object that is used."""

    aws_request_id = "invocation-1"

    def get_remaining_time_in_millis(self) -> int:
        """Give the time until Lambda ends the invocation."""
        return 900_000


def main(folder: str, handler: str) -> None:
    """Import the handler, and call it once."""
    sys.path.insert(0, folder)
    run_path(str(PATIENT))
    module, _, name = handler.rpartition(".")
    call = cast("Callable[[object, object], object]", getattr(import_module(module), name))
    answer = call(json.load(sys.stdin), Context())
    sys.stdout.write("\n" + json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])

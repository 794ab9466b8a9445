"""The program ``fanscore``: starts the command where its packages are, and says so where not."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

INTERRUPTED = 130


def run() -> int:
    """Run the command of ``sys.argv``; return the exit status.

    This module needs nothing but Python, so that it can say what else the command needs.
    """
    try:
        return _run()
    except KeyboardInterrupt:  # while the modules are loaded
        return _end("interrupted", INTERRUPTED)
    finally:
        _drop_unwritten()


def _run() -> int:
    if sys.stdout is None:
        return _end("standard output is closed", 1)
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115  # until the end
    try:
        from fanscore_appsync.cli.main import main  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if str(error.name).startswith("fanscore"):
            raise
        return _end("the command needs fanscore[cli] (pip install 'fanscore[cli]')", 2)
    main(prog_name="fanscore")
    return 0


def _end(problem: str, status: int) -> int:
    with suppress(OSError):
        print(f"fanscore: {problem}", file=sys.stderr, flush=True)  # noqa: T201
    return status


def _drop_unwritten() -> None:
    """Close a stream that cannot be written: else Python complains of it in the end, in its way."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                stream.close()

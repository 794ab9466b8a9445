"""Run by ministack's own Python: serves it, as hypercorn's options say, until standard input ends.

Then everything that it started ends with it, however the process ended that held the other side.
"""

from __future__ import annotations

import os
import runpy
import shutil
import signal
import sys
from threading import Thread


def _end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    Thread(target=_end_with_standard_input, daemon=True).start()
    sys.argv = ["hypercorn", "ministack.app:app", *sys.argv[1:]]
    runpy.run_module("hypercorn", run_name="__main__")

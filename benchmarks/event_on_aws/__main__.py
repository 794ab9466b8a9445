"""Score an event's registrants by the state machine on an emulator, while things go wrong.

Calls of the function fail, calls that it makes fail, and the execution is killed on its way; a
second one does what is left. Then every line of every chunk is compared with what is known of its
fan. The exit status is 1 if a fan is lost, doubled or scored wrong.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.event_on_aws.run import Plan, measure

parser = argparse.ArgumentParser(prog="python -m benchmarks.event_on_aws", description=__doc__)
parser.add_argument("--fans", type=int, default=100_000)
parser.add_argument("--of-a-chunk", type=int, default=500)
parser.add_argument(
    "--failing", type=float, default=0.01, help="share of calls, of the function's and of its own"
)
parser.add_argument(
    "--killed-at", type=float, default=0.4, help="share of chunks with scores; 1 for never"
)
parser.add_argument("--concurrency", type=int, default=4)
parser.add_argument(
    "--made-up", action="store_true", help="ask neither tables nor ARM: much faster"
)
parser.add_argument("--seed", type=int, default=1)
given = parser.parse_args()
with TemporaryDirectory() as folder:
    result = measure(Plan(**vars(given)), Path(folder))
print(result.as_text())
sys.exit(0 if result.is_whole else 1)

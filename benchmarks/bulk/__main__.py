"""Measure scoring one event's registrants from exports, and say what is over its bound.

With ``--fans``, other numbers than 100,000 and 1,000,000. The exit status does not depend on it.
"""

from __future__ import annotations

import argparse

from benchmarks.bulk.scoring import findings
from benchmarks.findings import as_text

parser = argparse.ArgumentParser(prog="python -m benchmarks.bulk", description=__doc__)
parser.add_argument("--fans", type=int, nargs=2, default=(100_000, 1_000_000))
few, many = parser.parse_args().fans
print(as_text(findings(few, many)))

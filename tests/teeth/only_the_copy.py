"""A pytest plugin that refuses to test any engine but the copy that ``FANSCORE_COPY`` names."""

import os
from pathlib import Path

import fanscore_core

_tested = Path(fanscore_core.__file__).resolve()
if not _tested.is_relative_to(Path(os.environ["FANSCORE_COPY"]).resolve()):
    message = f"this would test {_tested}"
    raise RuntimeError(message)

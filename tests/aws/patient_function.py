"""Run in a process of its own before one of our handlers: no answer depends on how fast it starts.

``tests.patience`` does the same in the process of the tests. ``TESTED_HANDLER`` names what
``handler`` is to be; without it there is none.
"""

from __future__ import annotations

import os
from importlib import import_module

AMPLE_S = 600.0

LIMITS = {
    "fanscore_adapters.sources": ("MAX_DEGRADABLE_S",),
    "fanscore_adapters.aws.eventbridge": ("READ_S",),
    "fanscore_adapters.aws.lambda_": ("READ_S", "DEGRADABLE_READ_S"),
    "fanscore_adapters.aws.rekognition": ("READ_S",),
    "fanscore_adapters.dynamodb.adapter": ("READ_S",),
}
"""How long what is wired as in production waits for data, by module."""

for _module, _names in LIMITS.items():
    for _name in _names:
        setattr(import_module(_module), _name, AMPLE_S)

if "TESTED_HANDLER" in os.environ:
    _module, _, _name = os.environ["TESTED_HANDLER"].rpartition(".")
    handler: object = getattr(import_module(_module), _name)

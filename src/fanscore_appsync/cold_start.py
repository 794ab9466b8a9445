"""Cold starts of Lambda: imported before all else, and called when that is done.

Importing makes thousands of objects that live as long as the process. Looking for garbage among
ever more of them takes a tenth of a cold start.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"
"""The environment variable that Lambda sets."""

RESTORE_HOOKS = "snapshot_restore_py"
"""What Lambda's Python has since 3.12, to be called after a snapshot (AWS, "Runtime hooks")."""

INITIALIZATION = "AWS_LAMBDA_INITIALIZATION_TYPE"
"""What Lambda says of why it starts: ``on-demand``, ``provisioned-concurrency``, ``snap-start``."""

ON_DEMAND = "on-demand"

if IN_LAMBDA in os.environ:
    gc.disable()


def nobody_waits() -> bool:
    """Whether this process starts ahead of all calls."""
    return os.environ.get(INITIALIZATION, ON_DEMAND) != ON_DEMAND


def finish(*prepare: Callable[[], object]) -> None:
    """In Lambda, prepare for the first event; elsewhere, that is soon enough when it comes.

    So a wrong setting fails the start of the function, and not a fan's request. From then on,
    garbage is looked for again, but not among what is here already. If Lambda starts copies from a
    snapshot of this moment, each draws random numbers of its own.

    Args:
        prepare: what is called, in this order.
    """
    if IN_LAMBDA in os.environ:
        for each in prepare:
            each()
        _differ_after_restore()
        gc.freeze()
        gc.enable()


def _differ_after_restore() -> None:
    """Seed ``random`` anew in each copy: else all would pause equally long, and collide again.

    Ids need none of this: they come from the operating system.
    """
    if find_spec(RESTORE_HOOKS) is not None:
        import_module(RESTORE_HOOKS).register_after_restore(import_module("random").seed)

"""Both ways to write the fields, wired in one process."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from fanscore_appsync import connect
from fanscore_appsync.api import named_api
from fanscore_appsync.settings import read_settings
from tests.docs.pages import ROOT

ORDINARY = "benchmarks.own_api.ordinary"
IN_THREADS = "benchmarks.own_api.in_threads"

Handler = Callable[[object], object]


class Sides(NamedTuple):
    """What answers an event in each of the two ways."""

    ours: Handler
    ordinary: Handler
    in_threads: Handler


def made(environ: Mapping[str, str], closing: ExitStack) -> Sides:
    """Wire both ways in an environment, which stays for as long."""
    patched = closing.enter_context(pytest.MonkeyPatch.context())
    patched.syspath_prepend(ROOT / "examples/presale")
    for name, value in environ.items():
        patched.setenv(name, value)
    app = connect(read_settings(os.environ), closing, api=named_api("presale.api:PRESALE"))
    closing.callback(forget, "presale")  # no other test finds it
    forget(ORDINARY)  # it reads the environment
    ordinary = importlib.import_module(ORDINARY)
    forget(IN_THREADS)  # it imports that
    in_threads = importlib.import_module(IN_THREADS)
    closing.callback(in_threads.pool.shutdown)
    closing.callback(ordinary.functions.close)
    closing.callback(ordinary.presale_table.meta.client.close)
    closing.callback(ordinary.partner.clear)
    return Sides(
        lambda event: app.answer(event, time_left_s=10.0).response,
        lambda event: ordinary.handler(event, None),
        lambda event: in_threads.handler(event, None),
    )


def forget(name: str) -> None:
    """Let a module, and those below it, be imported anew."""
    for each in [each for each in sys.modules if f"{each}.".startswith(f"{name}.")]:
        del sys.modules[each]

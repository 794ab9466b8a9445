from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from fanscore_appsync import cold_start

SHOWN = """
import gc
from fanscore_appsync import cold_start
print(gc.isenabled())
cold_start.finish(lambda: print("log", gc.isenabled()), lambda: print("app", gc.isenabled()))
print(gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_elsewhere_nothing_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside Lambda, nothing is called, and garbage is looked for as ever."""
    monkeypatch.delenv(cold_start.IN_LAMBDA, raising=False)
    called: list[str] = []
    cold_start.finish(lambda: called.append("log"), lambda: called.append("app"))
    assert (called, gc.isenabled()) == ([], True)


def test_in_lambda_all_is_prepared_in_order() -> None:
    """In Lambda, all is prepared in order without looking for garbage, and with it from then on."""
    command = [sys.executable, "-c", SHOWN]
    environ = {cold_start.IN_LAMBDA: "fanscore", "PYTHONPATH": ":".join(sys.path)}
    shown = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    assert shown.stdout.split("\n") == ["False", "log False", "app False", "True True", ""]

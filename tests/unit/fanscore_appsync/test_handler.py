from __future__ import annotations

import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

import pytest

from fanscore_appsync import handler as module
from fanscore_appsync.handler import app, handler
from fanscore_core.errors import InvalidInput
from tests.e2e.lambda_runtime import invoked
from tests.unit.fanscore_appsync.samples import SCORE, score_event

pytestmark = pytest.mark.usefixtures("fresh_app")

VENDORS = {"boto3", "botocore", "s3transfer", "httpx", "httpcore", "tenacity"}
LOCAL = {"click", "fanscore_appsync.local", "fanscore_appsync.testing"}
WEB = {"aiohttp", "bottle", "django", "fastapi", "flask", "starlette", "tornado", "uvicorn"}
SERVERS = {"http.server", "wsgiref", "socketserver", "werkzeug"}
IMPORTED = "import sys, json; import fanscore_appsync.handler; print(json.dumps([*sys.modules]))"

CONVERTERS = """
import gc, cattrs, fanscore_appsync.handler
print(sum(isinstance(each, cattrs.Converter) for each in gc.get_objects()))
"""


def test_importing_the_handler_is_cheap() -> None:
    """Importing the handler, as at every cold start, loads no vendor's client and no server."""
    command = [sys.executable, "-c", IMPORTED]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded = set(cast("list[str]", json.loads(shown.stdout)))
    assert "fanscore_appsync.handler" in loaded
    assert loaded & (VENDORS | LOCAL | WEB | SERVERS) == set()


def test_importing_the_handler_makes_no_converter() -> None:
    """Converters are expensive to make, and are made for the first document of their kind."""
    command = [sys.executable, "-c", CONVERTERS]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    assert shown.stdout == "1\n"  # that of cattrs itself


def test_the_handler_answers() -> None:
    """Without any setting, the handler answers from the sample data."""
    assert invoked(score_event()) == SCORE


def test_the_handler_needs_no_context() -> None:
    """Called without a context, as at a desk, the handler takes AppSync's own limit."""
    assert handler(score_event()) == SCORE


@pytest.mark.parametrize("left_ms", [500, 1, 0])
def test_the_handler_keeps_time_for_the_response(left_ms: int) -> None:
    """Where only the margin for writing the response is left, nothing is waited for."""
    assert invoked(score_event(), left_ms) == {
        "raised": {
            "errorType": "504",
            "message": "Out of time while waiting for fan_identity_table",
        }
    }


def test_the_app_is_wired_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment is read for the first event; later ones find the app wired."""
    invoked(score_event())
    monkeypatch.setenv("FANSCORE_DB", str(tmp_path / "fans.db"))
    assert invoked(score_event()) == SCORE
    app.cache_clear()
    assert invoked(score_event()) != SCORE


class CachedApp(Protocol):
    """The handler's ``app``, made anew."""

    cache_info: Callable[[], object]


def imported_anew() -> CachedApp:
    """Run the handler's module as a fresh process would import it, and give its ``app``."""
    assert module.__file__ is not None
    return cast("CachedApp", runpy.run_path(module.__file__)["app"])


def bad_policy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Configure a policy with a mistake, and give the sentence that it is refused with."""
    path = tmp_path / "policy.json"
    path.write_text('{"version": 1}')
    monkeypatch.setenv("FANSCORE_POLICY", str(path))
    return f"FANSCORE_POLICY: {path}: policy.version: expected a string"


def test_in_lambda_the_app_is_wired_at_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Lambda the start of the function wires the app, not the first fan's request."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "fanscore")
    assert imported_anew().cache_info() == (0, 1, None, 1)


def test_elsewhere_the_app_is_wired_when_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Outside Lambda an import wires nothing, whatever the environment says."""
    bad_policy(monkeypatch, tmp_path)
    assert imported_anew().cache_info() == (0, 0, None, 0)


def test_in_lambda_a_bad_policy_fails_at_import(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bad policy fails the start of the function, with the path of the mistake."""
    refusal = bad_policy(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "fanscore")
    with pytest.raises(InvalidInput) as raised:
        imported_anew()
    assert str(raised.value) == refusal


def test_in_lambda_a_bad_policy_fails_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A fresh process that imports the handler in Lambda ends where the policy is bad."""
    refusal = bad_policy(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "fanscore")
    command = [sys.executable, "-c", IMPORTED]
    shown = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert refusal in shown.stderr


def test_settings_that_cannot_be_used_fail_every_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with the environment is raised for each event, not only for the first."""
    monkeypatch.setenv("FANSCORE_BACKEND", "postgres")
    for _ in range(2):
        with pytest.raises(InvalidInput, match="FANSCORE_BACKEND"):
            handler(score_event())

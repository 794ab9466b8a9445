from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest

from fanscore_adapters.embedded.stand_in_vendor import session_of
from fanscore_appsync import idv as module
from fanscore_appsync.idv import app, handler
from fanscore_core.errors import InvalidInput
from tests.e2e.lambda_runtime import PREFIX, Invocation

FAN = "user123"
START: Mapping[str, object] = {
    "operation": "startSession",
    "arguments": {"globalUserId": FAN, "token": "token-1", "armScore": 4.5},
}
S1 = session_of("token-1")
RESULT: Mapping[str, object] = {
    "operation": "sessionResult",
    "arguments": {"globalUserId": FAN, "sessionId": S1},
}

VENDORS = {"boto3", "botocore", "s3transfer", "httpx", "httpcore", "tenacity", "click"}
IMPORTED = "import sys, json; import fanscore_appsync.idv; print(json.dumps([*sys.modules]))"


@pytest.fixture(autouse=True)
def fresh_idv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Let the handler wire its app anew, on a database of its own."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FANSCORE_DB", str(tmp_path / "fans.db"))
    app.cache_clear()
    yield
    app.cache_clear()


def seen(response: Mapping[str, object]) -> tuple[object, object, object]:
    """Give a session's id, status and confidence."""
    data = cast("Mapping[str, object]", response["data"])
    return data["sessionId"], data["status"], data["confidence"]


def test_importing_the_handler_is_cheap() -> None:
    """Importing the handler, as at every cold start, loads no vendor's client."""
    command = [sys.executable, "-c", IMPORTED]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded = set(cast("list[str]", json.loads(shown.stdout)))
    assert "fanscore_appsync.idv" in loaded
    assert loaded & VENDORS == set()


def test_the_handler_answers() -> None:
    """The handler starts a session and gives its result, with Lambda's context or without."""
    assert seen(handler(START)) == (S1, "CREATED", None)
    assert seen(handler(RESULT, Invocation())) == (S1, "SUCCEEDED", 99.1)


def test_a_session_outlives_the_process() -> None:
    """A function that is wired anew finds the sessions that another has stored."""
    started = handler(START)
    app.cache_clear()
    assert handler(START) == started


@pytest.mark.parametrize("left_ms", [500, 1, 0])
def test_the_handler_keeps_time_for_the_response(left_ms: int) -> None:
    """Where only the margin for writing the response is left, nothing is waited for."""
    late = "Out of time while waiting for verification_table"
    assert handler(START, Invocation(left_ms)) == {"error": {"code": 504, "message": late}}


def test_the_app_is_wired_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is read for the first call; later ones find the app wired."""
    first = handler(START)
    monkeypatch.setenv("FANSCORE_BACKEND", "abacus")
    assert handler(START) == first


def test_lambda_starts_only_what_is_wired(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Lambda, a bad setting fails the start of the function, not the first call."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "idv_check_liveness")
    runpy.run_path(str(module.__file__))
    monkeypatch.setenv("FANSCORE_BACKEND", "abacus")
    with pytest.raises(InvalidInput, match=r"^FANSCORE_BACKEND: expected embedded or aws$"):
        runpy.run_path(str(module.__file__))

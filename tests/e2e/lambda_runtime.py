"""What AWS does around the handler: it passes a context, and takes what is raised for an error."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator

import attrs
import pytest

from fanscore_appsync.handler import app, handler

PREFIX = "FANSCORE_"


@attrs.frozen
class Invocation:
    """The part of Lambda's context object that the handler uses.

    Attributes:
        left_ms: until Lambda ends the invocation.
        aws_request_id: Lambda's id of it.
    """

    left_ms: int = 30_000
    aws_request_id: str = "invocation-1"

    def get_remaining_time_in_millis(self) -> int:
        """Give the time until Lambda ends the invocation."""
        return self.left_ms


@pytest.fixture
def fresh_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the handler wire its app anew, in an environment that says nothing of fanscore."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    app.cache_clear()
    yield
    app.cache_clear()


def told(answer: Callable[[], object]) -> object:
    """Give what AppSync learns of an answer.

    An answer that is raised is ``{"raised": {"errorType": ..., "message": ...}}``, which is all
    that AppSync takes of an exception: its class name and its text.
    """
    try:
        return answer()
    except Exception as error:  # noqa: BLE001  # the class is made as the answer is
        return {"raised": {"errorType": type(error).__name__, "message": str(error)}}


def posted(response: object) -> bytes:
    """Write a response as Lambda's runtime client posts it, on Python 3.12 and later.

    That is ``to_json`` of ``awslambdaric.lambda_runtime_marshaller``: nothing is escaped that need
    not be, so that half a surrogate pair ends the process instead of the invocation.
    """
    return json.dumps(response, ensure_ascii=False, default=float).encode()


def invoked(event: object, left_ms: int = 30_000) -> object:
    """Give what AppSync learns of invoking the handler with an event."""
    return told(lambda: handler(event, Invocation(left_ms)))

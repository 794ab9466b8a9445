"""The Lambda entry point of the identity verification function, ``idv_check_liveness``."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Protocol

from fanscore_appsync.idv_app import IdvApp
from fanscore_appsync.settings import read_settings
from fanscore_appsync.wiring import connect_idv

MARGIN_S = 0.5
"""Kept back for writing the response."""

CALL_S = 10.0
"""What a call may take where Lambda sets no limit."""


class LambdaContext(Protocol):
    """What is used of the context object that Lambda passes."""

    def get_remaining_time_in_millis(self) -> int:
        """Give the time until Lambda ends the invocation."""
        ...


@functools.cache
def app() -> IdvApp:
    """Wire the app that the environment describes, once in a process.

    Raises:
        InvalidInput: the environment is not valid.
    """
    return connect_idv(read_settings(os.environ))


def handler(payload: object, context: LambdaContext | None = None) -> Mapping[str, object]:
    """Answer one call (``Lambda: fanscore_appsync.idv.handler``)."""
    left_s = context.get_remaining_time_in_millis() / 1000 if context else CALL_S
    return app().answer(payload, left_s - MARGIN_S)


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    app()  # A bad setting must fail the start of the function, not the first fan's check.

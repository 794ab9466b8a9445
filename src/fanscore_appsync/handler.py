"""The Lambda entry point of the direct resolvers."""

from __future__ import annotations

import functools
import os
from typing import Protocol

from fanscore_appsync.app import App
from fanscore_appsync.settings import read_settings
from fanscore_appsync.wiring import connect

MARGIN_S = 0.5
"""Kept back for writing the response."""

REQUEST_S = 30.0
"""What AppSync gives a request: the limit where Lambda sets none."""


class LambdaContext(Protocol):
    """What is used of the context object that Lambda passes."""

    def get_remaining_time_in_millis(self) -> int:
        """Give the time until Lambda ends the invocation."""
        ...


@functools.cache
def app() -> App:
    """Wire the app that the environment describes, once in a process.

    Raises:
        InvalidInput: the environment, the policy or the sample file is not valid.
    """
    return connect(read_settings(os.environ))


def handler(event: object, context: LambdaContext | None = None) -> object:
    """Answer one AppSync event (``Lambda: fanscore_appsync.handler.handler``).

    Raises:
        Exception: as ``App.answer``.
    """
    left_s = context.get_remaining_time_in_millis() / 1000 if context else REQUEST_S
    return app().answer(event, left_s - MARGIN_S).response


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    app()  # A bad policy must fail the start of the function, not the first fan's request.

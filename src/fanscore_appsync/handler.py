"""The Lambda entry point of the direct resolvers."""

from __future__ import annotations

import functools
import os

from fanscore_appsync import cold_start  # comes first
from fanscore_appsync.app import App
from fanscore_appsync.lambda_context import LambdaContext, invocation_id, time_left_s
from fanscore_appsync.log import log_to_stdout
from fanscore_appsync.setting_row import Function
from fanscore_appsync.settings import read_settings
from fanscore_appsync.wiring.apps import connect


@functools.cache
def app() -> App:
    """Wire the app that the environment describes, once in a process.

    Raises:
        InvalidInput: the environment, the policy or the sample file is not valid.
    """
    return connect(read_settings(os.environ, Function.RESOLVER))


def handler(event: object, context: LambdaContext | None = None) -> object:
    """Answer one AppSync event (``Lambda: fanscore_appsync.handler.handler``).

    Raises:
        Exception: as ``App.answer``.
    """
    return app().answer(event, time_left_s(context), invocation_id(context)).response


def load_all() -> None:
    """Load what all fields need, where no call waits for the start.

    Raises:
        ApiMisuse: as ``Api.check``.
    """
    if cold_start.nobody_waits():
        app().api.check()


cold_start.finish(log_to_stdout, app, load_all)

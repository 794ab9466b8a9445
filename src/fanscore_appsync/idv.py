"""The Lambda entry point of the identity verification function, ``idv_check_liveness``."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

from fanscore_appsync import cold_start  # comes first
from fanscore_appsync.idv_app import CALL_S, IdvApp
from fanscore_appsync.lambda_context import LambdaContext, invocation_id, time_left_s
from fanscore_appsync.log import log_to_stdout
from fanscore_appsync.settings import read_settings
from fanscore_appsync.wiring.apps import connect_idv


@functools.cache
def app() -> IdvApp:
    """Wire the app that the environment describes, once in a process.

    Raises:
        InvalidInput: the environment is not valid.
    """
    return connect_idv(read_settings(os.environ))


def handler(payload: object, context: LambdaContext | None = None) -> Mapping[str, object]:
    """Answer one call (``Lambda: fanscore_appsync.idv.handler``)."""
    return app().answer(payload, time_left_s(context, CALL_S), invocation_id(context))


cold_start.finish(log_to_stdout, app)

"""The Lambda entry point of the function that scores chunks of an event's registrants."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping

from fanscore_appsync import cold_start  # comes first
from fanscore_appsync.chunk_app import CHUNK_S, ChunkApp
from fanscore_appsync.lambda_context import LambdaContext, invocation_id, time_left_s
from fanscore_appsync.log import log_to_stdout
from fanscore_appsync.setting_row import Function
from fanscore_appsync.settings import read_settings
from fanscore_appsync.wiring.apps import connect_chunks


@functools.cache
def app() -> ChunkApp:
    """Wire the app that the environment describes, once in a process.

    Raises:
        InvalidInput: the environment is not valid.
    """
    return connect_chunks(read_settings(os.environ, Function.CHUNKS))


def handler(payload: object, context: LambdaContext | None = None) -> Mapping[str, object]:
    """Answer one call (``Lambda: fanscore_appsync.chunks.handler``)."""
    return app().answer(payload, time_left_s(context, CHUNK_S), invocation_id(context))


cold_start.finish(log_to_stdout, app)

"""The Lambda entry points of the consumers, each a function of its own.

EventBridge calls them with an event, and again later where they raise.
"""

from __future__ import annotations

import functools
import os

from fanscore_appsync import cold_start  # the first of these comes first
from fanscore_appsync.consumer_app import ConsumerApp
from fanscore_appsync.lambda_context import LambdaContext, invocation_id, time_left_s
from fanscore_appsync.log import log_to_stdout
from fanscore_appsync.settings import NEEDED_BY_CONSUMERS, read_settings
from fanscore_appsync.wiring import apps
from fanscore_core.consumer_mark import LEASE, Consumer


@functools.cache
def consumer_app() -> ConsumerApp:
    """Wire the consumers that the environment describes, once in a process.

    Raises:
        InvalidInput: the environment is not valid.
    """
    return apps.connect_consumers(read_settings(os.environ, NEEDED_BY_CONSUMERS))


def profile_handler(event: object, context: LambdaContext | None = None) -> None:
    """Update the fan's profile (``Lambda: fanscore_appsync.consumers.profile_handler``)."""
    _consume(Consumer.PROFILE, event, context)


def notification_handler(event: object, context: LambdaContext | None = None) -> None:
    """Notify the fan (``Lambda: fanscore_appsync.consumers.notification_handler``)."""
    _consume(Consumer.NOTIFICATION, event, context)


def sync_handler(event: object, context: LambdaContext | None = None) -> None:
    """Tell the external system (``Lambda: fanscore_appsync.consumers.sync_handler``)."""
    _consume(Consumer.SYNC, event, context)


def _consume(consumer: Consumer, event: object, context: LambdaContext | None) -> None:
    time_s = time_left_s(context, LEASE.total_seconds())
    consumer_app().consume(consumer, event, time_s, invocation_id(context))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    log_to_stdout()
    consumer_app()  # Bad settings must fail the start of the function, not the first event.
    cold_start.finished()

"""The Lambda entry points of the consumers, each a function of its own.

EventBridge calls them with an event, and again later where they raise.
"""

from __future__ import annotations

import functools
import os

from fanscore_appsync import cold_start  # comes first
from fanscore_appsync.consumer_app import DELIVERY_S, ConsumerApp
from fanscore_appsync.lambda_context import LambdaContext, invocation_id, time_left_s
from fanscore_appsync.log import log_to_stdout
from fanscore_appsync.setting_row import Function
from fanscore_appsync.settings import read_settings
from fanscore_appsync.wiring.apps import connect_consumers
from fanscore_core.consumer_mark import Consumer


@functools.cache
def app() -> ConsumerApp:
    """Wire the consumers that the environment describes, once in a process.

    Raises:
        InvalidInput: the environment is not valid.
    """
    return connect_consumers(read_settings(os.environ, Function.CONSUMERS))


def entry_handler(event: object, context: LambdaContext | None = None) -> None:
    """Keep the fan's entry (``Lambda: fanscore_appsync.consumers.entry_handler``)."""
    _consume(Consumer.ENTRY, event, context)


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
    app().consume(consumer, event, time_left_s(context, DELIVERY_S), invocation_id(context))


cold_start.finish(log_to_stdout, app)

"""Calls the handler in worker threads, so that sibling fields are resolved at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from time import monotonic, perf_counter
from typing import TypeVar

import attrs

from fanscore_appsync import wire
from fanscore_appsync.app import Response
from fanscore_appsync.lambda_context import MARGIN_S
from fanscore_appsync.local.graphql.replies import FieldError, Reply, replies_of, reply_of

RepliesT = TypeVar("RepliesT")

Event = Mapping[str, object]


@attrs.frozen
class HandlerCalls:
    """The handler, as the gateway calls it.

    Attributes:
        answer: ``App.answer``.
        threads: to call it in.
        report: logs an unforeseen error, and gives the id to find it by.
    """

    answer: Callable[[object, float], Response]
    threads: Executor
    report: Callable[[Exception], str]

    def start(self, event: Event, expires_at: float) -> asyncio.Future[Reply]:
        """Have one event answered, in a thread. The reply never raises."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self.threads, self.call, event, expires_at)

    def start_batch(
        self, events: Sequence[Event], expires_at: float
    ) -> asyncio.Future[Sequence[Reply]]:
        """Have a list of events answered with one call, in a thread. The replies never raise."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self.threads, self._call_batch, list(events), expires_at)

    def call(self, event: Event, expires_at: float) -> Reply:
        """Have one event answered, here and now. Never raises.

        Args:
            event: for the handler.
            expires_at: when the request must have been answered, by ``time.monotonic``.
        """
        enveloped = {**event, "envelope": True}
        return self._call(enveloped, expires_at, reply_of, self._internal_error)

    def _call_batch(self, events: Sequence[Event], expires_at: float) -> Sequence[Reply]:
        return self._call(
            events,
            expires_at,
            replies_of,
            lambda error: [self._internal_error(error)] * len(events),
        )

    def _call(
        self,
        event: object,
        expires_at: float,
        read: Callable[[Response, float], RepliesT],
        failed: Callable[[Exception], RepliesT],
    ) -> RepliesT:
        started_at = perf_counter()
        try:
            answer = self.answer(event, max(0.0, expires_at - monotonic() - MARGIN_S))
            return read(answer, perf_counter() - started_at)
        except Exception as error:  # noqa: BLE001  # no traceback reaches a caller
            return failed(error)

    def _internal_error(self, error: Exception) -> Reply:
        body = wire.error_body(error, self.report)
        return Reply(None, FieldError(body.message, body.type, body.info), 0.0)

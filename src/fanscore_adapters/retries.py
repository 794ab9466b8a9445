"""Trying again within the time that a question has.

Calls of AWS are tried again by botocore alone; this is for what it does not try again (keys and
entries that AWS left over, conflicts of transactions) and for HTTP.
"""

from __future__ import annotations

from collections.abc import Callable

from tenacity import Future, RetryCallState, Retrying
from tenacity.retry import retry_base
from tenacity.wait import wait_base

from fanscore_adapters.adapter import LEAST_S


def retrying(  # all of one sentence
    *,
    retry: retry_base,
    attempts: int,
    wait: wait_base,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    expires_at: float,
) -> Retrying:
    """Make what tries again; at the end it raises the last error, or gives the last result.

    Args:
        retry: after which errors or results.
        attempts: the most, the first included.
        wait: how long before the next.
        sleep: lets seconds pass.
        clock: seconds, never going back.
        expires_at: by the clock; no attempt starts with less than ``LEAST_S`` left.
    """

    def stop(state: RetryCallState) -> bool:
        starts_at = clock() + state.upcoming_sleep
        return state.attempt_number >= attempts or starts_at + LEAST_S > expires_at

    return Retrying(
        retry=retry,
        stop=stop,
        wait=wait,
        sleep=sleep,
        retry_error_callback=_last,
    )


def attempted(retrying: Retrying) -> int:
    """Return how many attempts were made; fewer than allowed means that the time was over."""
    return int(retrying.statistics["attempt_number"])


def _last(state: RetryCallState) -> object:
    outcome: Future = state.outcome  # type: ignore[assignment]  # there is one after an attempt
    return outcome.result()

"""What is used of Lambda's context object: how long an invocation may take, and its id."""

from __future__ import annotations

from typing import Protocol

MARGIN_S = 0.5
"""Kept back for writing the response."""

REQUEST_S = 30.0
"""What AppSync gives a request: the limit where Lambda sets none."""


class LambdaContext(Protocol):
    """What is used of the context object that Lambda passes."""

    @property
    def aws_request_id(self) -> str:
        """Lambda's id of the invocation."""
        ...

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until Lambda ends the invocation."""
        ...


def time_left_s(context: LambdaContext | None, at_most_s: float = REQUEST_S) -> float:
    """Return the time for an answer, in seconds, with a margin for writing it.

    Args:
        context: Lambda's; ``None`` if something else calls.
        at_most_s: how long it may take in any case.
    """
    left_s = context.get_remaining_time_in_millis() / 1000 if context else at_most_s
    return min(left_s, at_most_s) - MARGIN_S


def invocation_id(context: LambdaContext | None) -> str:
    """Return Lambda's id of the invocation; nothing if something else calls."""
    return context.aws_request_id if context else ""

"""Waiting that does not depend on the speed of the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
import pytest

from fanscore_adapters import sources
from fanscore_adapters.aws import eventbridge, lambda_, rekognition
from fanscore_adapters.dynamodb import adapter as dynamodb
from fanscore_adapters.sources import Call, wait_for
from fanscore_adapters.sqlite import connection, lending
from fanscore_appsync import receipts
from tests.virtual_time import VirtualTime

AMPLE_S = 600.0
POLL_S = 0.01


def standing() -> float:
    """Tell the time of a clock that stands still: nothing is ever late by it."""
    return 0.0


def patient(call: Call, _at_most_s: float | None = None) -> bool:
    """Wait for a call of an adapter until it ends, however long that takes."""
    return wait_for(call, None)


@attrs.frozen
class GivenUp:
    """Waits for a call until it ends, or until somebody says that it will not.

    Attributes:
        is_held: whether the call is held up, for as long as it is waited for.
        time: passes then, all that was left for the call.
    """

    is_held: Callable[[], bool]
    time: VirtualTime

    def __call__(self, call: Call, at_most_s: float | None) -> bool:
        """Wait."""
        while not wait_for(call, POLL_S):
            if self.is_held():
                self.time.now_s += at_most_s or 0.0
                return False
        return True


@contextmanager
def patient_limits() -> Iterator[None]:
    """Let what is wired as in production wait for data for as long as its request has time."""
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(sources, "MAX_DEGRADABLE_S", AMPLE_S)
        limits.setattr(lambda_, "DEGRADABLE_READ_S", AMPLE_S)
        limits.setattr(receipts, "MAX_WAIT_S", AMPLE_S)
        for module in (dynamodb, eventbridge, lambda_, rekognition):
            limits.setattr(module, "READ_S", AMPLE_S)
        yield


@contextmanager
def patient_databases() -> Iterator[None]:
    """Let whoever waits for an embedded database wait until it is free."""
    with pytest.MonkeyPatch.context() as limits:
        for module in (connection, lending):
            limits.setattr(module, "BUSY_TIMEOUT_S", AMPLE_S)
        yield

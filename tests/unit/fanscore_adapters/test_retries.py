from __future__ import annotations

from collections.abc import Sequence
from math import inf

import attrs
import pytest
from tenacity import Retrying, retry_if_exception_type, retry_if_result, wait_fixed
from tenacity.retry import retry_base

from fanscore_adapters.retries import attempted, retrying
from tests.virtual_time import VirtualTime

AGAIN = retry_if_result(lambda result: result == "again")


@attrs.frozen
class Script:
    """What comes of the attempts, one after the other."""

    results: list[object]
    time: VirtualTime = attrs.field(factory=VirtualTime)

    def attempt(self) -> object:
        """Make one; it takes a second."""
        self.time.now_s += 1
        match self.results.pop(0):
            case Exception() as error:
                raise error
            case result:
                return result

    def attempts(self, retry: retry_base, expires_at: float = inf, wait_s: float = 0.5) -> Retrying:
        """Make what makes at most three."""
        return retrying(
            retry=retry,
            attempts=3,
            wait=wait_fixed(wait_s),
            sleep=self.time.wait,
            clock=self.time.clock,
            expires_at=expires_at,
        )

    def run(self, retry: retry_base, expires_at: float = inf) -> object:
        """Make at most three."""
        return self.attempts(retry, expires_at)(self.attempt)


@pytest.mark.parametrize(
    ("results", "result", "left"),
    [
        (["good", "left"], "good", 1),
        (["again", "good", "left"], "good", 1),
        (["again", "again", "good", "left"], "good", 1),
        (["again", "again", "again", "left"], "again", 1),
    ],
)
def test_results(results: Sequence[object], result: object, left: int) -> None:
    """An attempt is repeated for its result until that is good, and at most so often."""
    script = Script([*results])
    assert (script.run(AGAIN), len(script.results)) == (result, left)
    assert script.time.waits_s == [0.5] * (len(results) - left - 1)


def test_errors() -> None:
    """An attempt is repeated for its error, and the last error is raised."""
    retry = retry_if_exception_type(ValueError)
    assert Script([ValueError("first"), "good"]).run(retry) == "good"
    with pytest.raises(ValueError, match="third"):
        Script([ValueError("first"), ValueError("second"), ValueError("third")]).run(retry)
    with pytest.raises(KeyError):
        Script([KeyError("other"), "good"]).run(retry)


@pytest.mark.parametrize(
    ("expires_at", "calls"), [(1.59, 1), (1.6, 2), (1.61, 2), (3.09, 2), (3.11, 3), (inf, 3)]
)
def test_the_deadline(expires_at: float, calls: int) -> None:
    """No attempt starts with less than 100 ms left, the wait before it counted."""
    script = Script(["again"] * 3)
    assert script.run(AGAIN, expires_at) == "again"
    assert len(script.results) == 3 - calls
    assert len(script.time.waits_s) == calls - 1


@pytest.mark.parametrize(
    ("results", "expires_at", "calls"),
    [
        (["good"], inf, 1),
        (["again", "good"], inf, 2),
        (["again"] * 3, inf, 3),
        (["again"] * 3, 1.59, 1),
        (["again"] * 3, 3.09, 2),
    ],
)
def test_how_many_attempts_were_made(
    results: Sequence[object], expires_at: float, calls: int
) -> None:
    """What tries again tells how often it tried, whether it came through or not."""
    script = Script([*results])
    attempts = script.attempts(AGAIN, expires_at)
    attempts(script.attempt)
    assert attempted(attempts) == calls

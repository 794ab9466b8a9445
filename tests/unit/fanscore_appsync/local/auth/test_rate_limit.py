from __future__ import annotations

import threading
from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanscore_appsync.local.auth.rate_limit import BURST, RATE_PER_S, RateLimited, RateLimiter


@attrs.define
class Clock:
    """A clock that stands still until it is set."""

    now_s: float = 1_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now_s


def taken(limiter: RateLimiter, key: str, calls: int) -> int:
    """Count how many of some calls are let through."""
    return sum(is_let_through(limiter, key) for _ in range(calls))


def is_let_through(limiter: RateLimiter, key: str) -> bool:
    """Make a call."""
    try:
        limiter.take(key)
    except RateLimited:
        return False
    return True


def test_a_burst_then_the_rate() -> None:
    """A key may make 200 calls at once, and 100 in each second after."""
    clock = Clock()
    limiter = RateLimiter(clock)
    assert taken(limiter, "a", 300) == 200
    clock.now_s += 1
    assert taken(limiter, "a", 300) == 100
    clock.now_s += 0.5
    assert taken(limiter, "a", 300) == 50
    clock.now_s += 3_600
    assert taken(limiter, "a", 300) == 200


def test_keys_do_not_share() -> None:
    """What one key calls takes nothing from another."""
    limiter = RateLimiter(Clock())
    assert [taken(limiter, key, 201) for key in ("a", "b")] == [200, 200]


def test_a_refused_call_learns_when_to_come_back() -> None:
    """The error says how long to wait; after that, and not before, a call is let through."""
    clock = Clock()
    limiter = RateLimiter(clock, rate_per_s=0.25, burst=1)
    limiter.take("a")
    clock.now_s += 1
    with pytest.raises(RateLimited) as raised:
        limiter.take("a")
    assert (raised.value.retry_after_s, str(raised.value)) == (3.0, "Too many requests")
    clock.now_s += 2.9375
    assert not is_let_through(limiter, "a")
    clock.now_s += 0.0625
    assert is_let_through(limiter, "a")


def test_memory_is_bounded() -> None:
    """Beyond the bound, the key longest unused is forgotten, and no other."""
    limiter = RateLimiter(Clock(), burst=1, max_buckets=2)
    assert [is_let_through(limiter, key) for key in ("a", "b", "a", "c")] == [
        True,
        True,
        False,
        True,
    ]
    assert [is_let_through(limiter, key) for key in ("a", "c", "b")] == [False, False, True]


def test_threads_share_a_bucket() -> None:
    """Several threads together get no more than one."""
    limiter = RateLimiter(Clock())
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(taken(limiter, "a", 100))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(counts), sum(counts)) == (4, 200)


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 5), st.integers(1, 8))
def test_no_window_has_more_than_burst_and_rate(
    pauses: Sequence[int], rate_per_s: int, burst: int
) -> None:
    """In any stretch of time, at most the burst and what the rate gives are let through."""
    clock = Clock(0)
    limiter = RateLimiter(clock, rate_per_s, burst)
    let_through: list[float] = []
    for pause in pauses:
        clock.now_s += pause / 16
        if is_let_through(limiter, "a"):
            let_through.append(clock.now_s)
    for first, begins_at in enumerate(let_through):
        for last, ends_at in enumerate(let_through[first:], first):
            assert last - first + 1 <= burst + (ends_at - begins_at) * rate_per_s


def test_the_defaults_are_those_of_the_contract() -> None:
    """By default it is 100 calls a second, and 200 at once."""
    assert (RATE_PER_S, BURST) == (100.0, 200)

"""The rate at which a key may call: a token bucket for each (contract: 100 a second, burst 200)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

import attrs

from fanscore_core.errors import FanscoreError

RATE_PER_S = 100.0
BURST = 200
MAX_BUCKETS = 10_000


@attrs.frozen
class RateLimited(FanscoreError):
    """A key calls too often.

    Attributes:
        retry_after_s: when the next call would be let through, were there no other.
    """

    retry_after_s: float

    def __str__(self) -> str:
        return "Too many requests"


@attrs.frozen
class _Bucket:
    tokens: float
    filled_at_s: float


class RateLimiter:
    """Token buckets by key. May be used by several threads.

    Of more keys than there may be buckets, the one longest unused is forgotten, and may then call
    as often as a new one.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        rate_per_s: float = RATE_PER_S,
        burst: int = BURST,
        max_buckets: int = MAX_BUCKETS,
    ) -> None:
        """Return every key a full bucket.

        Args:
            monotonic: a clock in seconds that never goes back.
            rate_per_s: calls a second that a bucket is refilled for.
            burst: calls that a full bucket is good for.
            max_buckets: for how many keys calls are counted.
        """
        self._monotonic = monotonic
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._max_buckets = max_buckets
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str) -> None:
        """Count a call.

        Raises:
            RateLimited: the call is one too many. It is not counted.
        """
        with self._lock:
            now_s = self._monotonic()
            tokens = self._tokens(key, now_s)
            is_enough = tokens >= 1
            self._keep(key, _Bucket(tokens - is_enough, now_s))
        if not is_enough:
            raise RateLimited((1 - tokens) / self._rate_per_s)

    def _tokens(self, key: str, now_s: float) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return float(self._burst)
        refilled = bucket.tokens + (now_s - bucket.filled_at_s) * self._rate_per_s
        return min(self._burst, refilled)

    def _keep(self, key: str, bucket: _Bucket) -> None:
        self._buckets[key] = bucket
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._max_buckets:
            self._buckets.popitem(last=False)

"""The resolver cache: what a field was answered with, for its time to live.

As ``PER_RESOLVER_CACHING`` of AppSync: all callers share it, and errors are not kept. Concurrent
misses of one key make one call.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

import attrs

ValueT = TypeVar("ValueT")

MAX_ENTRIES = 10_000


@attrs.frozen
class _Entry(Generic[ValueT]):
    value: ValueT
    expires_at: float


class ResolverCache(Generic[ValueT]):
    """A bounded cache for one event loop; the entry that was used least lately goes first."""

    def __init__(
        self,
        clock: Callable[[], float],
        keeps: Callable[[ValueT], bool],
        max_entries: int = MAX_ENTRIES,
    ) -> None:
        """Make an empty cache.

        Args:
            clock: seconds, never going back.
            keeps: whether a value may be kept: not if it is an error.
            max_entries: how many values to keep.
        """
        self._clock = clock
        self._keeps = keeps
        self._max_entries = max_entries
        self._entries: OrderedDict[Hashable, _Entry[ValueT]] = OrderedDict()
        self._pending: dict[Hashable, asyncio.Future[ValueT]] = {}

    def __len__(self) -> int:
        """Return the number of values that are kept."""
        return len(self._entries)

    def fetch(
        self, key: Hashable, ttl_s: float, load: Callable[[], asyncio.Future[ValueT]]
    ) -> tuple[asyncio.Future[ValueT], bool]:
        """Return the value of a key, and whether it takes no call of its own.

        Args:
            key: of the field and of what tells its requests apart.
            ttl_s: how long the value may be used, counted from when it came.
            load: starts the call.
        """
        kept = self._kept(key)
        if kept is not None:
            future = asyncio.get_running_loop().create_future()
            future.set_result(kept.value)
            return future, True
        pending = self._pending.get(key)
        if pending is None:
            pending = self._pending[key] = load()
            pending.add_done_callback(partial(self._settle, key, ttl_s))
            return asyncio.shield(pending), False
        return asyncio.shield(pending), True

    def _kept(self, key: Hashable) -> _Entry[ValueT] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_at <= self._clock():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry

    def _settle(self, key: Hashable, ttl_s: float, loaded: asyncio.Future[ValueT]) -> None:
        del self._pending[key]
        if loaded.cancelled() or loaded.exception() is not None:
            return
        if self._keeps(loaded.result()):
            self._entries[key] = _Entry(loaded.result(), self._clock() + ttl_s)
            self._entries.move_to_end(key)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

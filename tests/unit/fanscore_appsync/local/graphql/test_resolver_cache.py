from __future__ import annotations

import asyncio
from collections.abc import Callable

import attrs

from fanscore_appsync.local.graphql.resolver_cache import ResolverCache

TTL_S = 300.0
ERROR = "error"


@attrs.define
class World:
    """A cache on a virtual clock, and calls that come to their end when they are told to.

    Attributes:
        now: in seconds.
        calls: that were started and have not ended.
        count: of calls so far.
    """

    now: float = 0.0
    calls: list[asyncio.Future[str]] = attrs.field(factory=list)
    count: int = 0

    def cache(self, max_entries: int = 10) -> ResolverCache[str]:
        """Make an empty cache that keeps no errors."""
        return ResolverCache(lambda: self.now, lambda value: value != ERROR, max_entries)

    def load(self) -> asyncio.Future[str]:
        """Start a call."""
        self.count += 1
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.calls.append(future)
        return future

    def answer(self, value: str) -> None:
        """End every call with a value."""
        for call in self.calls:
            call.set_result(value)
        self.calls.clear()

    def loaded(self, value: str) -> Callable[[], asyncio.Future[str]]:
        """Make a call that has ended already."""

        def load() -> asyncio.Future[str]:
            future = self.load()
            self.answer(value)
            return future

        return load


def test_the_time_to_live() -> None:
    """A value is used for its time to live, counted from when it came, and no longer."""

    async def run() -> None:
        world = World()
        cache = world.cache()
        future, is_cached = cache.fetch("key", TTL_S, world.load)
        world.now = 10.0
        world.answer("first")
        assert (await future, is_cached) == ("first", False)
        world.now = 10.0 + 299.9
        future, is_cached = cache.fetch("key", TTL_S, world.load)
        assert (await future, is_cached, world.count) == ("first", True, 1)
        world.now = 10.0 + 300.1
        future, is_cached = cache.fetch("key", TTL_S, world.loaded("second"))
        assert (await future, is_cached, world.count) == ("second", False, 2)

    asyncio.run(run())


def test_concurrent_misses_make_one_call() -> None:
    """200 misses of one key at the same time make one call; another key makes its own."""

    async def run() -> None:
        world = World()
        cache = world.cache()
        fetched = [cache.fetch("key", TTL_S, world.load) for _ in range(200)]
        other, _ = cache.fetch("other", TTL_S, world.load)
        world.answer("value")
        assert [await future for future, _ in fetched] == ["value"] * 200
        assert [is_cached for _, is_cached in fetched] == [False] + [True] * 199
        assert (await other, world.count) == ("value", 2)

    asyncio.run(run())


def test_errors_are_not_kept() -> None:
    """An error goes to those who wait for it, and to nobody after them."""

    async def run() -> None:
        world = World()
        cache = world.cache()
        waiting = [cache.fetch("key", TTL_S, world.load)[0] for _ in range(2)]
        world.answer(ERROR)
        assert [await each for each in waiting] == [ERROR, ERROR]
        assert len(cache) == 0
        future, is_cached = cache.fetch("key", TTL_S, world.loaded("value"))
        assert (await future, is_cached) == ("value", False)

    asyncio.run(run())


def test_exceptions_are_not_kept() -> None:
    """A call that raises is made again by the next who asks."""

    async def run() -> None:
        world = World()
        cache = world.cache()
        future, _ = cache.fetch("key", TTL_S, world.load)
        world.calls.pop().set_exception(ValueError())
        assert isinstance(await asyncio.gather(future, return_exceptions=True), list)
        future, is_cached = cache.fetch("key", TTL_S, world.loaded("value"))
        assert (await future, is_cached) == ("value", False)

    asyncio.run(run())


def test_one_who_gives_up_spoils_nothing() -> None:
    """If the request that made the call is cancelled, the others still get its value."""

    async def run() -> None:
        world = World()
        cache = world.cache()
        first, _ = cache.fetch("key", TTL_S, world.load)
        second, _ = cache.fetch("key", TTL_S, world.load)
        first.cancel()
        world.answer("value")
        assert (await second, world.count, len(cache)) == ("value", 1, 1)

    asyncio.run(run())


def test_the_bound() -> None:
    """Of more values than may be kept, the one that was used least lately goes."""

    async def run() -> None:
        world = World()
        cache = world.cache(2)
        for key in ("a", "b", "a", "c"):
            cache.fetch(key, TTL_S, world.loaded(key))
            await asyncio.sleep(0)
        assert (len(cache), world.count) == (2, 3)
        _, a_is_cached = cache.fetch("a", TTL_S, world.loaded("a"))
        _, b_is_cached = cache.fetch("b", TTL_S, world.loaded("b"))
        await asyncio.sleep(0)
        assert (a_is_cached, b_is_cached, len(cache)) == (True, False, 2)

    asyncio.run(run())

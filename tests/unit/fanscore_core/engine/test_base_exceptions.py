"""What is raised that is no ``Exception``: an error of who raised it, or the end of the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

import pytest

from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.question import Answered, Ask, Query
from fanscore_core.engine.rounds import run, run_many
from fanscore_core.engine.steps import Step, step
from fanscore_core.engine.trace import Fate
from fanscore_core.errors import OF_THE_PROCESS, PipelineMisuse, SourceFailed
from tests.unit.fanscore_core.samples import Basket, Count, Ctx, World


class Own(BaseException):
    """Somebody's own."""


FOREIGN: Sequence[type[BaseException]] = (asyncio.CancelledError, GeneratorExit, Own)
"""What belongs to the step, though it is no ``Exception``."""

Make = Callable[[type[BaseException]], Pipeline[str, Basket, object]]


def raising(
    error: type[BaseException], name: str = "a", fruit: str = "apples"
) -> Step[str, Basket, int]:
    """Make a step that asks, and then raises; for other arguments than ``bad`` it returns."""

    @step(name)
    async def function(ctx: Ctx) -> int:
        found = await Count(fruit)
        if ctx.args == "bad":
            raise error
        return found

    return function


def asks() -> Step[str, Basket, int]:
    """Make a step that asks."""

    @step("a")
    async def function(_: Ctx) -> int:
        return await Count("apples")

    return function


def at_once(error: type[BaseException]) -> Step[str, Basket, int]:
    """Make a step that raises before it asks."""

    @step("a")
    async def function(ctx: Ctx) -> int:
        if ctx.args == "bad":
            raise error
        return 0

    return function


def on_the_way_out(error: type[BaseException]) -> Step[str, Basket, int]:
    """Make a step that raises when it is dropped."""

    @step("b")
    async def function(_: Ctx) -> int:
        try:
            return await Count("pears")
        finally:
            raise error

    return function


def edge(error: type[BaseException]) -> Callable[[Ctx], object]:
    """Make what raises before or after the steps."""

    def function(ctx: Ctx) -> object:
        if ctx.args == "bad":
            raise error
        return None

    return function


RAISING: dict[str, tuple[str, Make]] = {
    "at once": ("a", lambda error: pipeline("x", Basket, (at_once(error),))),
    "answered": ("a", lambda error: pipeline("x", Basket, (raising(error),))),
    "before": (
        "before",
        lambda error: pipeline("x", Basket, (asks(),), before=edge(error)),
    ),
    "after": (
        "after",
        lambda error: pipeline("x", Basket, (asks(),), after=edge(error)),
    ),
}
"""Where it is raised, and what the misuse names."""


@pytest.mark.parametrize("error", FOREIGN)
@pytest.mark.parametrize("where", RAISING)
def test_it_is_the_error_of_its_run(where: str, error: type[BaseException]) -> None:
    """What a step raises is its run's error, with the cause, and spoils no other run of a chunk."""
    name, make = RAISING[where]
    good, bad, last = run_many(make(error), ["good", "bad", "good"], World())
    assert (good.error, last.error) == (None, None)
    assert repr(bad.error) == repr(
        PipelineMisuse(name, error.__name__, "raised what is no Exception")
    )
    assert bad.error is not None
    assert isinstance(bad.error.__cause__, error)


@pytest.mark.parametrize("error", FOREIGN)
def test_a_dropped_step_raises_it_in_vain(error: type[BaseException]) -> None:
    """What a step raises on its way out shows nowhere: the step before it has decided."""

    @step("a")
    async def fails(_: Ctx) -> int:
        await Count("apples")
        message = "first"
        raise ValueError(message)

    outcome = run(pipeline("x", Basket, (fails, on_the_way_out(error))), "", World())
    assert repr(outcome.error) == "ValueError('first')"
    assert outcome.trace.fates == (Fate.FAILED, Fate.DROPPED)


@pytest.mark.parametrize("error", FOREIGN)
def test_a_later_step_decides_nothing(error: type[BaseException]) -> None:
    """It obeys the written order as every error does: a step before it that fails later decides."""

    @step("a")
    async def fails(_: Ctx) -> int:
        await Count("apples")
        await Count("pears")
        message = "first"
        raise ValueError(message)

    steps = (fails, raising(error, "b"))
    outcome = run(pipeline("x", Basket, steps), "bad", World())
    assert repr(outcome.error) == "ValueError('first')"


class Broken:
    """A source that raises."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def fetch(self, _asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Raise."""
        raise self.error


class BrokenLater(Broken):
    """A source whose answers raise when they are looked at."""

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer with what raises."""
        return cast("Sequence[Answered]", map(self._answer, asks))

    def _answer(self, _ask: Ask) -> Answered:
        raise self.error


@pytest.mark.parametrize("error", FOREIGN)
@pytest.mark.parametrize("source", [Broken, BrokenLater])
def test_a_source(source: type[Broken], error: type[BaseException]) -> None:
    """What a source raises is its failure, whatever it is."""
    outcome = run(pipeline("x", Basket, (asks(),)), "", source(error))
    assert repr(outcome.error) == repr(SourceFailed(source.__name__, f"raised {error.__name__}"))


class Unhashable(Query[int]):
    """A query whose hash raises."""

    error: type[BaseException] = Own

    def __hash__(self) -> int:
        raise self.error


def test_a_hash() -> None:
    """A query that raises when it is hashed is a misuse, whatever it raises."""

    @step("a")
    async def function(_: Ctx) -> int:
        return await Unhashable()

    outcome = run(pipeline("x", Basket, (function,)), "", World())
    assert repr(outcome.error) == repr(
        PipelineMisuse("a", "Unhashable", "a query must be hashable")
    )


class HashableLater(Query[int]):
    """A query whose hash raises what ends the process, and only the first time."""

    def __init__(self, error: type[BaseException]) -> None:
        self.errors = [error]

    def __hash__(self) -> int:
        for error in (self.errors.pop() for _ in self.errors[:]):
            raise error
        return 1


@pytest.mark.parametrize("error", OF_THE_PROCESS)
def test_the_end_of_the_process_in_a_hash(error: type[BaseException]) -> None:
    """What ends the process does so while a query is hashed, too, and is not overlooked."""
    query = HashableLater(error)

    @step("a")
    async def function(_: Ctx) -> int:
        return await query

    with pytest.raises(error):
        run(pipeline("x", Basket, (function,)), "", World())
    assert query.errors == []


@pytest.mark.parametrize("error", OF_THE_PROCESS)
@pytest.mark.parametrize("where", RAISING)
def test_the_end_of_the_process(where: str, error: type[BaseException]) -> None:
    """``KeyboardInterrupt`` and ``SystemExit`` end the process, wherever they come up."""
    _, make = RAISING[where]
    with pytest.raises(error):
        run(make(error), "bad", World())
    with pytest.raises(error):
        run(pipeline("x", Basket, (asks(),)), "", Broken(error))

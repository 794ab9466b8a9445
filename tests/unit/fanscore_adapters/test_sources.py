from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from math import inf
from threading import Barrier, Event, current_thread
from typing import TypeAlias

import attrs
import pytest

from fanscore_adapters.adapter import Parts, one_by_one, together
from fanscore_adapters.sources import Call, Sources, wait_for
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import (
    DeadlineExceeded,
    FanscoreError,
    SourceFailed,
    Unavailable,
    UnknownQuestion,
)
from tests.contracts.asking import asked, said, shown
from tests.patience import patient
from tests.unit.fanscore_core.samples import Add, Count, Weather

Fetch: TypeAlias = Callable[[Sequence[Ask]], Sequence[Answered]]

WAIT_S = 600
ORCHARD: Mapping[type[Question[object]], str] = {Count: "fruit", Add: "baskets"}
SKY: Mapping[type[Question[object]], str] = {Weather: "sky"}

APPLES, PEARS, RAIN = asked(Count("apples")), asked(Count("pears")), asked(Weather())
SPARE_APPLES, SPARE_RAIN = (attrs.evolve(ask, degradable=True) for ask in (APPLES, RAIN))


def echo(asks: Sequence[Ask]) -> list[Answered]:
    """Answer each question with itself."""
    return [Answered(ask.question, "echo") for ask in asks]


class Fake:
    """An adapter that notes what it is asked, and does what it is told."""

    def __init__(self, systems: Mapping[type[Question[object]], str], does: Fetch = echo) -> None:
        self.systems = systems
        self.asked: list[list[Ask]] = []
        self._does = does

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        self.asked.append(list(asks))
        return self._does(asks)


class Clock:
    """A clock that shows one time after the other, and then the last for ever."""

    def __init__(self, *times: float, when_read: Callable[[int], None] = lambda _: None) -> None:
        self._times = times
        self._read = 0
        self._when_read = when_read

    def __call__(self) -> float:
        """Tell the time."""
        self._read += 1
        self._when_read(self._read)
        return self._times[min(self._read, len(self._times)) - 1]


@pytest.fixture
def released() -> Event:
    """Make an event that is set at the latest when the test is over."""
    return Event()


@pytest.fixture
def executor(released: Event) -> Iterator[ThreadPoolExecutor]:
    """Lend threads enough, whose work ends with the test."""
    with ThreadPoolExecutor(4) as threads:
        yield threads
        released.set()


def hanging(until: Event) -> Fetch:
    """Make an adapter wait before it echoes."""

    def fetch(asks: Sequence[Ask]) -> Sequence[Answered]:
        until.wait(WAIT_S)
        return echo(asks)

    return fetch


def in_no_time(call: Call, at_most_s: float | None) -> bool:
    """Wait for ever where any time is left, and not at all where none is."""
    return wait_for(call, 0.0 if at_most_s == 0.0 else None)


def answers(sources: Sources, *asks: Ask) -> list[object]:
    """Ask all at once; give the answers, an error as its ``repr``."""
    return [shown(answered.answer) for answered in sources.fetch(asks)]


def in_time(adapters: Sequence[Fake], executor: Executor) -> Sources:
    """Make sources whose time does not pass."""
    return Sources(adapters, [executor], Clock(0.0), expires_at=10.0, wait=patient)


def late(*systems: str) -> list[str]:
    """Say what steps are told that cannot do without an answer."""
    return [repr(DeadlineExceeded(system)) for system in systems]


def spared(*systems: str) -> list[str]:
    """Say what steps are told that can."""
    return [repr(Unavailable(system, "no answer in time")) for system in systems]


# Routing


def test_each_question_goes_to_its_adapter(executor: Executor) -> None:
    """Each adapter is asked once, for what it answers; answers come in the order of the asks."""
    orchard, sky = Fake(ORCHARD), Fake(SKY)
    asks = [APPLES, SPARE_RAIN, PEARS, APPLES]
    found = in_time([sky, orchard], executor).fetch(asks)
    assert found == [Answered(ask.question, "echo") for ask in asks]
    assert (orchard.asked, sky.asked) == ([[APPLES, PEARS, APPLES]], [[SPARE_RAIN]])


def test_an_unknown_question_is_told_so(executor: Executor) -> None:
    """What no adapter answers is an unknown question; the others are answered all the same."""
    orchard = Fake(ORCHARD)
    assert answers(in_time([orchard], executor), RAIN, APPLES) == [
        repr(UnknownQuestion()),
        Count("apples"),
    ]
    assert answers(in_time([], executor), RAIN) == [repr(UnknownQuestion())]


def test_nothing_is_asked_for_nothing(executor: Executor) -> None:
    """Without questions, no adapter is asked; neither is one that has none to answer."""
    orchard, sky = Fake(ORCHARD), Fake(SKY)
    sources = in_time([orchard, sky], executor)
    assert said(sources) == []
    sources.fetch([RAIN])
    assert (orchard.asked, sky.asked) == ([], [[RAIN]])


def test_error_answers_are_answers(executor: Executor) -> None:
    """An adapter's error for one question is passed on as it is."""
    down: FanscoreError = Unavailable("sky", "clouds")
    sky = Fake(SKY, lambda _: [Answered(down, "sky", 0.5)])
    [found] = in_time([sky], executor).fetch([RAIN])
    assert found == Answered(down, "sky", 0.5)
    assert found.answer is down


def test_adapters_work_at_the_same_time(executor: Executor) -> None:
    """All adapters of a round are at work together: each waits here until the others are, too."""
    barrier = Barrier(2)

    def meet(asks: Sequence[Ask]) -> Sequence[Answered]:
        barrier.wait(WAIT_S)
        return echo(asks)

    sources = in_time([Fake(ORCHARD, meet), Fake(SKY, meet)], executor)
    assert answers(sources, APPLES, RAIN) == [Count("apples"), Weather()]


# Failing adapters


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_wrong_number_of_answers_fails(executor: Executor, count: int) -> None:
    """An adapter that does not answer one for one is named, with what it did."""
    sky = Fake(SKY)
    orchard = Fake(ORCHARD, lambda asks: [*echo(asks), *echo(asks)][:count])
    apples, rain, pears = answers(in_time([sky, orchard], executor), APPLES, RAIN, PEARS)
    failed = repr(SourceFailed("Fake", f"gave {count} answers to 2 questions"))
    assert (apples, rain, pears) == (failed, Weather(), failed)


def test_no_answers_at_all_fail(executor: Executor) -> None:
    """An adapter that gives no sequence of answers is named, too."""
    nothing = Fake(SKY, lambda _: None)  # type: ignore[arg-type,return-value]  # the breach
    assert answers(in_time([nothing], executor), RAIN) == [
        repr(SourceFailed("Fake", "raised TypeError"))
    ]


def test_an_adapter_that_raises_fails(executor: Executor) -> None:
    """An adapter that raises is named, with the class of its error and without its text."""
    secret = "fan@example.com"

    def fetch(_asks: Sequence[Ask]) -> Sequence[Answered]:
        raise ZeroDivisionError(secret)

    sources = in_time([Fake(ORCHARD), Fake(SKY, fetch)], executor)
    apples, rain = (answered.answer for answered in sources.fetch([APPLES, RAIN]))
    assert apples == Count("apples")
    assert isinstance(rain, SourceFailed)
    assert str(rain) == "source Fake: raised ZeroDivisionError"
    assert isinstance(rain.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit])
def test_an_adapter_that_raises_what_is_no_exception(
    executor: ThreadPoolExecutor, error: type[BaseException]
) -> None:
    """Whatever is raised in a thread is the adapter's failure, unless it ends the process."""

    def fetch(_asks: Sequence[Ask]) -> Sequence[Answered]:
        raise error

    assert answers(in_time([Fake(ORCHARD, fetch)], executor), APPLES) == [
        repr(SourceFailed("Fake", f"raised {error.__name__}"))
    ]

    def ends(_asks: Sequence[Ask]) -> Sequence[Answered]:
        raise SystemExit

    with pytest.raises(SystemExit):
        in_time([Fake(ORCHARD, ends)], executor).fetch([APPLES])


# Time


# First how long is waited: where that is wrong, what waits might never end.


@pytest.mark.parametrize(
    ("now", "expires_at", "limit"),
    [
        (0.0, 1.0, 0.5),
        (100.0, 103.0, 101.5),
        (100.0, 104.0, 102.0),
        (100.0, 104.5, 102.0),
        (100.0, 130.0, 102.0),
        (100.0, inf, 102.0),
    ],
)
def test_a_degradable_question_has_half_of_the_time(
    executor: Executor, now: float, expires_at: float, limit: float
) -> None:
    """A question that can be done without has half of what is left, and at most 2 seconds."""
    sources = Sources([], [executor], Clock(now), expires_at)
    # The rule itself: to see it from outside, a test would have to wait.
    assert sources._limit(SPARE_RAIN, now) == limit  # noqa: SLF001  # (this is why)
    assert sources._limit(RAIN, now) == expires_at  # noqa: SLF001  # (the same)


@pytest.mark.parametrize(
    ("ask", "expires_at", "waits_s"),
    [
        (RAIN, 10.0, 9.0),
        (SPARE_RAIN, 10.0, 1.0),
        (SPARE_RAIN, 3.0, 0.5),
        (RAIN, inf, None),
        (RAIN, 0.5, 0.0),
    ],
)
def test_how_long_an_answer_is_waited_for(
    executor: Executor, ask: Ask, expires_at: float, waits_s: float | None
) -> None:
    """A call is waited for until its limit, from when it is waited for; never less than nothing."""
    waited: list[float | None] = []

    def note(call: Call, at_most_s: float | None) -> bool:
        waited.append(at_most_s)
        return patient(call)

    answers(Sources([Fake(SKY)], [executor], Clock(0.0, 1.0), expires_at, wait=note), ask)
    assert waited == [waits_s]


@pytest.mark.parametrize("now", [10.0, 10.5])
def test_what_is_asked_too_late_is_not_asked(executor: Executor, now: float) -> None:
    """When the time is over, no adapter is called, and no step degrades on it."""
    orchard, sky = Fake(ORCHARD), Fake(SKY)
    sources = Sources([orchard, sky], [executor], Clock(now), expires_at=10.0)
    assert answers(sources, SPARE_RAIN, APPLES) == late("sky", "fruit")
    assert (orchard.asked, sky.asked) == ([], [])


def test_a_hanging_adapter_degrades(executor: Executor, released: Event) -> None:
    """A question that can be done without is unavailable before the time of the rest is over."""
    sources = Sources([Fake(SKY, hanging(released))], [executor], Clock(0.0, 2.0), expires_at=10.0)
    assert answers(sources, SPARE_RAIN) == spared("sky")


def test_a_hanging_adapter_ends_the_time(executor: Executor, released: Event) -> None:
    """A question that cannot be done without has all of the time, and then the time is over."""
    sources = Sources([Fake(SKY, hanging(released))], [executor], Clock(0.0, 10.0), expires_at=10.0)
    assert answers(sources, RAIN) == late("sky")


def test_nobody_degrades_when_the_time_is_over(executor: Executor, released: Event) -> None:
    """A question that can be done without is late like others, once no time is left for them."""
    sources = Sources([Fake(SKY, hanging(released))], [executor], Clock(0.0, 10.0), expires_at=10.0)
    assert answers(sources, SPARE_RAIN) == late("sky")


@pytest.mark.parametrize("ask", [RAIN, SPARE_RAIN])
def test_a_late_answer_took_as_long_as_it_was_waited_for(
    executor: Executor, released: Event, ask: Ask
) -> None:
    """The time that was lost on a hanging adapter is in the trace, so that its step is found."""
    sources = Sources([Fake(SKY, hanging(released))], [executor], Clock(1.0, 3.0), expires_at=3.0)
    (answered,) = sources.fetch([ask])
    assert (answered.source, answered.took_s) == ("sky", 2.0)


def test_what_is_not_asked_took_no_time(executor: Executor) -> None:
    """Nothing was waited for where the time was over before."""
    sources = Sources([Fake(SKY)], [executor], Clock(10.0), expires_at=10.0)
    (answered,) = sources.fetch([RAIN])
    assert (answered.source, answered.took_s) == ("sky", 0.0)


def test_each_late_answer_names_its_system(executor: Executor, released: Event) -> None:
    """An adapter of several systems is late for each under the name of that system."""
    orchard = Fake({**ORCHARD, **SKY}, hanging(released))
    sources = Sources([orchard], [executor], Clock(0.0, 2.0), expires_at=10.0)
    assert answers(sources, SPARE_RAIN, SPARE_APPLES) == spared("sky", "fruit")


def test_a_hanging_adapter_holds_up_no_other(executor: Executor, released: Event) -> None:
    """What another adapter has answered in the meantime counts."""
    answered = Event()

    def answer(asks: Sequence[Ask]) -> Sequence[Answered]:
        answered.set()
        return echo(asks)

    def let_answer(read: int) -> None:
        if read > 1:  # all have been asked
            answered.wait(WAIT_S)

    clock = Clock(0.0, 2.0, when_read=let_answer)
    adapters = [Fake(SKY, hanging(released)), Fake(ORCHARD, answer)]
    sources = Sources(adapters, [executor], clock, 10.0, in_no_time)
    assert answers(sources, SPARE_RAIN, APPLES) == [*spared("sky"), Count("apples")]


def test_a_hanging_adapter_takes_no_threads_from_others(released: Event) -> None:
    """Where each adapter has threads of its own, one whose calls all hang starves no other."""
    sky = Fake(SKY, hanging(released))
    sky.split = one_by_one  # so that it wants many calls
    clock = Clock(0.0, 2.0)
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        sources = Sources([Fake(ORCHARD), sky], [other, one], clock, 100.0, in_no_time)
        found = answers(sources, *[SPARE_RAIN] * 3, APPLES)
        released.set()
    assert found == [*spared("sky", "sky", "sky"), Count("apples")]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_who_asks_in_which_threads(threads: int) -> None:
    """Each adapter asks in the threads of its number; with fewer, they go round."""
    names: dict[str, str] = {}

    def noting(name: str) -> Fetch:
        def fetch(asks: Sequence[Ask]) -> Sequence[Answered]:
            names[name] = current_thread().name.partition("_")[0]
            return echo(asks)

        return fetch

    with ExitStack() as closing:
        executors = [
            closing.enter_context(ThreadPoolExecutor(1, f"threads{number}"))
            for number in range(threads)
        ]
        adapters = [Fake(ORCHARD, noting("first")), Fake(SKY, noting("second"))]
        Sources(adapters, executors, Clock(0.0), 10.0, wait=patient).fetch([APPLES, RAIN])
    assert names == {"first": "threads0", "second": f"threads{1 % threads}"}


def test_waiting() -> None:
    """Waiting ends with the call, or after so many seconds."""
    ended: Call = Future()
    ended.set_result([])
    assert [wait_for(ended, None), wait_for(ended, 0.0), wait_for(Future(), 0.0)] == [
        True,
        True,
        False,
    ]


def test_without_an_end_an_answer_is_waited_for(executor: Executor) -> None:
    """Where no time is set, a question that cannot be done without is waited for."""
    sources = Sources([Fake(SKY)], [executor], Clock(0.0, inf))
    assert answers(sources, RAIN) == [Weather()]


def test_without_an_end_a_hanging_adapter_degrades(executor: Executor, released: Event) -> None:
    """Where no time is set, a question that can be done without still has its two seconds."""
    sources = Sources([Fake(SKY, hanging(released))], [executor], Clock(5.0, 7.0))
    assert answers(sources, SPARE_RAIN) == spared("sky")


def test_a_mixed_group_has_the_time_of_the_most_patient(
    executor: Executor, released: Event
) -> None:
    """An adapter asked both kinds may use all of the time, and then answers both."""

    def release(read: int) -> None:
        if read == 2:  # at 5 s, when it is waited for: too late for what can be done without
            released.set()

    clock = Clock(0.0, 5.0, when_read=release)
    adapters = [Fake(ORCHARD, hanging(released))]
    sources = Sources(adapters, [executor], clock, 10.0, wait=patient)
    assert answers(sources, SPARE_APPLES, PEARS) == [Count("apples"), Count("pears")]


def test_a_mixed_group_is_late_together(executor: Executor, released: Event) -> None:
    """An adapter asked both kinds that never answers is late for both: the time is over."""
    orchard = Fake(ORCHARD, hanging(released))
    sources = Sources([orchard], [executor], Clock(0.0, 10.0), expires_at=10.0)
    assert answers(sources, SPARE_APPLES, PEARS) == late("fruit", "fruit")


def test_what_found_no_thread_is_not_asked_later() -> None:
    """A question that no thread had time for is given up, and not asked after all."""
    released = Event()
    sky = Fake(SKY)
    with ThreadPoolExecutor(1) as thread:
        adapters = [Fake(ORCHARD, hanging(released)), sky]
        sources = Sources(adapters, [thread], Clock(0.0, 2.0), expires_at=10.0)
        assert answers(sources, SPARE_APPLES, SPARE_RAIN) == spared("fruit", "sky")
        released.set()
    assert sky.asked == []


# One question, several calls


class Divided(Fake):
    """An adapter that answers by two calls, and puts their answers together."""

    def __init__(self, *does: Callable[[], Sequence[Answered]]) -> None:
        super().__init__(ORCHARD)
        self._calls = does

    split = staticmethod(one_by_one)

    def parts(self, _asks: Sequence[Ask], /) -> Parts:
        """Divide whatever is asked."""
        return Parts(self._calls, lambda found: [Answered(sum(len(each) for each in found))])


def test_parts_are_called_at_the_same_time(executor: ThreadPoolExecutor) -> None:
    """The calls of one question run side by side, and are joined to its one answer."""
    barrier = Barrier(2, timeout=WAIT_S)

    def meet() -> Sequence[Answered]:
        barrier.wait()
        return [Answered(1)]

    sources = in_time([Divided(meet, meet)], executor)
    assert answers(sources, APPLES) == [2]


def test_a_part_that_hangs(executor: ThreadPoolExecutor, released: Event) -> None:
    """A question is late if one of its calls is, and joins nothing then."""

    def hang() -> Sequence[Answered]:
        released.wait(WAIT_S)
        return []

    sources = Sources(
        [Divided(list, hang)], [executor], Clock(0.0, 0.0, 10.0), expires_at=10.0, wait=in_no_time
    )
    assert answers(sources, APPLES) == late("fruit")


def test_a_part_that_raises(executor: ThreadPoolExecutor) -> None:
    """A call that raises is a failure of its adapter."""

    def fail() -> Sequence[Answered]:
        raise ValueError

    assert answers(in_time([Divided(list, fail)], executor), APPLES) == [
        repr(SourceFailed("Divided", "raised ValueError"))
    ]

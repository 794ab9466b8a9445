"""A run of the state machine on an emulator, and what came of it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, sleep
from typing import TypeVar

import attrs
from botocore.exceptions import HTTPClientError

from benchmarks.aws.front import Asked, front
from benchmarks.bulk.big_exports import (
    DISCO,
    OTHER,
    RUN_BEFORE,
    accounts,
    demand,
    fan_id,
    identities,
)
from benchmarks.event_on_aws import made_up
from benchmarks.event_on_aws.expected import expected_line
from deploy.package import SOURCES, WHEELS, package
from fanscore_adapters.documents.chunk import Chunk, chunk_name, chunks_of
from fanscore_adapters.items.operations import Item
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY
from tests.deploy.deployed import deployed
from tests.deploy.event_scoring import Call, Scoring, calls_in
from tests.deploy.flaky_function import KILLED

FoundT = TypeVar("FoundT")

RUN = "run"
POLL_S = 10.0
LEAST_FAILING = 6
"""The fewest calls of the function that fail on purpose, however few there are."""

ITEMS_AT_ONCE = 1_000
ANSWERS: Mapping[str, object] = {"/functions/": {"data": {"armScore": made_up.ARM_SCORE}}}


@attrs.frozen
class Plan:
    """What is done.

    Attributes:
        fans: how many there are.
        of_a_chunk: how many are in a chunk.
        failing: the share of calls that fails.
        killed_at: the share of chunks that have scores when the execution is killed; 1 for never.
        concurrency: chunks that are scored at the same time.
        made_up: whether the function makes up what is known of fans, and asks neither tables nor
            ARM.
        seed: of what fails.
    """

    fans: int
    of_a_chunk: int
    failing: float
    killed_at: float
    concurrency: int
    made_up: bool
    seed: int

    @property
    def chunks(self) -> Sequence[Chunk]:
        """The chunks."""
        fans = (GlobalUserId(fan_id(number)) for number in range(self.fans))
        return [*chunks_of(EventId(DISCO), fans, self.of_a_chunk)]

    def failing_calls(self, chunks: int) -> Mapping[str, Sequence[str]]:
        """Return the chunks whose first call fails, by when it does."""
        if not self.failing:
            return {}
        count = min(chunks, max(LEAST_FAILING, round(chunks * self.failing)))
        numbers = Random(self.seed).sample(range(chunks), count)  # no secret
        names = [chunk_name(number) for number in numbers]
        return {"before": names[::2], "after": names[1::2]}


@attrs.frozen
class Result:
    """What came of a run.

    Attributes:
        plan: what was done.
        chunks: how many there were.
        before_kill: how many had scores when the first execution was killed, and no call was
            under way any more.
        lost: fans who have no line.
        doubled: lines of fans who have one already.
        wrong: lines that say something else than is known of their fan.
        degraded: lines that say that a system gave no answer.
        calls: of the function.
        asked: calls of the function's own, through all attempts.
        questions: that were answered by what was made up, by type.
        took_s: by the clock on the wall, without setting it up.
    """

    plan: Plan
    chunks: int
    before_kill: int
    lost: int
    doubled: int
    wrong: int
    degraded: int
    calls: Sequence[Call]
    asked: Asked
    questions: Mapping[str, int]
    took_s: float

    @property
    def is_whole(self) -> bool:
        """Whether each fan is scored once, and right."""
        return not (self.lost or self.doubled or self.wrong)

    def as_text(self) -> str:
        """Draw it."""
        scored = [each for each in self.calls if each.ended in {"written", "after"}]
        ended = Counter(each.ended for each in self.calls)
        rows = [
            ("fans", self.plan.fans),
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("wrong", self.wrong),
            ("degraded", self.degraded),
            ("chunks", self.chunks),
            ("chunks with scores when it was killed", self.before_kill),
            ("calls of the function", len(self.calls)),
            *((f"  that ended: {how}", count) for how, count in sorted(ended.items())),
            *(
                (f"its own calls: {what}", count)
                for what, count in sorted(self.asked.calls.items())
            ),
            *((f"  {how}", count) for how, count in sorted(self.asked.faults.items())),
            *((f"questions: {what}", count) for what, count in sorted(self.questions.items())),
            ("seconds", round(self.took_s, 1)),
            ("CPU seconds of the function", round(sum(each.cpu_s for each in self.calls), 1)),
            ("  of a chunk, median", round(median(each.cpu_s for each in scored), 3)),
        ]
        return "\n".join(f"{name:42} {value:>12,}" for name, value in rows)


def measure(plan: Plan, folder: Path) -> Result:
    """Set everything up, run it, and look at every line.

    Args:
        plan: what is done.
        folder: for what is made on the way.
    """
    with _scoring(plan, folder) as (scoring, asked):
        started_at = perf_counter()
        before_kill = _first_execution(plan, scoring, folder) if plan.killed_at < 1 else 0
        _say("last execution")
        end = scoring.ended(scoring.start(RUN), _until)
        assert end["status"] == "SUCCEEDED", end
        took_s = perf_counter() - started_at
        _say("comparing")
        return _compared(plan, scoring, folder, asked(), before_kill, took_s)


@contextmanager
def _scoring(plan: Plan, folder: Path) -> Iterator[tuple[Scoring, Callable[[], Asked]]]:
    made = package(SOURCES, WHEELS / "x86_64")
    zipped = folder / "fanscore.zip"
    zipped.write_bytes(made.content)
    turned_on = {"ScoreEvents": "true", "ScoreEventConcurrency": str(plan.concurrency)}
    _say("deploying")
    with (
        deployed(zipped, folder, own=turned_on) as stack,
        front(stack.aws.url, 0.0, 0.0, ANSWERS, fails=plan.failing, seed=plan.seed) as before,
    ):
        scoring = Scoring(stack)
        _say("loading")
        for table, items in _items(plan):
            for some in _in_parts(each for each in items if _is_asked_for(each)):
                stack.tables.load({table: some})
        _say("loaded")
        chunks = plan.chunks
        scoring.put(RUN, chunks)
        failing = plan.failing_calls(len(chunks))
        environ = {"AWS_ENDPOINT_URL": before.url}
        work = Path(made_up.__file__) if plan.made_up else None
        scoring.fail_sometimes(folder, made.content, failing, environ, work)
        yield scoring, before.asked


def _first_execution(plan: Plan, scoring: Scoring, folder: Path) -> int:
    """Start an execution and kill it; return how many chunks have scores then."""
    _say("first execution")
    wanted = int(len(plan.chunks) * plan.killed_at)
    execution = scoring.start(RUN)
    _until(lambda: _done(scoring) >= wanted or scoring.causes(execution))
    scoring.stop(execution)
    (folder / KILLED).touch()
    _until(lambda: not scoring.is_under_way(execution))
    (folder / KILLED).unlink()
    _say(f"killed, since {causes[0]}" if (causes := scoring.causes(execution)) else "killed")
    return _done(scoring)


def _compared(  # the columns of a result
    plan: Plan, scoring: Scoring, folder: Path, asked: Asked, before_kill: int, took_s: float
) -> Result:
    numbers = {fan_id(number): number for number in range(plan.fans)}
    seen: Counter[str] = Counter()
    wrong = degraded = 0
    names = scoring.score_names(RUN)
    for name in names:
        for line in scoring.lines(RUN, name):
            fan = str(line["globalUserId"])
            seen[fan] += 1
            if line.get("degraded"):
                degraded += 1
            elif fan not in numbers or line != expected_line(numbers[fan], made_up=plan.made_up):
                wrong += 1
    return Result(
        plan,
        len(names),
        before_kill,
        len(numbers.keys() - seen.keys()),
        seen.total() - len(seen),
        wrong,
        degraded,
        calls_in(folder),
        asked,
        _questions(folder),
        took_s,
    )


def _questions(folder: Path) -> Mapping[str, int]:
    asked: Counter[str] = Counter()
    with suppress(FileNotFoundError), (folder / made_up.ASKED).open(encoding="utf-8") as lines:
        for line in lines:
            asked.update(json.loads(line))
    return asked


def _items(plan: Plan) -> Iterator[tuple[str, Iterable[Item]]]:
    if not plan.made_up:
        yield FAN_IDENTITY, identities(plan.fans)
        yield ACCOUNT_FANSCORE, accounts(plan.fans)
        yield DEMAND, demand(plan.fans)


def _is_asked_for(item: Item) -> bool:
    return not any(other in str(item["SK"]) for other in (RUN_BEFORE, OTHER))


def _in_parts(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    left = iter(items)
    while some := [*islice(left, ITEMS_AT_ONCE)]:
        yield some


def _until(look: Callable[[], FoundT]) -> FoundT:
    """Look again and again, however long it takes, and however long the emulator says nothing."""
    while True:
        with suppress(HTTPClientError):
            if found := look():
                return found
        sleep(POLL_S)


def _done(scoring: Scoring) -> int:
    """Return how many chunks have scores, and show it."""
    done = len(scoring.score_names(RUN))
    _say(f"{done} chunks have scores")
    return done


def _say(what: str) -> None:
    print(f"{perf_counter():10.1f} {what}", file=sys.stderr, flush=True)

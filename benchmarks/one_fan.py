"""One fan: how much is asked, how much is waited, and what the engine itself costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import attrs

from benchmarks.by_hand import score_asking_one_by_one
from benchmarks.fans import wired
from benchmarks.findings import Finding, Measure, Number
from benchmarks.timing import in_turns
from fanscore_adapters.adapter import Adapter, together
from fanscore_adapters.embedded.stand_ins import StandIns, default_sample
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_core.engine.question import Answered, Ask, Question, Source
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.rounds import run
from fanscore_core.engine.stubs import Answers
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, account_fanscore
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.scoring import AccountFanscore

LATENCY_S = 0.020


@attrs.frozen
class Late:
    """An adapter that takes its time for each fetch."""

    adapter: Adapter

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """What the adapter answers."""
        return self.adapter.systems

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask, later."""
        time.sleep(LATENCY_S)
        return self.adapter.fetch(asks)


def rounds_and_questions() -> list[Finding]:
    """Count what the user's own query asks of the embedded store with the sample data."""
    with _sample_adapters() as adapters, wired(*adapters) as source:
        outcome = run(account_fanscore, _user123(), source)
    assert outcome.result().score == 87
    return [
        Measure("one cold accountFanscore: rounds", 2, outcome.trace.rounds),
        Measure("one cold accountFanscore: questions", 7, outcome.trace.questions),
    ]


def waiting() -> list[Finding]:
    """Time a score whose sources all take their time, against one question after the other."""
    with _sample_adapters() as adapters, wired(*map(Late, adapters)) as source:
        ours_s, plain_s = in_turns(*_both_ways(source), repetitions=7, clock=time.perf_counter)
    return [
        Measure("every source takes 20 ms, against one question at a time", 0.35, ours_s / plain_s),
        Number("every source takes 20 ms: one score", ours_s * 1e3, "ms"),
        Number("every source takes 20 ms: one question at a time", plain_s * 1e3, "ms"),
    ]


def engine() -> list[Finding]:
    """Time a score from answers in memory, against a plain function that does the same."""
    ours_s, plain_s = in_turns(*_both_ways(known_answers()), repetitions=15, calls=500)
    return [
        Measure("engine with trace, against a plain function", 5.5, ours_s / plain_s),
        Number("answers in memory: one score through the engine", ours_s * 1e6, "µs"),
        Number("answers in memory: one score by a plain function", plain_s * 1e6, "µs"),
    ]


def _both_ways(source: Source) -> tuple[Callable[[], AccountFanscore], ...]:
    """Give two ways to score the fan that come to the same: the engine, and the plain function."""
    args = _user123()

    def ours() -> AccountFanscore:
        return run(account_fanscore, args, source).result()

    def plain() -> AccountFanscore:
        return score_asking_one_by_one(args, source)

    assert ours() == plain()
    return ours, plain


def known_answers() -> Answers:
    """Keep in memory what the sample answers to the user's query."""
    with _sample_adapters() as adapters, wired(*adapters) as source:
        recording = Recording(source)
        run(account_fanscore, _user123(), recording)
    return Answers(*((question, answered.answer) for question, answered in recording.kept))


@contextmanager
def _sample_adapters() -> Iterator[tuple[Adapter, ...]]:
    sample = default_sample()
    with SqliteTables(IN_MEMORY) as tables:
        for table, items in sample.tables.items():
            tables.load(table, items)
        yield Sqlite(tables), StandIns(sample)


def _user123() -> AccountFanscoreArgs:
    return AccountFanscoreArgs(DEFAULT_POLICY, GlobalUserId("user123"), EventId("evt456"))

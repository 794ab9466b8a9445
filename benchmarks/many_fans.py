"""Many fans of one event from a SQLite file: together, one by one, and in a plain loop."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import attrs

from benchmarks.batching_loop import score_in_batches
from benchmarks.by_hand import Score, score_by_same_statements, score_in_a_tuned_loop
from benchmarks.fans import EVENT, all_args, arm_score, fan_ids, stored, write
from benchmarks.findings import Finding, Measure, Number
from benchmarks.timing import in_turns
from fanscore_core import signals
from fanscore_core.engine.question import Answered, Ask, Source
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.rounds import CHUNK, run, run_many
from fanscore_core.engine.stubs import Answers
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.pipelines.account_scoring import account_fanscore
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.ports.demand import DiscoEventId
from fanscore_core.ports.fan_identity import BotOrNotCursor
from fanscore_core.scoring import AccountFanscore

Loop: TypeAlias = Callable[
    [
        sqlite3.Connection,
        Iterable[GlobalUserId],
        EventId,
        Callable[[GlobalUserId], Decimal],
    ],
    Iterator[Score],
]


@attrs.frozen
class Counting:
    """A source that passes questions on, and counts them by type."""

    source: Source
    asked: Counter[type] = attrs.field(factory=Counter)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask as the source behind does."""
        self.asked.update(type(ask.question) for ask in asks)
        return self.source.fetch(asks)


@contextmanager
def database(count: int) -> Iterator[Path]:
    """Make a database with that many fans, and remove it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fans.db"
        write(path, count)
        yield path


def scores(source: Source, count: int) -> Iterator[AccountFanscore]:
    """Score fans together; none is kept."""
    args = all_args(DEFAULT_POLICY, count)
    return (outcome.result() for outcome in run_many(account_fanscore, args, source))


def together(count: int = 1_000) -> list[Finding]:
    """Time fans scored together, against one by one; count what they share."""
    with database(count) as path, stored(path) as source:
        assert list(scores(source, count)) == list(_one_by_one(source, count))
        together_s, one_by_one_s = in_turns(
            lambda: _use_up(scores(source, count)),
            lambda: _use_up(_one_by_one(source, count)),
            repetitions=5,
        )
        counting = Counting(source)
        _use_up(scores(counting, count))
    chunks = count / CHUNK
    return [
        Measure("run_many of 1,000 fans, against run one by one", 0.7, together_s / one_by_one_s),
        Measure("event mapping asked, times a chunk", 1, counting.asked[DiscoEventId] / chunks),
        Measure("bot cursor asked, times a chunk", 1, counting.asked[BotOrNotCursor] / chunks),
        Number("1,000 fans together: each", together_s / count * 1e6, "µs"),
        Number("1,000 fans one by one: each", one_by_one_s / count * 1e6, "µs"),
    ]


def in_bulk(count: int = 10_000) -> list[Finding]:
    """Time fans scored together, against plain loops over the same rows."""
    with (
        database(count) as path,
        stored(path) as source,
        closing(sqlite3.connect(path)) as connection,
    ):
        ours_s, same_s, tuned_s = in_turns(
            lambda: _use_up(scores(source, count)),
            lambda: _use_up(_by_hand(score_by_same_statements, connection, count)),
            lambda: _use_up(_by_hand(score_in_a_tuned_loop, connection, count)),
            repetitions=5,
        )
        expected = [_plain(score) for score in scores(source, count)]
        for loop in (score_by_same_statements, score_in_a_tuned_loop):
            assert list(_by_hand(loop, connection, count)) == expected
    return [
        Measure("run_many of 10,000 fans, against the same SQL in a loop", 2.2, ours_s / same_s),
        Number("10,000 fans together", count / ours_s, "fans per second"),
        Number("10,000 fans by the same SQL in a loop", count / same_s, "fans per second"),
        Number("10,000 fans in a hand-tuned loop", count / tuned_s, "fans per second"),
        Number("together, against the hand-tuned loop", ours_s / tuned_s, "times its time"),
    ]


def in_memory(count: int = 1_000) -> list[Finding]:
    """Time fans scored together from answers in memory, against a loop that batches by hand."""
    with database(count) as path, stored(path) as source:
        recording = Recording(source)
        expected = list(scores(recording, count))
    answers = Answers(*((question, answered.answer) for question, answered in recording.kept))
    args = list(all_args(DEFAULT_POLICY, count))
    assert list(score_in_batches(args, answers)) == expected
    ours_s, loop_s = in_turns(
        lambda: _use_up(each.result() for each in run_many(account_fanscore, args, answers)),
        lambda: _use_up(score_in_batches(args, answers)),
        repetitions=15,
    )
    return [
        Measure("run_many in memory, against a batching loop", 3.2, ours_s / loop_s),
        Number("run_many in memory: each fan", ours_s / count * 1e6, "µs"),
        Number("a batching loop in memory: each fan", loop_s / count * 1e6, "µs"),
    ]


def _by_hand(loop: Loop, connection: sqlite3.Connection, count: int) -> Iterator[Score]:
    return loop(connection, fan_ids(count), EVENT, arm_score)


def _one_by_one(source: Source, count: int) -> Iterator[AccountFanscore]:
    for args in all_args(DEFAULT_POLICY, count):
        yield run(account_fanscore, args, source).result()


def _plain(fanscore: AccountFanscore) -> Score:
    boosts = fanscore.boosts
    return Score(
        fanscore.score, fanscore.raw_score, *(boosts[signal] for signal in signals.SIGNALS)
    )


def _use_up(produced: Iterator[object]) -> None:
    for _ in produced:
        pass

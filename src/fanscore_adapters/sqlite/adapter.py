"""The adapter that answers questions to tables from SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter

import attrs

from fanscore_adapters.adapter import together
from fanscore_adapters.backoff import pause
from fanscore_adapters.items.operations import (
    Item,
    Operations,
    Refused,
    Write,
)
from fanscore_adapters.items.tables import OPERATIONS
from fanscore_adapters.sqlite.connection import (
    unavailable,
)
from fanscore_adapters.sqlite.tables import ConditionFailedError, SqliteTables, item_of
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.errors import InvalidInput, SourceFailed, Unavailable


@attrs.frozen
class Sqlite:
    """The adapter that answers the questions to tables from SQLite.

    Attributes:
        tables: the tables.
        operations: what is asked of them.
    """

    tables: SqliteTables
    operations: Operations = attrs.field(default=OPERATIONS, repr=False)

    @property
    def systems(self) -> Mapping[type[Question[object]], str]:
        """The table behind each question."""
        return self.operations.systems

    split = staticmethod(together)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask, with one statement for each page, table and kind of read."""
        answers: dict[int, Answered] = {}
        groups: dict[tuple[str, bool], list[int]] = {}
        for index, ask in enumerate(asks):
            kind = type(ask.question)
            if kind in self.operations.writes:
                answers[index] = self._perform(ask.question)
                continue
            part = self.operations.prefix_reads.get(kind)
            if part is not None and (part.newest or part.limit is not None):
                read_part = self._last if part.newest else self._page
                [answers[index]] = _timed(read_part, part.table, [ask.question])
                continue
            is_lookup = kind in self.operations.lookups
            groups.setdefault((self.systems[kind], is_lookup), []).append(index)
        for (table, is_lookup), indexes in groups.items():
            questions = [asks[index].question for index in indexes]
            read = self._look_up if is_lookup else self._begins_with
            answers.update(zip(indexes, _timed(read, table, questions), strict=True))
        return [answers[index] for index in range(len(asks))]

    def _perform(self, effect: Question[object]) -> Answered:
        write = self.operations.writes[type(effect)]
        pause(write.attempt(effect))
        started_at = perf_counter()
        try:
            answer = self._write(write, effect)
        except sqlite3.Error as error:
            answer = unavailable(write.table, error)
        except InvalidInput as error:
            answer = Unavailable(write.table, f"malformed item: {error}")
        except Exception as error:  # noqa: BLE001  # a mistake in one row
            answer = _broken(effect, error)
        return Answered(answer, write.table, perf_counter() - started_at)

    def _write(self, write: Write, effect: Question[object]) -> object:
        try:
            self.tables.put_all(write.table, write.puts(effect))
        except ConditionFailedError as failed:
            return write.make(effect, Refused(failed.stored))
        return write.make(effect, None)

    def _look_up(self, table: str, questions: Sequence[Question[object]]) -> list[object]:
        reads = [self.operations.lookups[type(question)] for question in questions]
        keys = [read.key(question) for read, question in zip(reads, questions, strict=True)]
        texts = self.tables.look_up(table, keys)
        return [read.answer(text, _optional_item) for read, text in zip(reads, texts, strict=True)]

    def _begins_with(self, table: str, questions: Sequence[Question[object]]) -> list[object]:
        reads = [self.operations.prefix_reads[type(question)] for question in questions]
        keys = [read.keys(question) for read, question in zip(reads, questions, strict=True)]
        found = iter(self.tables.begins_with(table, [key for each in keys for key in each]))
        texts = [[text for _ in each for text in next(found)] for each in keys]
        return [read.answer(each, _items) for read, each in zip(reads, texts, strict=True)]

    def _last(self, table: str, questions: Sequence[Question[object]]) -> list[object]:
        (question,) = questions
        read = self.operations.prefix_reads[type(question)]
        return [read.answer(self.tables.last(table, read.key(question)), _items)]

    def _page(self, table: str, questions: Sequence[Question[object]]) -> list[object]:
        (question,) = questions
        read = self.operations.prefix_reads[type(question)]
        texts, rest = self.tables.page(table, read.key(question), read.page_range(question))
        return [read.answer_page(texts, _items, rest)]


def _timed(
    read: Callable[[str, Sequence[Question[object]]], list[object]],
    table: str,
    questions: Sequence[Question[object]],
) -> list[Answered]:
    """Read, and say how long it took; what SQLite cannot do is ``Unavailable``.

    One's own function that makes a key may raise: then each question is asked apart, so that it
    spoils no other.
    """
    started_at = perf_counter()
    answers: list[object]
    try:
        answers = read(table, questions)
    except sqlite3.Error as error:
        answers = [unavailable(table, error)] * len(questions)
    except Exception as error:  # noqa: BLE001  # a mistake in one row
        if len(questions) > 1:
            return [each for one in questions for each in _timed(read, table, [one])]
        answers = [_broken(questions[0], error)]
    took_s = perf_counter() - started_at
    return [Answered(answer, table, took_s) for answer in answers]


def _broken(question: Question[object], error: Exception) -> SourceFailed:
    """Return what a mistake in the row of a question answers it with."""
    failed = SourceFailed(type(question).__name__, f"raised {type(error).__name__}")
    failed.__cause__ = error
    return failed


def _optional_item(text: str | None) -> Item | None:
    return None if text is None else item_of(text)


def _items(texts: Sequence[str]) -> Sequence[Item]:
    return [item_of(text) for text in texts]

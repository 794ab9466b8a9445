"""Where tests register demand: the resolver on the embedded store, with a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import cast

import attrs

from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_adapters.embedded.stand_ins import StandIns, default_sample
from fanscore_adapters.items import keys
from fanscore_adapters.items.operations import Item
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.app import App
from fanscore_appsync.testing import unchecked_event, user
from fanscore_core.engine.question import Answered, Ask, Question
from fanscore_core.engine.trace import TracedQuestion
from fanscore_core.ids import EventId, GlobalUserId, RequestId
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.ports.demand_records import PutDemandRecord
from tests.demand_samples import FAN, at

TIME_LEFT_S = 30.0
POLICY = DEFAULT_POLICY
SAMPLE = default_sample()
HEADERS: Mapping[str, object] = {"authorization": "Bearer token"}


@attrs.frozen
class Counter:
    """A source that passes questions on one by one, and lets rivals in before each write.

    Nobody is waited for between attempts: a rival is there when it is wanted.

    Attributes:
        adapters: the first that knows a question answers it.
        rivals: what happens before the next writes, one each.
        lose_replies: the numbers of the coming writes whose reply is lost: they are made, then
            made again, as an SDK does.
        attempts: the attempts of the writes so far.
    """

    adapters: tuple[Sqlite | StandIns, ...]
    rivals: list[Callable[[], object]] = attrs.field(factory=list)
    lose_replies: list[bool] = attrs.field(factory=list)
    attempts: list[int] = attrs.field(factory=list)

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        return [self._answer(ask.question) for ask in asks]

    def _answer(self, question: Question[object]) -> Answered:
        if not isinstance(question, PutDemandRecord):
            return self._pass_on(question)
        self.attempts.append(question.attempt)
        if self.rivals:
            self.rivals.pop(0)()
        at_once = cast("Question[object]", attrs.evolve(question, attempt=0))
        if self.lose_replies and self.lose_replies.pop(0):
            self._pass_on(at_once)
        return self._pass_on(at_once)

    def _pass_on(self, question: Question[object]) -> Answered:
        for adapter in self.adapters:
            if type(question) in adapter.systems:
                return adapter.fetch([Ask(question)])[0]
        raise AssertionError(question)


@attrs.define
class DemandDesk:
    """The resolver, its store and its clock.

    Attributes:
        tables: the store.
        source: answers the resolver's questions.
        now: the time.
        asked: what the last call asked.
    """

    tables: SqliteTables
    source: Counter
    now: datetime = attrs.field(factory=lambda: at(0))
    asked: tuple[TracedQuestion, ...] = ()
    _minted: Iterator[int] = attrs.field(factory=count)

    @property
    def app(self) -> App:
        """The resolver."""
        return App(lambda _: self.source, _fail, lambda: self.now, self._mint, POLICY)

    def call(
        self,
        field: str,
        arguments: Mapping[str, object],
        identity: Mapping[str, object] | None = None,
    ) -> object:
        """Give the answer, in its envelope, to a fan who calls a field."""
        event = unchecked_event(
            field, arguments, identity or user(FAN), headers=HEADERS, envelope=True
        )
        answer = self.app.answer(event, TIME_LEFT_S)
        self.asked = answer.outcome.trace.asked if answer.outcome else ()
        return answer.response

    def save(self, given: Mapping[str, object]) -> object:
        """Save."""
        return self.call("Mutation.demandRecordSave", {"input": given})

    def delete(self, given: Mapping[str, object]) -> object:
        """Delete."""
        return self.call("Mutation.demandRecordDelete", {"input": given})

    def records(self, event: str | None = None) -> object:
        """Give the fan's records, of which there are few enough for one page."""
        answer = self.call("Demand.records", {} if event is None else {"eventId": event})
        match answer:
            case {"data": {"items": list(items), "nextToken": None}}:
                return {"data": items}
            case _:
                return answer

    def stored(self, event: str, sale: str, fan: GlobalUserId = FAN) -> Item | None:
        """Give what lies under a record's key."""
        key = keys.demand_record(fan, EventId(event), sale)
        [text] = self.tables.look_up("demand_table", [key])
        return None if text is None else cast("Item", parse_stored_json(text))

    def rival(self) -> DemandDesk:
        """Open another desk on the same store, before which nothing happens."""
        return attrs.evolve(self, source=Counter(self.source.adapters))

    def _mint(self) -> RequestId:
        return RequestId(f"minted-{next(self._minted)}")


@contextmanager
def demand_desk(*outages: str) -> Iterator[DemandDesk]:
    """Open a desk with an empty store; services that work answer from the sample."""
    with SqliteTables(IN_MEMORY) as tables:
        services = StandIns(SAMPLE, frozenset(outages))
        yield DemandDesk(tables, Counter((Sqlite(tables), services)))


def _fail(error: Exception) -> str:
    raise error

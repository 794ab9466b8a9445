"""The whole system on the embedded backend, with a clock of its own and nothing in background."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import attrs

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.embedded.event_bus import EventBus, Recorder
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.embedded.idv_function import IdvFunction
from fanscore_adapters.embedded.stand_in_vendor import StandInVendor
from fanscore_adapters.embedded.stand_ins import Sample, StandIns, default_sample
from fanscore_adapters.sources import Sources
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.api import API, Api
from fanscore_appsync.app import App
from fanscore_appsync.consumer_app import ConsumerApp
from fanscore_appsync.idv_app import IdvApp
from fanscore_appsync.receipts import ReceiptKeeper
from fanscore_appsync.report import report
from fanscore_core.consumer_mark import Consumer
from fanscore_core.engine.question import Answered, Ask, Question, Source
from fanscore_core.ids import RequestId
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from tests.demand_samples import START
from tests.e2e.lambda_runtime import told
from tests.patience import patient, standing

TIME_LEFT_S = 30.0
KEPT_FOR = timedelta(days=180)
POLICY = DEFAULT_POLICY
SAMPLE = default_sample()
ENDPOINTS = frozenset({"notification_endpoint", "sync_endpoint"})


@attrs.frozen
class Watched:
    """A source that keeps what it is asked, and may answer some questions otherwise.

    Attributes:
        source: answers the others.
        asked: the questions, in order.
        instead: what to answer questions of some types with; an exception in a tuple is raised.
    """

    source: Source
    asked: list[Question[object]]
    instead: Mapping[type, object]

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer every ask."""
        self.asked.extend(ask.question for ask in asks)
        answers = [
            None if type(ask.question) in self.instead else self.source.fetch([ask])[0]
            for ask in asks
        ]
        return [
            Answered(self._other(ask), "instead") if answer is None else answer
            for ask, answer in zip(asks, answers, strict=True)
        ]

    def _other(self, ask: Ask) -> object:
        match self.instead[type(ask.question)]:
            case (Exception() as error,):
                raise error
            case answer:
                return answer


@attrs.define
class LocalSystem:
    """The resolver, the identity verification function, the consumers and the bus.

    Attributes:
        tables: the four tables.
        events: the tables of the bus; what is posted is recorded there.
        executor: where the sources ask.
        sample: what the services answer.
        outages: the services that give no answer.
        now: what every clock tells.
        asked: what was asked so far, by whomever.
        instead: what questions of some types are answered with.
        post: answers what is posted, if not the recorder.
        api: that the resolver answers for.
        shadow: a policy that decides for the log alone.
        lines: is given the lines of decisions, whose receipts are stored as well; ``None`` to keep
            no receipts.
    """

    tables: SqliteTables
    events: EventStore
    executor: ThreadPoolExecutor
    sample: Sample = SAMPLE
    outages: frozenset[str] = frozenset()
    now: datetime = START
    asked: list[Question[object]] = attrs.field(factory=list)
    instead: Mapping[type, object] = attrs.field(factory=dict)
    post: Adapter | None = None
    api: Api = API
    shadow: ScorePolicy | None = None
    lines: list[str] | None = None
    _minted: Iterator[int] = attrs.field(factory=count)

    @property
    def app(self) -> App:
        """The resolver."""
        adapters = (
            Sqlite(self.tables),
            StandIns(self.sample, self.outages),
            IdvFunction(partial(self.idv.answer, time_left_s=TIME_LEFT_S), self.outages),
            self.bus,
        )
        source = self._sources(adapters)
        app = App(source, report, self._clock, self._mint, POLICY, self.api, shadow=self.shadow)
        if self.lines is None:
            return app
        keeper = ReceiptKeeper("1.2.3", report, KEPT_FOR, source, self.lines.append)
        return attrs.evolve(app, keeper=keeper)

    @property
    def idv(self) -> IdvApp:
        """The identity verification function."""
        return IdvApp(self._sources((Sqlite(self.tables), StandInVendor())), report, self._clock)

    @property
    def consumers(self) -> ConsumerApp:
        """The consumers."""
        recorder = Recorder(self.events, ENDPOINTS, self._clock, self.outages)
        adapters = (Sqlite(self.tables), self.post or recorder)
        return ConsumerApp(self._sources(adapters), report, self._clock, self._mint)

    @property
    def bus(self) -> EventBus:
        """The bus; it delivers when it is told to."""
        consumers: Mapping[str, Callable[[object], object]] = {
            consumer.value: partial(self.consumers.consume, consumer, time_left_s=TIME_LEFT_S)
            for consumer in Consumer
        }
        return EventBus(self.events, consumers, self._clock, report)

    def answer(self, event: object, time_left_s: float = TIME_LEFT_S) -> object:
        """Give what AppSync learns of an event's answer."""
        return told(lambda: self.app.answer(event, time_left_s).response)

    def _sources(self, adapters: Sequence[Adapter]) -> Callable[[float], Source]:
        def source(time_left_s: float) -> Source:
            sources = Sources(adapters, [self.executor], standing, time_left_s, patient)
            return Watched(sources, self.asked, self.instead)

        return source

    def _clock(self) -> datetime:
        return self.now

    def _mint(self) -> RequestId:
        return RequestId(f"minted-{next(self._minted)}")


@contextmanager
def local_system(sample: Sample = SAMPLE, *outages: str) -> Iterator[LocalSystem]:
    """Set a system up with what a sample holds."""
    with (
        SqliteTables(IN_MEMORY) as tables,
        EventStore(IN_MEMORY) as events,
        ThreadPoolExecutor(4) as executor,
    ):
        for table, items in sample.tables.items():
            tables.load(table, items)
        yield LocalSystem(tables, events, executor, sample, frozenset(outages))

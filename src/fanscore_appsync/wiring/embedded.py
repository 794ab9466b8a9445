"""From settings to what runs on one machine: SQLite, stand-ins, the local bus.

Imported only where that is the backend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from functools import partial
from time import monotonic
from typing import ParamSpec, TypeVar

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.documents.idv import IDV_CALLS
from fanscore_adapters.documents.proxies import SYSTEMS
from fanscore_adapters.embedded.event_bus import EventBus, Recorder
from fanscore_adapters.embedded.event_store import EventStore, Undelivered
from fanscore_adapters.embedded.idv_function import IdvFunction
from fanscore_adapters.embedded.stand_in_vendor import StandInVendor
from fanscore_adapters.embedded.stand_ins import Sample, StandIns, default_sample, parse_sample
from fanscore_adapters.embedded.sweeper import Sweeper
from fanscore_adapters.sources import Sources
from fanscore_adapters.sqlite.adapter import IN_MEMORY, Access, Sqlite, SqliteTables
from fanscore_appsync.consumer_app import DELIVERY_S, ConsumerApp
from fanscore_appsync.idv_app import CALL_S, IdvApp
from fanscore_appsync.lambda_context import time_left_s
from fanscore_appsync.report import report
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.parts import (
    check_posting,
    endpoint_urls,
    mint,
    now,
    parsed_file,
    source_maker,
    webhooks,
)
from fanscore_core.consumer_mark import Consumer
from fanscore_core.engine.question import Source
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import NOTIFICATION_ENDPOINT, SYNC_ENDPOINT

P = ParamSpec("P")
T = TypeVar("T")
SERVICES = frozenset(
    {
        *SYSTEMS.values(),
        *(call.service for call in IDV_CALLS.values()),
        NOTIFICATION_ENDPOINT,
        SYNC_ENDPOINT,
    }
)
"""What can be declared out of order."""


CONSUMER_S = time_left_s(None, DELIVERY_S)
"""What a delivery within the process may take."""


class AtOnce(Executor):
    """Calls in the thread that asks.

    A delivery has a thread of its own already, which ends before the program does. Threads of a
    pool would refuse work from the moment on that the program begins to end.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call at once, and return the finished future."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # raised where the result is asked for
            future.set_exception(error)
        return future


def resolver_adapters(
    settings: Settings, closing: ExitStack, linger_s: float = 0.0
) -> Sequence[Adapter]:
    """Return what answers the resolvers.

    Args:
        settings: of all.
        closing: is given what to close in the end.
        linger_s: how long closing waits for the delivery of what was published.

    Raises:
        InvalidInput: the sample, the outages or the database cannot be used.
    """
    sample = _sample(settings.sample)
    _check_outages(settings.outages)
    check_posting(settings)
    tables = _tables(settings, closing)
    if settings.database == IN_MEMORY:
        _load(tables, sample)
    idv = _idv_on(tables, closing)
    events = _events(settings, closing)
    consumer_s = min(CONSUMER_S, linger_s or CONSUMER_S)
    bus = _bus_on(tables, events, settings, closing, consumer_s)
    closing.callback(bus.close, linger_s)
    bus.deliver_in_background()
    closing.enter_context(Sweeper(tables, events, now, report))
    return (
        Sqlite(tables),
        StandIns(sample, settings.outages),
        IdvFunction(lambda payload: idv.answer(payload, CALL_S), settings.outages),
        bus,
    )


def reader_adapters(settings: Settings, closing: ExitStack) -> Sequence[Adapter]:
    """Return what answers the resolvers that only read; the file and its folder stay as they are.

    Raises:
        InvalidInput: as ``resolver_adapters``.
    """
    sample = _sample(settings.sample)
    _check_outages(settings.outages)
    if settings.database == IN_MEMORY:
        tables = _tables(settings, closing)
        _load(tables, sample)
    else:
        tables = closing.enter_context(SqliteTables(settings.database, Access.READ))
    return (Sqlite(tables), StandIns(sample, settings.outages))


def connect_idv(settings: Settings, closing: ExitStack) -> IdvApp:
    """Wire the identity verification function.

    Raises:
        InvalidInput: the database cannot be used.
    """
    return _idv_on(_tables(settings, closing), closing)


def connect_consumers(settings: Settings, closing: ExitStack) -> ConsumerApp:
    """Wire the consumers of user events.

    Raises:
        InvalidInput: the outages or the database cannot be used.
    """
    _check_outages(settings.outages)
    check_posting(settings)
    events = _events(settings, closing)
    tables = _tables(settings, closing)
    adapters = _consumer_adapters(tables, events, settings, closing)
    return ConsumerApp(source_maker(adapters, closing), report, now, mint)


@contextmanager
def connect_bus(settings: Settings) -> Iterator[EventBus]:
    """Wire the local event bus with its consumers, and close it all in the end.

    It delivers once it is started.

    Raises:
        InvalidInput: as ``connect_consumers``.
    """
    _check_outages(settings.outages)
    with ExitStack() as closing:
        tables, events = _tables(settings, closing), _events(settings, closing)
        yield closing.enter_context(_bus_on(tables, events, settings, closing))


def undelivered(settings: Settings) -> Sequence[Undelivered]:
    """Return what the local bus has not delivered; the file and its folder stay as they are.

    Raises:
        InvalidInput: the database cannot be used.
    """
    with EventStore(settings.database, Access.READ) as events:
        return events.undelivered()


def write_sample(settings: Settings) -> int:
    """Write the sample's items into the database, over what is there; give their number.

    Raises:
        InvalidInput: the sample or the database cannot be used.
    """
    sample = _sample(settings.sample)
    with SqliteTables(settings.database) as tables:
        return _load(tables, sample)


def _tables(settings: Settings, closing: ExitStack) -> SqliteTables:
    return closing.enter_context(SqliteTables(settings.database))


def _events(settings: Settings, closing: ExitStack) -> EventStore:
    return closing.enter_context(EventStore(settings.database))


def _idv_on(tables: SqliteTables, closing: ExitStack) -> IdvApp:
    return IdvApp(source_maker((Sqlite(tables), StandInVendor()), closing), report, now)


def _bus_on(
    tables: SqliteTables,
    events: EventStore,
    settings: Settings,
    closing: ExitStack,
    consumer_s: float = CONSUMER_S,
) -> EventBus:
    adapters = _consumer_adapters(tables, events, settings, closing)
    executors = [AtOnce()]

    def source(time_left_s: float) -> Source:
        return Sources(adapters, executors, monotonic, monotonic() + time_left_s)

    app = ConsumerApp(source, report, now, mint)
    consumers = {
        consumer.value: partial(app.consume, consumer, time_left_s=consumer_s)
        for consumer in Consumer
    }
    return EventBus(events, consumers, now, report)


def _consumer_adapters(
    tables: SqliteTables, events: EventStore, settings: Settings, closing: ExitStack
) -> Sequence[Adapter]:
    urls = endpoint_urls(settings)
    recorded = frozenset({NOTIFICATION_ENDPOINT, SYNC_ENDPOINT} - urls.keys())
    recorder = Recorder(events, recorded, now, settings.outages)
    posts = [webhooks(urls, closing)] if urls else []
    return (Sqlite(tables), recorder, *posts)


def _check_outages(outages: frozenset[str]) -> None:
    if not outages <= SERVICES:
        raise InvalidInput("FANSCORE_OUTAGES", f"expected some of {', '.join(sorted(SERVICES))}")


def _load(tables: SqliteTables, sample: Sample) -> int:
    tables.load_all(sample.tables)
    return sum(map(len, sample.tables.values()))


def _sample(path: str | None) -> Sample:
    if path is None:
        return default_sample()
    return parsed_file(path, "FANSCORE_SAMPLE", parse_sample)

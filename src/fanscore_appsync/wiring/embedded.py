"""From settings to what runs on one machine: SQLite, stand-ins, the local bus.

Imported only where that is the backend.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from functools import partial
from time import monotonic
from typing import ParamSpec, TypeVar

import attrs

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.embedded.deliveries import Undelivered
from fanscore_adapters.embedded.event_archive import EventChoice, PublishedEvent
from fanscore_adapters.embedded.event_bus import EventBus, Recorder
from fanscore_adapters.embedded.event_desk import EventDesk
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.embedded.idv_function import IdvFunction
from fanscore_adapters.embedded.stand_in_vendor import StandInVendor
from fanscore_adapters.embedded.stand_ins import Case, Sample, StandIns, parse_sample
from fanscore_adapters.embedded.stored_fans import StoredFans
from fanscore_adapters.embedded.sweeper import Sweeper
from fanscore_adapters.lazy import LazyAdapter
from fanscore_adapters.sources import Sources
from fanscore_adapters.sqlite.adapter import Sqlite
from fanscore_adapters.sqlite.connection import IN_MEMORY, Access
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.api import API, Api
from fanscore_appsync.connectors import Resources
from fanscore_appsync.consumer_app import DELIVERY_S, ConsumerApp
from fanscore_appsync.idv_app import CALL_S, IdvApp
from fanscore_appsync.lambda_context import time_left_s
from fanscore_appsync.report import report
from fanscore_appsync.settings import Settings
from fanscore_appsync.wiring.parts import (
    api_of,
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
ENDPOINTS = frozenset({NOTIFICATION_ENDPOINT, SYNC_ENDPOINT})

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


@attrs.frozen
class Embedded:
    """What answers the resolvers on one machine, and what an operator there looks into.

    Attributes:
        adapters: answer the resolvers.
        fans: finds fans.
        desk: handles events.
    """

    adapters: Sequence[Adapter]
    fans: StoredFans
    desk: EventDesk


def outage_names(api: Api) -> frozenset[str]:
    """Return what can be declared out of order."""
    return api.services | ENDPOINTS


def connect_embedded(
    settings: Settings, api: Api, closing: ExitStack, linger_s: float = 0.0
) -> Embedded:
    """Wire what answers the resolvers.

    Args:
        settings: of all.
        api: what is asked.
        closing: is given what to close in the end.
        linger_s: how long closing waits for the delivery of what was published.

    Raises:
        InvalidInput: the sample, the outages or the database cannot be used.
    """
    samples = _samples(settings, api)
    _check_outages(settings.outages, api)
    check_posting(settings)
    tables = _tables(settings, closing, api)
    if settings.database == IN_MEMORY:
        _load(tables, samples)
    idv = _idv_on(tables, closing)
    events = _events(settings, closing)
    consumer_s = min(CONSUMER_S, linger_s or CONSUMER_S)
    bus = _bus_on(tables, events, settings, closing, consumer_s)
    closing.callback(bus.close, linger_s)
    bus.deliver_in_background()
    closing.enter_context(Sweeper(tables, events, now, report))
    adapters: Sequence[Adapter] = (
        Sqlite(tables, api.operations),
        StandIns(_all_cases(samples), settings.outages, api.stand_in_calls),
        IdvFunction(lambda payload: idv.answer(payload, CALL_S), settings.outages),
        bus,
        *_connected(settings, api, closing),
    )
    return Embedded(adapters, StoredFans(tables, api.tables), EventDesk(events, bus, now, mint))


def reader_adapters(settings: Settings, api: Api, closing: ExitStack) -> Sequence[Adapter]:
    """Return what answers the resolvers that only read; the file and its folder stay as they are.

    Raises:
        InvalidInput: as ``connect_embedded``.
    """
    services = stand_ins(settings, api)
    if settings.database == IN_MEMORY:
        tables = _tables(settings, closing, api)
        _load(tables, _samples(settings, api))
    else:
        tables = _read_only(settings, api, closing)
    return (
        Sqlite(tables, api.operations),
        services,
        *_connected(settings, api, closing),
    )


def stand_ins(settings: Settings, api: Api) -> StandIns:
    """Return what answers for the services.

    Raises:
        InvalidInput: the sample or the outages cannot be used.
    """
    _check_outages(settings.outages, api)
    return StandIns(_all_cases(_samples(settings, api)), settings.outages, api.stand_in_calls)


def table_reader(settings: Settings, api: Api, closing: ExitStack) -> Adapter:
    """Return what answers the questions to tables, and no others; the file stays as it is.

    Raises:
        InvalidInput: the database cannot be used.
    """
    return Sqlite(_read_only(settings, api, closing), api.operations)


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
    _check_outages(settings.outages, api_of(settings))
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
    _check_outages(settings.outages, api_of(settings))
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


def published(settings: Settings, choice: EventChoice) -> Iterator[PublishedEvent]:
    """Read what was published on the local bus; the file and its folder stay as they are.

    Raises:
        InvalidInput: the database cannot be used.
    """
    with EventStore(settings.database, Access.READ) as events:
        yield from events.published(choice)


def write_sample(settings: Settings, api: Api = API) -> int:
    """Write the sample's items into the database, over what is there; return how many.

    Raises:
        InvalidInput: the sample or the database cannot be used.
    """
    samples = _samples(settings, api)
    with SqliteTables(settings.database, own=api.own_tables) as tables:
        return _load(tables, samples)


def _tables(settings: Settings, closing: ExitStack, api: Api = API) -> SqliteTables:
    return closing.enter_context(SqliteTables(settings.database, own=api.own_tables))


def _read_only(settings: Settings, api: Api, closing: ExitStack) -> SqliteTables:
    tables = SqliteTables(settings.database, Access.READ, own=api.own_tables)
    return closing.enter_context(tables)


def _connected(settings: Settings, api: Api, closing: ExitStack) -> Iterator[Adapter]:
    """Make the adapters of one's own that no stand-in answers for."""
    resources = Resources(settings, os.environ, closing)
    for connector in api.connectors:
        stood_in_for = {call.question for call in connector.stand_in}
        systems = {
            asked: name for asked, name in connector.systems.items() if asked not in stood_in_for
        }
        if systems:
            connector.check(os.environ)
            yield LazyAdapter(systems, partial(connector.make, resources), connector.split)


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


def _check_outages(outages: frozenset[str], api: Api) -> None:
    known = outage_names(api)
    if not outages <= known:
        raise InvalidInput("FANSCORE_OUTAGES", f"expected some of {', '.join(sorted(known))}")


def _load(tables: SqliteTables, samples: Sequence[Sample]) -> int:
    for each in samples:
        tables.load_all(each.tables)
    return sum(len(items) for each in samples for items in each.tables.values())


def _all_cases(samples: Sequence[Sample]) -> Sample:
    """Put the cases of samples together; those of the later come first."""
    cases: dict[str, list[Case]] = {}
    for each in reversed(samples):
        for service, more in each.services.items():
            cases.setdefault(service, []).extend(more)
    return Sample({}, cases)


def _samples(settings: Settings, api: Api) -> Sequence[Sample]:
    """Return what the stand-ins answer from: the API's samples, or the file instead of ours.

    The later ones come first where two say something of the same: the file that was named.
    """
    tables = [each.name for each in api.tables]
    services = {call.service for call in api.stand_in_calls.values()}

    def parse(text: str) -> Sample:
        return parse_sample(text, tables, services)

    if settings.sample is None:
        return [*map(parse, api.sample_texts())]
    own = api.sample_texts()[len(API.samples) :]
    return [*map(parse, own), parsed_file(settings.sample, "FANSCORE_SAMPLE", parse)]

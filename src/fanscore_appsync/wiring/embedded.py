"""From settings to what runs on one machine: SQLite, stand-ins, the local bus.

Imported only where that is the backend.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.documents.idv import IDV_CALLS
from fanscore_adapters.documents.proxies import SYSTEMS
from fanscore_adapters.embedded.event_bus import EventBus, Recorder
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.embedded.idv_function import IdvFunction
from fanscore_adapters.embedded.stand_in_vendor import StandInVendor
from fanscore_adapters.embedded.stand_ins import Sample, StandIns, default_sample, parse_sample
from fanscore_adapters.sqlite.adapter import IN_MEMORY, Sqlite, SqliteTables
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
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import NOTIFICATION_ENDPOINT, SYNC_ENDPOINT

SERVICES = frozenset(
    {
        *SYSTEMS.values(),
        *(call.service for call in IDV_CALLS.values()),
        NOTIFICATION_ENDPOINT,
        SYNC_ENDPOINT,
    }
)
"""What can be declared out of order."""


def resolver_adapters(settings: Settings, closing: ExitStack) -> Sequence[Adapter]:
    """Give what answers the resolvers.

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
    bus = _bus_on(tables, settings, closing)
    closing.callback(bus.close)
    bus.deliver_in_background()
    return (
        Sqlite(tables),
        StandIns(sample, settings.outages),
        IdvFunction(lambda payload: idv.answer(payload, CALL_S), settings.outages),
        bus,
    )


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
    events = EventStore(settings.database)
    closing.callback(events.close)
    return _consumers_on(_tables(settings, closing), events, settings, closing)


@contextmanager
def connect_bus(settings: Settings) -> Iterator[EventBus]:
    """Wire the local event bus with its consumers, and close it all in the end.

    It delivers once it is started.

    Raises:
        InvalidInput: as ``connect_consumers``.
    """
    _check_outages(settings.outages)
    with ExitStack() as closing:
        bus = _bus_on(_tables(settings, closing), settings, closing)
        yield closing.enter_context(bus)


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


def _idv_on(tables: SqliteTables, closing: ExitStack) -> IdvApp:
    return IdvApp(source_maker((Sqlite(tables), StandInVendor()), closing), report, now)


def _bus_on(tables: SqliteTables, settings: Settings, closing: ExitStack) -> EventBus:
    events = EventStore(settings.database)
    app = _consumers_on(tables, events, settings, closing)
    consumers = {
        consumer.value: partial(app.consume, consumer, time_left_s=time_left_s(None, DELIVERY_S))
        for consumer in Consumer
    }
    return EventBus(events, consumers, now, report)


def _consumers_on(
    tables: SqliteTables, events: EventStore, settings: Settings, closing: ExitStack
) -> ConsumerApp:
    urls = endpoint_urls(settings)
    recorded = frozenset({NOTIFICATION_ENDPOINT, SYNC_ENDPOINT} - urls.keys())
    adapters: list[Adapter] = [
        Sqlite(tables),
        Recorder(events, recorded, now, settings.outages),
    ]
    if urls:
        adapters.append(webhooks(urls, closing))
    return ConsumerApp(source_maker(adapters, closing), report, now, mint)


def _check_outages(outages: frozenset[str]) -> None:
    if not outages <= SERVICES:
        raise InvalidInput("FANSCORE_OUTAGES", f"expected some of {', '.join(sorted(SERVICES))}")


def _load(tables: SqliteTables, sample: Sample) -> int:
    for table, items in sample.tables.items():
        tables.load(table, items)
    return sum(map(len, sample.tables.values()))


def _sample(path: str | None) -> Sample:
    if path is None:
        return default_sample()
    return parsed_file(path, "FANSCORE_SAMPLE", parse_sample)

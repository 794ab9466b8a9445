"""From settings to an app: the only place that names adapters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TypeVar
from uuid import uuid4

from fanscore_adapters.idv_calls import IDV_CALLS
from fanscore_adapters.local_bus import LocalBus, Recorder
from fanscore_adapters.local_events import LocalEvents
from fanscore_adapters.local_idv import LocalIdv
from fanscore_adapters.policy_json import default_policy, parse_policy
from fanscore_adapters.services import SYSTEMS
from fanscore_adapters.sources import Adapter, Sources
from fanscore_adapters.sqlite import IN_MEMORY, Sqlite, SqliteTables
from fanscore_adapters.stand_in_vendor import StandInVendor
from fanscore_adapters.stand_ins import Sample, StandIns, default_sample, parse_sample
from fanscore_appsync.app import App
from fanscore_appsync.consumer_app import ConsumerApp
from fanscore_appsync.idv_app import IdvApp
from fanscore_appsync.report import report
from fanscore_appsync.settings import Settings
from fanscore_core.consumption import LEASE, Consumer
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import RequestId
from fanscore_core.policy import ScorePolicy
from fanscore_core.query import Source

ParsedT = TypeVar("ParsedT")

MAX_THREADS = 32

NOTIFICATION = "notification_endpoint"
SYNC = "sync_endpoint"

CONSUMER_S = LEASE.total_seconds() - 0.5
"""What a consumer is given, called within the process."""

IDV_S = 10.0
"""What the identity verification function is given, called within the process."""


def connect(settings: Settings, closing: ExitStack | None = None) -> App:
    """Wire an app.

    Args:
        settings: say what it consists of.
        closing: is given what must be closed when nobody calls the app any more, so that
            deliveries that have begun come to their end; without it, the process ends that.

    Raises:
        InvalidInput: a file that the settings name cannot be used; says which, where and why.
    """
    closing = closing or ExitStack()
    policy = _policy(settings.policy)
    sample = _sample(settings.sample)
    _check_outages(settings.outages)
    tables = SqliteTables(settings.database)
    closing.callback(tables.close)
    if settings.database == IN_MEMORY:
        _load(tables, sample)
    idv = _idv_on(tables, closing)
    bus = _bus_on(tables, settings, closing)
    closing.callback(bus.close)
    bus.deliver_in_background()
    adapters = (
        Sqlite(tables),
        StandIns(sample, settings.outages),
        LocalIdv(lambda payload: idv.answer(payload, IDV_S), settings.outages),
        bus,
    )
    return App(policy, _source_maker(adapters, closing), report, _now, _mint)


def connect_idv(settings: Settings) -> IdvApp:
    """Wire the identity verification function, as a function of its own.

    Raises:
        InvalidInput: the database cannot be used.
    """
    return _idv_on(SqliteTables(settings.database), ExitStack())


def connect_consumers(settings: Settings) -> ConsumerApp:
    """Wire the consumers of user events, as functions of their own.

    Raises:
        InvalidInput: the database or an endpoint cannot be used.
    """
    _check_outages(settings.outages)
    tables, events = SqliteTables(settings.database), LocalEvents(settings.database)
    return _consumers_on(tables, events, settings, ExitStack())


def connect_bus(settings: Settings) -> LocalBus:
    """Wire the local event bus with its consumers; it delivers once it is started.

    Raises:
        InvalidInput: as ``connect_consumers``.
    """
    _check_outages(settings.outages)
    return _bus_on(SqliteTables(settings.database), settings, ExitStack())


def write_sample(settings: Settings) -> int:
    """Write the sample's items into the database, over what is there; give their number.

    Raises:
        InvalidInput: the sample or the database cannot be used.
    """
    sample = _sample(settings.sample)
    with SqliteTables(settings.database) as tables:
        return _load(tables, sample)


def _idv_on(tables: SqliteTables, closing: ExitStack) -> IdvApp:
    return IdvApp(_source_maker((Sqlite(tables), StandInVendor()), closing), report, _now)


def _bus_on(tables: SqliteTables, settings: Settings, closing: ExitStack) -> LocalBus:
    events = LocalEvents(settings.database)
    app = _consumers_on(tables, events, settings, closing)
    consumers = {
        consumer.value: partial(app.consume, consumer, time_left_s=CONSUMER_S)
        for consumer in Consumer
    }
    return LocalBus(events, consumers, _now, report)


def _consumers_on(
    tables: SqliteTables, events: LocalEvents, settings: Settings, closing: ExitStack
) -> ConsumerApp:
    given = {
        NOTIFICATION: settings.notification_url,
        SYNC: settings.sync_url,
    }
    urls = {system: url for system, url in given.items() if url is not None}
    recorded = frozenset(given.keys() - urls.keys())
    adapters: list[Adapter] = [
        Sqlite(tables),
        Recorder(events, recorded, _now, settings.outages),
    ]
    if urls:
        # Only here: without endpoints, an HTTP client need not even be installed.
        from fanscore_adapters.webhooks import Webhooks, endpoint_url, webhook_client  # noqa: PLC0415

        checked = {system: endpoint_url(system, url) for system, url in urls.items()}
        adapters.append(Webhooks(checked, closing.enter_context(webhook_client())))
    return ConsumerApp(_source_maker(adapters, closing), _now, _mint, report)


def _source_maker(adapters: Sequence[Adapter], closing: ExitStack) -> Callable[[float], Source]:
    """Give what makes a source for the seconds that are left.

    Each maker has threads of its own: a function that is called within the process must not wait
    for a thread of its caller's.
    """
    executor = ThreadPoolExecutor(MAX_THREADS, "fanscore")
    closing.callback(executor.shutdown)
    return lambda time_left_s: Sources(adapters, executor, monotonic, monotonic() + time_left_s)


def _check_outages(outages: frozenset[str]) -> None:
    idv = {call.service for call in IDV_CALLS.values()}
    services = {*SYSTEMS.values(), *idv, NOTIFICATION, SYNC}
    if not outages <= services:
        raise InvalidInput("FANSCORE_OUTAGES", f"expected some of {', '.join(sorted(services))}")


def _load(tables: SqliteTables, sample: Sample) -> int:
    for table, items in sample.tables.items():
        tables.load(table, items)
    return sum(map(len, sample.tables.values()))


def _now() -> datetime:
    return datetime.now(UTC)


def _mint() -> RequestId:
    return RequestId(str(uuid4()))


def _policy(path: str | None) -> ScorePolicy:
    if path is None:
        return default_policy()
    return _parsed(path, "FANSCORE_POLICY", parse_policy)


def _sample(path: str | None) -> Sample:
    if path is None:
        return default_sample()
    return _parsed(path, "FANSCORE_SAMPLE", parse_sample)


def _parsed(path: str, variable: str, parse: Callable[[str], ParsedT]) -> ParsedT:
    try:
        return parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(variable, f"cannot read {path}: {type(error).__name__}") from error
    except InvalidInput as error:
        raise InvalidInput(variable, f"{path}: {error}") from error

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from threading import Barrier

import pytest

from fanscore_adapters.dynamodb.adapter import DynamoDb
from fanscore_adapters.dynamodb.values import read_item
from fanscore_adapters.embedded.stand_ins import StandIns
from fanscore_adapters.items.demand import read_record
from fanscore_adapters.sources import Sources
from fanscore_appsync.app import App
from fanscore_appsync.report import report
from fanscore_appsync.wiring.parts import MAX_THREADS
from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.question import Source
from fanscore_core.ids import RequestId
from fanscore_core.systems import DEMAND, TABLES
from tests.aws.clients import aws_client, environment_of
from tests.aws.ministack import Ministack
from tests.aws.tables import AwsTables, typed
from tests.concurrency.saving import RECORDS, Record, Saved, assert_none_lost, save_each
from tests.e2e.local_system import POLICY, SAMPLE
from tests.patience import AMPLE_S, patient, standing

THREADS = 8
SAVES = 64
TIME_LEFT_S = 30.0


@pytest.fixture
def app(aws: Ministack, aws_tables: AwsTables) -> Iterator[App]:
    """Make a resolver on DynamoDB; the other services are stand-ins."""
    names = {table: aws_tables.name(table) for table in TABLES}
    with (
        environment_of(aws),
        closing(aws_client("dynamodb", read_s=AMPLE_S, clock=standing)) as client,
        ThreadPoolExecutor(MAX_THREADS) as executor,
    ):
        adapters = (DynamoDb(client, names, clock=standing), StandIns(SAMPLE))

        def source(left_s: float) -> Source:
            return Sources(adapters, [executor], standing, left_s, patient)

        def now() -> datetime:
            return datetime.now(UTC)

        yield App(source, report, now, lambda: RequestId("minted"), POLICY, log=lambda _: None)


def save_in_threads(app: App) -> list[Saved]:
    """Let all threads save at the same time."""
    barrier = Barrier(THREADS)

    def answer(event: Mapping[str, object]) -> object:
        return app.answer(event, TIME_LEFT_S).response

    def save(number: int) -> Saved:
        barrier.wait()
        return save_each(number, RECORDS[:THREADS], SAVES, answer)

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(save, range(THREADS)))


def stored_records(tables: AwsTables) -> Mapping[Record, StoredDemandRecord]:
    """Read every record."""
    records = [read_record(read_item(typed(item))) for item in tables.stored(DEMAND)]
    return {(stored.record.fan_id, stored.record.sale_id): stored for stored in records}


def test_no_save_is_lost(app: App, aws_tables: AwsTables) -> None:
    """Of 512 saves by 8 threads to 8 records every one is answered, and none is lost."""
    every = save_in_threads(app)
    assert sum(sum(saved.times.values()) for saved in every) == THREADS * SAVES == 512
    assert_none_lost(every, stored_records(aws_tables))

"""The golden cases on the AWS backend: the same events, answered from an emulator of AWS.

Each event has tables of its own. The identity verification function runs in this process, since
its clock must stand still like the resolver's; it is called through Lambda all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import count

import attrs

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.aws.client import AwsClient
from fanscore_adapters.aws.eventbridge import EventBridge
from fanscore_adapters.aws.lambda_ import LambdaProxies
from fanscore_adapters.aws.rekognition import Rekognition
from fanscore_adapters.dynamodb.adapter import DynamoDb
from fanscore_adapters.http.lnaa import Lnaa, lnaa_client
from fanscore_adapters.lazy import LazyAdapter
from fanscore_adapters.sources import Sources
from fanscore_appsync.api import API
from fanscore_appsync.app import App
from fanscore_appsync.idv_app import IdvApp
from fanscore_appsync.report import report
from fanscore_appsync.settings import AwsSettings, Settings, read_settings
from fanscore_appsync.wiring.aws import idv_adapters, resolver_adapters
from fanscore_core.engine.question import Source
from fanscore_core.ids import RequestId
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.systems import IDV_CHECK_LIVENESS
from tests.aws.clients import aws_client, environment_of
from tests.aws.forwarding import forwarded
from tests.aws.functions import create_proxies
from tests.aws.ministack import Ministack
from tests.aws.parties import parties
from tests.aws.tables import AwsTables, fresh_tables
from tests.demand_samples import START
from tests.e2e.lambda_runtime import told
from tests.e2e.local_system import POLICY, SAMPLE, TIME_LEFT_S
from tests.golden.cases import STORED
from tests.patience import AMPLE_S, patient, standing

BUS = "golden"
OPEN_SESSION = "session-open"
"""The stored session that Rekognition is asked about."""


@attrs.define
class GoldenAws:
    """What is the same for all events.

    Attributes:
        aws: the server.
        resolver: the adapters of the resolver.
        verifier: the adapters of the identity verification function.
        executor: where the sources ask.
        tables: of the event that is being answered.
    """

    aws: Ministack
    resolver: Sequence[Adapter]
    verifier: Sequence[Adapter]
    executor: ThreadPoolExecutor
    tables: AwsTables

    def answer(self, event: object) -> object:
        """Give what AppSync learns of an event's answer, on tables with the golden data."""
        minted = count()
        self.tables = fresh_tables(self.aws)
        self.tables.load(SAMPLE.tables)
        self.tables.load(STORED)
        source = self._source_maker(self.resolver)
        app = App(source, report, _clock, lambda: RequestId(f"minted-{next(minted)}"), POLICY)
        return told(lambda: app.answer(event, TIME_LEFT_S).response)

    def verify(self, payload: object) -> object:
        """Answer a call of the identity verification function."""
        app = IdvApp(self._source_maker(self.verifier), report, _clock)
        return app.answer(payload, TIME_LEFT_S)

    def _source_maker(self, adapters: Sequence[Adapter]) -> Callable[[float], Source]:
        here = [self._on_tables(adapter) for adapter in adapters]
        return lambda _: Sources(here, [self.executor], standing, AMPLE_S, patient)

    def _on_tables(self, adapter: Adapter) -> Adapter:
        if not isinstance(adapter, DynamoDb):
            return adapter
        names = {table: self.tables.name(table) for table in adapter.names}
        return attrs.evolve(adapter, names=names)


@contextmanager
def golden_aws(aws: Ministack) -> Iterator[GoldenAws]:
    """Make all that the golden events need on a server."""
    create_proxies(aws, SAMPLE)
    aws.client("events").create_event_bus(Name=BUS)
    with (
        parties(SAMPLE) as others,
        environment_of(aws) as environment,
        ThreadPoolExecutor(8) as executor,
        ExitStack() as closing,
    ):
        for name, value in others.environ.items():
            environment.setenv(name, value)
        environ = {**aws.environ, **others.environ, "FANSCORE_EVENT_BUS": BUS}
        settings = read_settings({**environ, "FANSCORE_BACKEND": "aws"})
        used = settings.aws
        assert isinstance(used, AwsSettings)
        golden = GoldenAws(
            aws,
            _patient(resolver_adapters(settings, used, API, closing), settings, closing),
            _patient(idv_adapters(used, closing), settings, closing),
            executor,
            AwsTables(aws),
        )
        others.sessions.add(OPEN_SESSION)
        with forwarded(aws, IDV_CHECK_LIVENESS, golden.verify):
            yield golden


def _patient(
    adapters: Sequence[Adapter], settings: Settings, closing: ExitStack
) -> Sequence[Adapter]:
    """Make adapters wait as long as it takes, so that a busy machine changes no answer."""

    def client(service: str) -> AwsClient:
        made = aws_client(service, read_s=AMPLE_S, clock=standing)
        closing.callback(made.close)
        return made

    def lnaa() -> Adapter:
        asked = closing.enter_context(lnaa_client(timeout_s=AMPLE_S))
        return Lnaa(settings.lnaa_url or "", settings.lnaa_token or "", asked, clock=standing)

    def patient_one(adapter: Adapter) -> Adapter:
        match adapter:
            case DynamoDb():
                return attrs.evolve(adapter, client=client("dynamodb"), clock=standing)
            case LambdaProxies():
                functions = client("lambda")
                return attrs.evolve(adapter, client=functions, impatient=functions)
            case LazyAdapter() if PublishUserEvent in adapter.systems:
                return EventBridge(client("events"), BUS, clock=standing)
            case Rekognition():
                return attrs.evolve(adapter, client=client("rekognition"))
            case _:
                return LazyAdapter(adapter.systems, lnaa)

    return [patient_one(each) for each in adapters]


def _clock() -> datetime:
    return START

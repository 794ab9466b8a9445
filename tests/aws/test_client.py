from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier, Lock

import attrs
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError

from fanscore_adapters.aws.client import (
    ATTEMPTS,
    CONNECT_S,
    MAX_CONNECTIONS,
    AwsClient,
    AwsError,
    AwsSession,
    Events,
)
from fanscore_adapters.dynamodb.adapter import MAX_KEYS, DynamoDb
from fanscore_appsync.wiring.parts import MAX_THREADS
from fanscore_core.engine.question import Ask
from fanscore_core.ids import BotRunId, GlobalUserId, MemberId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.fan_identity import BotOrNot, FanIdentity, Identity
from fanscore_core.systems import TABLES
from tests.aws.clients import aws_client, environment_of
from tests.aws.faults.server import Exchange, faulty_server
from tests.aws.faults.table import Fault, of
from tests.aws.ministack import REGION, Ministack
from tests.aws.replies import refusal, reply
from tests.aws.tables import AwsTables

THREADS = 16
AMPLE_S = 1e9
CALLS = 300


@pytest.fixture
def environment(aws: Ministack) -> Iterator[None]:
    """Let the environment name the server."""
    with environment_of(aws):
        yield


def list_tables(client: AwsClient) -> Mapping[str, object]:
    """Make a call."""
    return client.call("list_tables", {}, AMPLE_S)


@pytest.mark.usefixtures("environment")
def test_a_client_is_made_once_for_all_threads() -> None:
    """A client is made when it is first used, and once, however many threads come first."""
    made: list[Events] = []
    barrier = Barrier(THREADS)

    def start(client: AwsClient) -> bool:
        barrier.wait()
        return "TableNames" in list_tables(client)

    with (
        closing(aws_client("dynamodb", prepare=made.append)) as client,
        ThreadPoolExecutor(THREADS) as executor,
    ):
        assert made == []
        started = [executor.submit(start, client) for _ in range(THREADS)]
        assert [each.result() for each in started] == [True] * THREADS
        assert len(made) == 1


LISTING: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "dynamodb": ("list_tables", {}),
    "lambda": ("list_functions", {}),
    "events": ("list_rules", {}),
    "rekognition": ("list_collections", {}),
}
"""A call of each service."""

SERVICES = tuple(LISTING)


@pytest.mark.usefixtures("environment")
def test_the_clients_of_a_session() -> None:
    """Clients that share a session are made at the same time, each with its own budget."""
    session = AwsSession(REGION)
    clients = {
        service: AwsClient(service, session, 1.0, prepare=Count(refused).prepare)
        for service in SERVICES
    }
    barrier = Barrier(len(SERVICES) * 4)

    def fail(service: str) -> str:
        barrier.wait()
        with pytest.raises(AwsError) as raised:
            clients[service].call(*LISTING[service], AMPLE_S)
        clients[service].close()
        return raised.value.code

    with ThreadPoolExecutor(len(SERVICES) * 4) as executor:
        codes = list(executor.map(fail, SERVICES * 4))
    assert codes == ["EndpointConnectionError"] * len(SERVICES) * 4


@pytest.mark.usefixtures("environment")
def test_a_client_that_was_closed() -> None:
    """A client that was closed, or was never used, can be closed again and used again."""
    client = aws_client("dynamodb")
    client.close()
    assert list_tables(client)
    client.close()
    assert list_tables(client)
    client.close()


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("service", SERVICES)
def test_a_client_is_configured(service: str) -> None:
    """Every client has its timeouts, its attempts, keep-alive and a pool for all threads."""
    configured: list[object] = []

    def note(events: Events) -> None:
        events.register("before-call", lambda context, **_: configured.append(shown(context)))
        events.register("before-send", lambda **_: reply({}))

    def shown(context: Mapping[str, object]) -> object:
        config = context["client_config"]
        names = ("connect_timeout", "read_timeout", "max_pool_connections", "tcp_keepalive")
        return {**{name: getattr(config, name) for name in names}, **config.retries}  # type: ignore[attr-defined]

    with closing(aws_client(service, read_s=4.5, prepare=note)) as client:
        client.call(*LISTING[service], AMPLE_S)
    assert configured == [
        {
            "connect_timeout": CONNECT_S,
            "read_timeout": 4.5,
            "max_pool_connections": MAX_CONNECTIONS,
            "tcp_keepalive": True,
            "mode": "standard",
            "total_max_attempts": ATTEMPTS,
        }
    ]


def test_there_is_a_connection_for_every_thread() -> None:
    """The pool is as large as the number of threads that ask."""
    assert MAX_CONNECTIONS == MAX_THREADS


@pytest.mark.usefixtures("environment")
def test_connections_are_kept(aws: Ministack) -> None:
    """As many calls at once as there are connections make that many, and later ones no more."""
    barrier = Barrier(MAX_CONNECTIONS)

    def together(exchange: Exchange) -> None:
        barrier.wait()
        exchange.reply(exchange.pass_on())

    with (
        faulty_server(aws.port) as server,
        closing(aws_client("dynamodb", server.url)) as client,
        ThreadPoolExecutor(MAX_CONNECTIONS) as executor,
    ):
        server.always["ListTables"] = together
        for _ in range(3):
            list(executor.map(list_tables, [client] * MAX_CONNECTIONS))
        assert len(server.requests) == 3 * MAX_CONNECTIONS
        assert server.connections == MAX_CONNECTIONS


@attrs.define
class Count:
    """How many attempts were made; from several threads.

    Attributes:
        outage: what an attempt comes to.
        attempts: so far.
    """

    outage: Callable[[], AWSResponse]
    attempts: int = 0
    _lock: Lock = attrs.field(factory=Lock)

    def attempt(self, **_: object) -> AWSResponse:
        """Count, and give no good answer."""
        with self._lock:
            self.attempts += 1
        return self.outage()

    def prepare(self, events: Events) -> None:
        """Stand in for the network."""
        events.register("before-send", self.attempt)


def refused() -> AWSResponse:
    """Find nobody there."""
    raise EndpointConnectionError(endpoint_url="http://127.0.0.1")


OUTAGES: Mapping[str, Callable[[], AWSResponse]] = {
    "500": lambda: reply({}, 500),
    "503": lambda: reply({}, 503),
    "refused": refused,
    "throttled": lambda: refusal("ThrottlingException"),
}
"""By what every attempt comes to."""


@of(Fault.OUTAGE)
@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("outage", OUTAGES.values(), ids=list(OUTAGES))
def test_a_full_outage(outage: Callable[[], AWSResponse]) -> None:
    """In a full outage no call makes over 3 attempts, and soon each makes one only."""
    count = Count(outage)

    def fail(client: AwsClient) -> int:
        with pytest.raises(AwsError):
            list_tables(client)
        return 1

    with (
        closing(aws_client("dynamodb", prepare=count.prepare)) as client,
        ThreadPoolExecutor(THREADS * 4) as executor,
    ):
        fail(client)
        assert count.attempts == ATTEMPTS
        offered = sum(executor.map(fail, [client] * CALLS))
        spent = count.attempts
        assert spent <= offered * ATTEMPTS
        offered = sum(executor.map(fail, [client] * CALLS))
        assert count.attempts - spent <= 1.2 * offered


def asked(number: int) -> list[Ask]:
    """Ask for keys of two tables, three of which are equal."""
    fan = GlobalUserId(f"fan{number}")
    questions = (
        FanIdentity(fan),
        AccountScore(MemberId(f"member{number}")),
        BotOrNot(fan, BotRunId("run1")),
        FanIdentity(fan),
        FanIdentity(GlobalUserId("fan0")),
    )
    return [Ask(question) for question in questions]


@pytest.mark.usefixtures("environment")
def test_no_call_has_too_many_keys(aws_tables: AwsTables) -> None:
    """No ``BatchGetItem`` has over 100 keys over all tables, nor one of them twice."""
    sizes: list[int] = []

    def check(params: Mapping[str, object], **_: object) -> None:
        items = params["RequestItems"]
        assert isinstance(items, dict)
        keys = [(table, str(key)) for table, each in items.items() for key in each["Keys"]]
        assert len(keys) == len(set(keys)) <= MAX_KEYS == 100
        sizes.append(len(keys))

    def prepare(events: Events) -> None:
        events.register("before-parameter-build.dynamodb.BatchGetItem", check)

    aws_tables.load(
        {
            "fan_identity_table": [
                {"PK": f"fan:fan{number}", "SK": "identity", "memberId": f"member{number}"}
                for number in range(120)
            ]
        }
    )
    asks = [ask for number in range(120) for ask in asked(number)]
    with closing(aws_client("dynamodb", prepare=prepare)) as client:
        adapter = DynamoDb(client, {table: aws_tables.name(table) for table in TABLES})
        answered = adapter.fetch(asks)
    assert [each.answer for each in answered] == [
        answer
        for number in range(120)
        for answer in (
            Identity(MemberId(f"member{number}")),
            None,
            None,
            Identity(MemberId(f"member{number}")),
            Identity(MemberId("member0")),
        )
    ]
    assert len(sizes) == sum(each.calls for each in answered) == 4

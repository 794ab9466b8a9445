"""Where faults are played: behind a faulty server, with tables, a bus and a function."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from time import monotonic

import attrs

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.aws.client import AwsClient, AwsSession, Events
from fanscore_adapters.aws.eventbridge import EventBridge
from fanscore_adapters.aws.lambda_ import LambdaProxies
from fanscore_adapters.documents.proxies import CALLS
from fanscore_adapters.dynamodb.adapter import DynamoDb
from fanscore_adapters.items.operations import Item
from fanscore_core.user_events import SOURCE
from tests.aws.clients import READ_S
from tests.aws.faults.impatience import impatience
from tests.aws.faults.server import FaultyServer, faulty_server
from tests.aws.faults.table import ITEMS, Kind, Operation
from tests.aws.functions import create_function, invoke
from tests.aws.ministack import REGION, Ministack
from tests.aws.tables import AwsTables, fresh_tables
from tests.contracts.own_answers import OPERATIONS, OWN_CALL, OWN_FUNCTION, OWN_TABLE
from tests.virtual_time import VirtualTime

NAME = "faults"
MAX_MESSAGES = 10

ARM_SCORING = """
def handler(event, context):
    print("ministack waits for a line")
    return {"data": {"armScore": 2, "shows": 3}}
"""


@attrs.frozen
class Cloud:
    """What all tests share.

    Attributes:
        aws: the server that is well.
        queue: the URL of the queue behind the bus.
        session: of the clients.
    """

    aws: Ministack
    queue: str
    session: AwsSession

    def published(self) -> Counter[str]:
        """Take what was published since; count by id."""
        found = self.aws.client("sqs").receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=MAX_MESSAGES
        )
        for message in found.get("Messages", ()):
            handle = message["ReceiptHandle"]
            self.aws.client("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=handle)
        return Counter(
            json.loads(each["Body"])["detail"]["id"] for each in found.get("Messages", ())
        )


def make_cloud(aws: Ministack) -> Cloud:
    """Make a bus, a queue behind it, and a function, which has answered once."""
    events, sqs = aws.client("events"), aws.client("sqs")
    queue = sqs.create_queue(QueueName=NAME)["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn = asked["Attributes"]["QueueArn"]
    events.create_event_bus(Name=NAME)
    events.put_rule(Name=NAME, EventBusName=NAME, EventPattern=json.dumps({"source": [SOURCE]}))
    events.put_targets(Rule=NAME, EventBusName=NAME, Targets=[{"Id": NAME, "Arn": arn}])
    create_function(aws, NAME, "arm.handler", {"arm.py": ARM_SCORING})
    invoke(aws, NAME, {})
    return Cloud(aws, queue, AwsSession(REGION))


@attrs.frozen
class Stage:
    """What one test has.

    Attributes:
        cloud: what is shared.
        tables: its own.
        server: before the cloud, for this test alone.
        time: what adapters wait by, unless it is said otherwise.
    """

    cloud: Cloud
    tables: AwsTables
    server: FaultyServer
    time: VirtualTime
    _closing: ExitStack

    def adapter(
        self,
        kind: Kind,
        *,
        read_s: float = READ_S,
        url: str | None = None,
        prepare: Callable[[Events], None] = lambda _: None,
        wait: Callable[[float], None] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> Adapter:
        """Make an adapter that asks the faulty server, or somebody else; what it waits passes."""
        passes = wait or self.time.wait
        client = AwsClient(
            kind.value,
            self.cloud.session,
            read_s,
            endpoint_url=url or self.server.url,
            prepare=prepare,
            clock=clock,
        )
        self._closing.enter_context(closing(client))
        match kind:
            case Kind.DYNAMODB:
                names = {table: self.tables.name(table) for table in self.tables.every}
                return DynamoDb(client, names, passes, clock, operations=OPERATIONS)
            case Kind.LAMBDA:
                names = {"arm_scoring": NAME, OWN_FUNCTION: NAME}
                calls = {**CALLS, OWN_CALL.question: OWN_CALL}
                return LambdaProxies(client, client, names, calls)
            case Kind.EVENTBRIDGE:
                return EventBridge(client, NAME, passes, clock)

    def impatient(self, kind: Kind, clock: Callable[[], float] = monotonic) -> Adapter:
        """Make an adapter that times out where the faulty server is not heard."""
        prepare = self._closing.enter_context(impatience()).prepare
        return self.adapter(kind, prepare=prepare, clock=clock)

    def server_is_holding(self) -> bool:
        """Whether the faulty server holds a request up just now."""
        return self.server.is_holding.is_set()

    def stored(self) -> Mapping[str, Sequence[Item]]:
        """Give all that is stored, by table."""
        return {table: self.tables.stored(table) for table in self.tables.every}

    def published(self) -> Counter[str]:
        """Take what was published since; count by id."""
        return self.cloud.published()


@contextmanager
def stage_on(cloud: Cloud) -> Iterator[Stage]:
    """Set a stage up, with ``ITEMS``."""
    tables = fresh_tables(cloud.aws, OWN_TABLE)
    with faulty_server(cloud.aws.port) as server, ExitStack() as to_close:
        tables.load(ITEMS)
        cloud.published()
        yield Stage(cloud, tables, server, VirtualTime(), to_close)
        server.may_end.set()


def stored_after(*operations: Operation) -> Mapping[str, Sequence[Item]]:
    """Give what is stored when operations have been done once, and nothing else."""
    more = {operation.id: operation.items for operation in operations}.values()
    return {
        table: sorted(
            [*ITEMS[table], *(item for items in more for item in items.get(table, ()))],
            key=lambda item: (str(item["PK"]), str(item["SK"])),
        )
        for table in ITEMS
    }

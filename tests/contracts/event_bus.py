"""The event buses, each with one consumer: what the contract suite of their port runs over.

A bus joins by a line in ``BUSES``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TypeAlias
from uuid import uuid4

import attrs
import pytest
from botocore.awsrequest import AWSResponse

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.aws.eventbridge import EventBridge
from fanscore_adapters.embedded.event_bus import EventBus
from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.sqlite.connection import IN_MEMORY
from fanscore_core.user_events import DETAIL_TYPES, SOURCE
from tests.aws.clients import aws_client, environment_of
from tests.aws.ministack import Ministack
from tests.aws.replies import refusal
from tests.contracts.user_events import NOW

MAX_MESSAGES = 10
CONSUMER = "consumer"


@attrs.frozen
class Bus:
    """A bus.

    Attributes:
        adapter: what is tested.
        delivered: takes what the consumer got since.
        fail: lets the bus take no event from now on.
    """

    adapter: Adapter
    delivered: Callable[[], Sequence[Mapping[str, object]]]
    fail: Callable[[], None]


Open: TypeAlias = Callable[[], AbstractContextManager[Bus]]


@contextmanager
def local(path: str = IN_MEMORY) -> Iterator[Bus]:
    """Open the bus within the process, which delivers when it is looked at."""
    received: list[Mapping[str, object]] = []
    events = EventStore(path)

    def consume(event: object) -> None:
        assert isinstance(event, dict)
        received.append(event)

    with EventBus(events, {CONSUMER: consume}, lambda: NOW, _never) as bus:

        def delivered() -> Sequence[Mapping[str, object]]:
            received.clear()
            bus.deliver_due(NOW)
            return tuple(received)

        yield Bus(bus, delivered, events.close)


@contextmanager
def local_in_a_file() -> Iterator[Bus]:
    """Open the bus within the process, on a new file."""
    with TemporaryDirectory() as folder, local(str(Path(folder, "fans.db"))) as bus:
        yield bus


@contextmanager
def eventbridge(aws: Ministack) -> Iterator[Bus]:
    """Open a bus of EventBridge's that nobody else has, with a queue for its consumer."""
    name = f"contract-{uuid4()}"
    url = _queue_behind(aws, name)
    is_down = Event()

    def refuse(**_: object) -> AWSResponse | None:
        return refusal("InternalException", 500) if is_down.is_set() else None

    with (
        environment_of(aws),
        closing(
            aws_client("events", prepare=lambda events: events.register("before-send", refuse))
        ) as client,
    ):
        yield Bus(EventBridge(client, name), partial(_taken, aws, url), is_down.set)


BUSES: Mapping[str, Callable[[pytest.FixtureRequest], Open]] = {
    "local in memory": lambda _: local,
    "local in a file": lambda _: local_in_a_file,
    "EventBridge": lambda request: partial(eventbridge, request.getfixturevalue("aws")),
}


def _never(error: Exception) -> None:
    raise AssertionError from error


def _queue_behind(aws: Ministack, name: str) -> str:
    """Make a bus that hands every user event to a queue; give the queue's URL."""
    events, sqs = aws.client("events"), aws.client("sqs")
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = json.dumps({"source": [SOURCE], "detail-type": DETAIL_TYPES})
    events.create_event_bus(Name=name)
    events.put_rule(Name=name, EventBusName=name, EventPattern=pattern)
    target = {"Id": CONSUMER, "Arn": asked["Attributes"]["QueueArn"]}
    events.put_targets(Rule=name, EventBusName=name, Targets=[target])
    return url


def _taken(aws: Ministack, url: str) -> Sequence[Mapping[str, object]]:
    sqs = aws.client("sqs")
    taken: list[Mapping[str, object]] = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=MAX_MESSAGES).get(
        "Messages"
    ):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken.append(json.loads(message["Body"]))
    return taken

"""The event bus on a server, with the consumers as its targets and a queue of dead letters.

What differs from AWS: ministack calls a rule's target once, whatever comes of it. It repeats only
what is sent to a function asynchronously (``deliver``), as AWS does for both; what fails to the
last goes to the queue of the function.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import attrs

from fanscore_core.user_events import DETAIL_TYPES, SOURCE
from tests.aws.ministack import Ministack

BUS = "fanscore"
MAX_RETRIES = 2
MAX_MESSAGES = 10


@attrs.frozen
class Bus:
    """A bus.

    Attributes:
        aws: where it is.
        name: its name.
        dead_letter_queue: the URL of the queue.
    """

    aws: Ministack
    name: str
    dead_letter_queue: str

    def deliver(self, function: str, event: Mapping[str, object]) -> None:
        """Send a function an event as EventBridge does, with its envelope; it runs later."""
        self.aws.client("lambda").invoke(
            FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
        )

    def dead_letters(self) -> Sequence[Mapping[str, object]]:
        """Take up to ten dead letters from the queue: the event and why it failed."""
        found = self.aws.client("sqs").receive_message(
            QueueUrl=self.dead_letter_queue, MaxNumberOfMessages=MAX_MESSAGES
        )
        return [json.loads(message["Body"]) for message in found.get("Messages", ())]


def create_bus(aws: Ministack, targets: Mapping[str, str], name: str = BUS) -> Bus:
    """Make a bus that hands every user event to each target.

    Args:
        aws: where.
        targets: the ARNs of functions, by their names.
        name: of the bus; its rule, queue and archive are named after it.
    """
    events = aws.client("events")
    bus_arn = events.create_event_bus(Name=name)["EventBusArn"]
    pattern = json.dumps({"source": [SOURCE], "detail-type": DETAIL_TYPES})
    events.put_rule(Name=name, EventBusName=name, EventPattern=pattern)
    events.create_archive(ArchiveName=name, EventSourceArn=bus_arn, RetentionDays=30)
    queue, queue_arn = _create_queue(aws, f"{name}-dead-letters")
    answer = events.put_targets(
        Rule=name,
        EventBusName=name,
        Targets=[
            {"Id": target, "Arn": arn, "DeadLetterConfig": {"Arn": queue_arn}}
            for target, arn in targets.items()
        ],
    )
    assert answer["FailedEntryCount"] == 0
    for function in targets.values():
        _keep_failures(aws, function, queue_arn)
    return Bus(aws, name, queue)


def _create_queue(aws: Ministack, name: str) -> tuple[str, str]:
    queue = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    answer = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return queue, answer["Attributes"]["QueueArn"]


def _keep_failures(aws: Ministack, function: str, queue_arn: str) -> None:
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=MAX_RETRIES,
        DestinationConfig={"OnFailure": {"Destination": queue_arn}},
    )

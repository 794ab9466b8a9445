"""From settings to the adapters of AWS. Imported only where that is the backend."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from fanscore_adapters.adapter import Adapter
from fanscore_adapters.aws import lambda_
from fanscore_adapters.aws.client import AwsClient, AwsSession
from fanscore_adapters.aws.environment import check_aws_environment
from fanscore_adapters.dynamodb import adapter as dynamodb
from fanscore_adapters.items.operations import Operations
from fanscore_adapters.items.tables import OPERATIONS
from fanscore_adapters.lazy import LazyAdapter
from fanscore_adapters.named_rows import AskedOf, NamedRows, RowsOfPort
from fanscore_appsync.api import Api
from fanscore_appsync.connectors import Resources
from fanscore_appsync.setting_row import Function
from fanscore_appsync.settings import AwsSettings, Settings, require, with_own
from fanscore_core.engine.question import Ask
from fanscore_core.systems import UPSERT_USER

if TYPE_CHECKING:
    from fanscore_adapters.aws.object_store import ObjectStore

PUBLISHING: NamedRows[AskedOf] = NamedRows(
    (
        RowsOfPort(
            "fanscore_core.ports.event_bus",
            "fanscore_adapters.aws.eventbridge",
            UPSERT_USER,
        ),
    )
)
"""What EventBridge is asked, whose adapter is loaded for the first event that is published."""


def resolver_adapters(
    settings: Settings,
    aws: AwsSettings,
    api: Api,
    closing: ExitStack,
    function: Function = Function.RESOLVER,
) -> Sequence[Adapter]:
    """Return what answers the resolvers, or another function that asks what they ask.

    Args:
        settings: of all.
        aws: of AWS.
        api: what is asked.
        closing: is given what to close in the end.
        function: which function, for what it needs.

    Raises:
        InvalidInput: a setting is missing; names all of them. Or the environment says something
            that no client can go by; names the variable.
    """
    require(settings, function)
    aws = with_own(aws, api.own_tables, api.own_functions, os.environ)
    for connector in api.connectors:
        connector.check(os.environ)
    resources = Resources(settings, os.environ, closing)
    session = _session(aws, "lambda", "dynamodb", "events")
    functions = _client("lambda", session, closing, lambda_.READ_S)
    impatient = _client("lambda", session, closing, lambda_.DEGRADABLE_READ_S)
    return (
        # First, since functions take longest: what the others need is prepared while they run.
        lambda_.LambdaProxies(functions, impatient, aws.functions, api.calls),
        _tables(aws, session, closing, api.operations),
        LazyAdapter(
            PUBLISHING.systems,
            partial(_event_bridge, aws, session, closing),
            _in_calls_of_event_bridge,
        ),
        *(
            LazyAdapter(each.systems, partial(each.make, resources), each.split)
            for each in api.connectors
        ),
    )


def proxy_adapters(aws: AwsSettings, api: Api, closing: ExitStack) -> Sequence[Adapter]:
    """Return what answers the questions to Lambda functions alone.

    Raises:
        InvalidInput: the environment says something to botocore that is wrong.
    """
    aws = with_own(aws, (), api.own_functions, os.environ)
    functions = _client("lambda", _session(aws, "lambda"), closing, lambda_.READ_S)
    return (lambda_.LambdaProxies(functions, functions, aws.functions, api.calls),)


def tables(aws: AwsSettings, api: Api, closing: ExitStack) -> Adapter:
    """Return what answers the questions to tables, and no others.

    Raises:
        InvalidInput: a name cannot be used, or the environment says something that no client can go
            by; names the variable.
    """
    aws = with_own(aws, api.own_tables, api.own_functions, os.environ)
    return _tables(aws, _session(aws, "dynamodb"), closing, api.operations)


def idv_adapters(aws: AwsSettings, closing: ExitStack) -> Sequence[Adapter]:
    """Return what answers the identity verification function.

    Raises:
        InvalidInput: the environment says something to botocore that is wrong.
    """
    session = _session(aws, "dynamodb", "rekognition")
    from fanscore_adapters.aws import rekognition  # noqa: PLC0415  # no other function needs it

    client = _client("rekognition", session, closing, rekognition.READ_S)
    return (_tables(aws, session, closing), rekognition.Rekognition(client))


def consumer_adapters(
    settings: Settings, aws: AwsSettings, closing: ExitStack
) -> Sequence[Adapter]:
    """Return what answers the consumers, but for the webhooks.

    Raises:
        InvalidInput: an endpoint is missing; names both if both are. Or as for the resolvers.
    """
    require(settings, Function.CONSUMERS)
    return (_tables(aws, _session(aws, "dynamodb"), closing),)


def score_objects(settings: Settings, aws: AwsSettings, closing: ExitStack) -> ObjectStore:
    """Return the store of an event's chunks of registrants, and of their scores.

    Raises:
        InvalidInput: as ``resolver_adapters``.
    """
    from fanscore_adapters.aws import object_store  # noqa: PLC0415  # no other function needs it

    require(settings, Function.CHUNKS)
    assert settings.scores_bucket  # noqa: S101  # it has just been required
    client = _client("s3", _session(aws, "s3"), closing, object_store.READ_S)
    return object_store.ObjectStore(client, settings.scores_bucket)


def _session(aws: AwsSettings, *services: str) -> AwsSession:
    session = AwsSession(aws.region)
    check_aws_environment(os.environ, session, services)
    return session


def _tables(
    aws: AwsSettings,
    session: AwsSession,
    closing: ExitStack,
    operations: Operations = OPERATIONS,
) -> dynamodb.DynamoDb:
    client = _client("dynamodb", session, closing, dynamodb.READ_S)
    return dynamodb.DynamoDb(client, aws.tables, operations=operations)


def _event_bridge(aws: AwsSettings, session: AwsSession, closing: ExitStack) -> Adapter:
    from fanscore_adapters.aws import eventbridge  # noqa: PLC0415  # few fields publish

    client = _client("events", session, closing, eventbridge.READ_S)
    return eventbridge.EventBridge(client, aws.event_bus)


def _in_calls_of_event_bridge(asks: Sequence[Ask], /) -> Sequence[Sequence[int]]:
    from fanscore_adapters.aws.eventbridge import EventBridge  # noqa: PLC0415  # few fields publish

    return EventBridge.split(asks)


def _client(service: str, session: AwsSession, closing: ExitStack, read_s: float) -> AwsClient:
    client = AwsClient(service, session, read_s)
    closing.callback(client.close)
    return client

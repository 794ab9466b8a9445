"""From settings to what erases a fan. Not deployed: no function may delete."""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import timedelta

from fanscore_adapters.embedded.event_store import KEPT, EventStore
from fanscore_adapters.erasure import EVENTS_KEPT, Erasure
from fanscore_adapters.sqlite.connection import Access
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.api import Api
from fanscore_appsync.settings import AwsSettings, Settings, with_own

LATE = timedelta(days=15)
"""How much later than the archive an event may be delivered on AWS: EventBridge tries for a day,
and a dead-letter queue keeps what fails for 14 days."""


def connect_erasure(
    settings: Settings,
    api: Api,
    closing: ExitStack,
    archived: timedelta | None = None,
    *,
    reads_only: bool,
) -> Erasure:
    """Wire what erases a fan.

    Args:
        settings: say where from.
        api: says what holds something of fans.
        closing: is given what to close in the end.
        archived: how long the archive on AWS keeps events; ``None`` for the template's default.
        reads_only: whether it only finds, and leaves a database as it is.

    Raises:
        InvalidInput: the database cannot be used, or the environment says something to botocore
            that is wrong.
    """
    if settings.aws is not None:
        return _on_aws(settings.aws, api, closing, EVENTS_KEPT if archived is None else archived)
    access = Access.READ if reads_only else Access.WRITE
    tables = closing.enter_context(SqliteTables(settings.database, access, own=api.own_tables))
    events = closing.enter_context(EventStore(settings.database, access))
    return Erasure(tables, events, api.tables, KEPT, others=tables.others)


def _on_aws(aws: AwsSettings, api: Api, closing: ExitStack, archived: timedelta) -> Erasure:
    # Only here: the SDK is big.
    from fanscore_adapters.aws.client import AwsClient, AwsSession  # noqa: PLC0415
    from fanscore_adapters.aws.environment import check_aws_environment  # noqa: PLC0415
    from fanscore_adapters.dynamodb.adapter import READ_S  # noqa: PLC0415
    from fanscore_adapters.dynamodb.partitions import DynamoDbPartitions  # noqa: PLC0415

    aws = with_own(aws, api.own_tables, (), os.environ)
    session = AwsSession(aws.region)
    check_aws_environment(os.environ, session, ("dynamodb",))
    client = AwsClient("dynamodb", session, READ_S)
    closing.callback(client.close)
    return Erasure(DynamoDbPartitions(client, aws.tables), None, api.tables, archived + LATE)

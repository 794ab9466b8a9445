"""What each deployed function asks of AWS, found in the steps of its pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import cast

import attrs

from fanscore_adapters.documents.idv import IDV_CALLS
from fanscore_adapters.documents.proxies import CALLS
from fanscore_adapters.items import tables
from fanscore_appsync.fields import FIELDS
from fanscore_appsync.idv_app import OPERATIONS
from fanscore_core.consumer_mark import Consumer
from fanscore_core.pipelines.consumers import CONSUMERS
from fanscore_core.systems import TABLES, UPSERT_USER
from tests.docs.generated import SYSTEMS, AnyPipeline, _asked

TABLE_ACTIONS = {
    "dynamodb:BatchGetItem": tables.LOOKUPS,
    "dynamodb:Query": tables.PREFIX_READS,
    "dynamodb:PutItem": tables.WRITES,
}
"""The action that each kind of question to a table takes."""

SERVICES = {call.service for call in (*CALLS.values(), *IDV_CALLS.values())}
"""What is a Lambda function."""


@attrs.frozen
class Needs:
    """What a function asks of.

    Attributes:
        systems: by their names in the user's document.
        actions: of each table, in IAM's words.
    """

    systems: frozenset[str]
    actions: Mapping[str, frozenset[str]]

    @property
    def services(self) -> frozenset[str]:
        """The Lambda functions among the systems."""
        return self.systems & SERVICES

    @property
    def variables(self) -> frozenset[str]:
        """The settings that say where these systems are."""
        tables_and_services = self.systems & {*TABLES, *SERVICES}
        others = (_OTHERS[each] for each in self.systems & _OTHERS.keys())
        return frozenset(
            {f"FANSCORE_{each.upper()}" for each in tables_and_services}.union(*others)
        )


_OTHERS = {
    UPSERT_USER: {"FANSCORE_EVENT_BUS"},
    "lnaa_api": {"FANSCORE_LNAA_URL", "FANSCORE_LNAA_TOKEN"},
    "notification_endpoint": {"FANSCORE_NOTIFICATION_URL"},
    "sync_endpoint": {"FANSCORE_SYNC_URL"},
    "rekognition": set[str](),
}


def _needs(pipelines: Iterable[object]) -> Needs:
    asked = [
        question
        for each in pipelines
        for step in cast("AnyPipeline", each).steps
        for question in _asked(cast("FunctionType", step.function), set())
    ]
    actions: dict[str, set[str]] = {}
    for question in asked:
        for action, kinds in TABLE_ACTIONS.items():
            if question in kinds:
                actions.setdefault(SYSTEMS[question], set()).add(action)
    return Needs(
        frozenset(SYSTEMS[question] for question in asked),
        {table: frozenset(each) for table, each in actions.items()},
    )


NEEDS: Mapping[str, Needs] = {
    "Resolver": _needs(field.pipeline for field in FIELDS.values()),
    "IdvCheckLiveness": _needs(operation.pipeline for operation in OPERATIONS.values()),
    **{
        f"{consumer.value.capitalize()}Consumer": _needs([CONSUMERS[consumer]])
        for consumer in Consumer
    },
}
"""The needs of each function, by its name in the template."""

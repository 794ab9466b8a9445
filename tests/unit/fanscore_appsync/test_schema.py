from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from importlib import resources
from typing import get_type_hints

import graphql
import pytest

from fanscore_appsync.fields import FIELDS
from fanscore_appsync.local.graphql.execution import appsync_schema
from fanscore_appsync.routes import demand_records as demand
from fanscore_appsync.routes.entries import entry
from fanscore_appsync.testing.routing import check_routing
from fanscore_appsync.testing.spelling import (
    SCALARS,
    graphql_classes,
    graphql_members,
    graphql_type,
)
from fanscore_core import ids
from fanscore_core.decision_receipt import JsonText
from fanscore_core.demand import DemandRecord, StoredDemandRecord, deletion
from fanscore_core.entry_record import EntryRecord, StoredEntry
from fanscore_core.merging import Stamp as DemandStamp
from fanscore_core.pipelines.demand_record import DemandRecordResult
from fanscore_core.signals import SIGNALS, Signal

SDL = (resources.files("fanscore_appsync") / "schema.graphql").read_text(encoding="utf-8")
SCHEMA = appsync_schema(SDL)

RESOLVED_TYPES = ("Query", "VFApi", "Demand", "Mutation")

NAMES: Mapping[object, str] = {
    **SCALARS,
    StoredDemandRecord: "DemandRecord",
    JsonText: "AWSJSON",
    Signal: "String",
    Mapping[Signal, int]: "ScoreBoosts",
}
"""What has another name in GraphQL than here."""

IDS_OF_OTHERS = {("Venue", "id"), ("EntryReceipt", "eventId")}
"""Ids that we pass on and never put in a key: any text."""


def _field(name: str) -> graphql.GraphQLField:
    parent, _, field = name.partition(".")
    kind = SCHEMA.type_map[parent]
    assert isinstance(kind, graphql.GraphQLObjectType)
    found: graphql.GraphQLField = kind.fields[field]
    return found


def _result_of(field: str) -> object:
    """Give the type of what the last step of a field's pipeline gives."""
    function = FIELDS[field].pipeline.steps[-1].function
    return get_type_hints(function)["return"]


def _values(kind: type) -> list[object]:
    assert issubclass(kind, Enum)
    return [member.value for member in kind]


CLASSES = graphql_classes([_result_of(field) for field in FIELDS], NAMES)
INPUTS = graphql_classes([field.given for field in FIELDS.values()], NAMES)


CONNECTIONS = {"Demand.records": "DemandRecord", "Demand.entries": "Entry"}
"""The fields that give pages, and of what."""


def test_the_schema_and_the_routing_table_agree() -> None:
    """Fields, arguments, input types and who may call are the same in schema and routing table."""
    assert check_routing(SDL, FIELDS) == []


@pytest.mark.parametrize("field", sorted({*FIELDS} - {*CONNECTIONS}))
def test_results_agree(field: str) -> None:
    """A field is nullable, and of the type that its pipeline gives."""
    result = graphql_type(_result_of(field), NAMES)
    assert str(_field(field).type) == result.removesuffix("!")


@pytest.mark.parametrize(("field", "item"), CONNECTIONS.items())
def test_pages_are_never_null(field: str, item: str) -> None:
    """A list is a page, and its items a list without holes."""
    assert str(_field(field).type) == f"{item}Connection!"
    connection = SCHEMA.type_map[f"{item}Connection"]
    assert isinstance(connection, graphql.GraphQLObjectType)
    types = {name: str(each.type) for name, each in connection.fields.items()}
    assert types == {"items": f"[{item}!]!", "nextToken": "String"}


@pytest.mark.parametrize("name", sorted(SCHEMA.type_map))
def test_types_agree(name: str) -> None:
    """Every object and enum of the schema has the members of the class of its name."""
    kind = SCHEMA.type_map[name]
    if name.startswith("__") or name in {
        *RESOLVED_TYPES,
        *CONNECTIONS.values(),
        *(f"{item}Connection" for item in CONNECTIONS.values()),
        "ScoreBoosts",
    }:
        return
    if isinstance(kind, graphql.GraphQLEnumType):
        assert list(kind.values) == _values({**CLASSES, **INPUTS}[name])
    if isinstance(kind, graphql.GraphQLObjectType):
        shown = {
            field: str(each.type).replace("ID", "String")
            if (name, field) in IDS_OF_OTHERS
            else str(each.type)
            for field, each in kind.fields.items()
        }
        assert shown == graphql_members(CLASSES[name], NAMES)


def test_boosts_are_those_of_the_signals() -> None:
    """``ScoreBoosts`` has the points of each signal that a policy must value, under its name."""
    kind = SCHEMA.type_map["ScoreBoosts"]
    assert isinstance(kind, graphql.GraphQLObjectType)
    shown = {name: str(field.type) for name, field in kind.fields.items()}
    assert shown == {signal.name: "Int!" for signal in SIGNALS if signal.required}


def test_a_demand_record_shows_the_members_of_its_type() -> None:
    """``DemandRecord`` is written with all of its members but ``event``, a field of its own."""
    kind = SCHEMA.type_map["DemandRecord"]
    assert isinstance(kind, graphql.GraphQLObjectType)
    stamp = DemandStamp(datetime.fromisoformat("2026-11-01T00:00:00+00:00"), "request")
    empty: DemandRecord = deletion(
        (ids.GlobalUserId("fan"), ids.EventId("event"), ids.SaleId("sale")), stamp
    )
    shown = demand.record(StoredDemandRecord(empty, 1, ()))
    assert {*shown, "event"} == set(kind.fields)
    assert get_type_hints(DemandRecordResult)["record"] == StoredDemandRecord | None


def test_an_entry_shows_the_members_of_its_type() -> None:
    """``Entry`` is written with all of its members."""
    kind = SCHEMA.type_map["Entry"]
    assert isinstance(kind, graphql.GraphQLObjectType)
    at = datetime.fromisoformat("2026-11-01T00:00:00+00:00")
    record = EntryRecord(ids.GlobalUserId("fan"), ids.CampaignId("campaign"), updated_at=at)
    assert set(entry(StoredEntry(record, 1, ()))) == set(kind.fields)

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from importlib import resources
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import attrs
import graphql
import pytest

from fanscore_adapters.structure import camel
from fanscore_appsync import demand
from fanscore_appsync.fields import FIELDS, NAMESPACES
from fanscore_core import ids, scalars
from fanscore_core.demand import DemandRecord, StoredDemandRecord, deletion
from fanscore_core.demand import Stamp as DemandStamp
from fanscore_core.pipelines.demand_record import DemandRecordResult
from fanscore_core.policy import Signal

AWS = """
directive @aws_api_key on FIELD_DEFINITION | OBJECT
directive @aws_iam on FIELD_DEFINITION | OBJECT
directive @aws_cognito_user_pools on FIELD_DEFINITION | OBJECT
scalar AWSDate
scalar AWSDateTime
scalar AWSEmail
scalar AWSJSON
scalar AWSPhone
"""
SDL = (resources.files("fanscore_appsync") / "schema.graphql").read_text(encoding="utf-8")
SCHEMA = graphql.build_schema(AWS + SDL)

MODES = ["aws_api_key", "aws_cognito_user_pools", "aws_iam"]
RESOLVED_TYPES = ("Query", "VFApi", "Demand", "Mutation")

SCALARS: Mapping[object, str] = {
    **dict.fromkeys(ids.ID_TYPES, "ID"),
    scalars.Email: "AWSEmail",
    scalars.PhoneNumber: "AWSPhone",
    scalars.Locale: "String",
    scalars.JsonObject: "AWSJSON",
    StoredDemandRecord: "DemandRecord",
    Signal: "String",
    bool: "Boolean",
    int: "Int",
    str: "String",
    Decimal: "Float",
    datetime: "AWSDateTime",
    date: "AWSDate",
}
IDS_OF_OTHERS = {("Venue", "id"), ("EntryReceipt", "eventId")}
"""Ids that we pass on and never put in a key: any text."""


def _type_of(annotation: object) -> str:
    """Spell a Python type as GraphQL does."""
    if get_origin(annotation) in {Union, UnionType}:
        (only,) = (each for each in get_args(annotation) if each is not type(None))
        return _type_of(only).removesuffix("!")
    if get_origin(annotation) is tuple:
        return f"[{_type_of(get_args(annotation)[0])}]!"
    name = SCALARS.get(annotation) or annotation.__name__  # type: ignore[attr-defined]
    return f"{name}!"


def _members(kind: type) -> dict[str, str]:
    hints = get_type_hints(kind)
    return {camel(field.name): _type_of(hints[field.name]) for field in attrs.fields(kind)}


def _resolved_fields() -> dict[str, graphql.GraphQLField]:
    """Give every field of the schema that needs a resolver."""
    types = {name: SCHEMA.get_type(name) for name in RESOLVED_TYPES}
    fields = {
        f"{name}.{field}": definition
        for name, kind in types.items()
        if isinstance(kind, graphql.GraphQLObjectType)
        for field, definition in kind.fields.items()
    }
    record = SCHEMA.get_type("DemandRecord")
    assert isinstance(record, graphql.GraphQLObjectType)
    return {**fields, "DemandRecord.event": record.fields["event"]}


def _result_of(field: str) -> object:
    """Give the type of what the last step of a field's pipeline gives."""
    function = FIELDS[field].pipeline.steps[-1].function
    return get_type_hints(function)["return"]


def _classes(kinds: list[object]) -> dict[str, type]:
    """Find every attrs class and enum that types are made of, by GraphQL name."""
    found: dict[str, type] = {}
    while kinds:
        kind = kinds.pop()
        kinds.extend(get_args(kind))
        if not isinstance(kind, type) or kind in SCALARS:
            continue
        if attrs.has(kind) and kind.__name__ not in found:
            found[kind.__name__] = kind
            kinds.extend(get_type_hints(kind)[field.name] for field in attrs.fields(kind))
        elif issubclass(kind, Enum):
            found[kind.__name__] = kind
    return found


def _values(kind: type) -> list[object]:
    assert issubclass(kind, Enum)
    return [member.value for member in kind]


CLASSES = _classes([_result_of(field) for field in FIELDS])
INPUTS = _classes([field.given for field in FIELDS.values()])


def test_the_schema_is_valid() -> None:
    """The schema is one that GraphQL accepts."""
    assert graphql.validate_schema(SCHEMA) == []


def test_every_field_has_a_route_and_every_route_a_field() -> None:
    """Schema and routing table name the same fields."""
    assert set(_resolved_fields()) == {*FIELDS, *NAMESPACES}


@pytest.mark.parametrize("field", sorted({*FIELDS} - {"DemandRecord.event"}))
def test_arguments_agree(field: str) -> None:
    """The arguments of a field have the types and nullability of what the resolver reads."""
    given = {name: str(arg.type) for name, arg in _resolved_fields()[field].args.items()}
    assert given == _members(FIELDS[field].given)


@pytest.mark.parametrize("field", sorted({*FIELDS} - {"Demand.records"}))
def test_results_agree(field: str) -> None:
    """A field is nullable, and of the type that its pipeline gives."""
    assert str(_resolved_fields()[field].type) == _type_of(_result_of(field)).removesuffix("!")


def test_records_are_never_null() -> None:
    """``Demand.records`` is a list without holes."""
    assert str(_resolved_fields()["Demand.records"].type) == "[DemandRecord!]!"


@pytest.mark.parametrize("name", sorted(SCHEMA.type_map))
def test_types_agree(name: str) -> None:
    """Every object, input and enum of the schema has the members of the class of its name."""
    kind = SCHEMA.type_map[name]
    if name.startswith("__") or name in {*RESOLVED_TYPES, "DemandRecord"}:
        return
    if isinstance(kind, graphql.GraphQLEnumType):
        assert list(kind.values) == _values({**CLASSES, **INPUTS}[name])
    if isinstance(kind, graphql.GraphQLInputObjectType):
        given = {field: str(each.type) for field, each in kind.fields.items()}
        assert given == _members(INPUTS[name])
    if isinstance(kind, graphql.GraphQLObjectType):
        shown = {
            field: str(each.type).replace("ID", "String")
            if (name, field) in IDS_OF_OTHERS
            else str(each.type)
            for field, each in kind.fields.items()
        }
        assert shown == _members(CLASSES[name])


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


def _modes(node: graphql.FieldDefinitionNode | graphql.ObjectTypeDefinitionNode | None) -> object:
    assert node is not None
    return sorted(directive.name.value for directive in node.directives or ())


def test_every_object_and_resolved_field_carries_all_modes() -> None:
    """Who may call what is decided by the resolver, so AppSync lets every mode through."""
    objects = [
        kind for kind in SCHEMA.type_map.values() if isinstance(kind, graphql.GraphQLObjectType)
    ]
    nodes = [kind.ast_node for kind in objects if not kind.name.startswith("__")]
    assert [_modes(node) for node in nodes] == [MODES] * len(nodes)
    fields = [field.ast_node for field in _resolved_fields().values()]
    assert [_modes(node) for node in fields] == [MODES] * len(fields)

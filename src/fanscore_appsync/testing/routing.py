"""Checks that a schema and a routing table fit each other, for who changes either."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import TypeAlias, get_type_hints

import attrs

from fanscore_appsync.api import Api
from fanscore_appsync.api_checks import ApiMisuse
from fanscore_appsync.fields import NAMESPACES, Field
from fanscore_appsync.testing.misuse import ExtraMissing
from fanscore_appsync.testing.spelling import graphql_classes, graphql_members

try:
    from graphql import (
        ConstDirectiveNode,
        FieldDefinitionNode,
        GraphQLEnumType,
        GraphQLError,
        GraphQLField,
        GraphQLInputObjectType,
        GraphQLObjectType,
        GraphQLSchema,
        ObjectTypeDefinitionNode,
        get_named_type,
        validate_schema,
    )

    from fanscore_appsync.local.graphql.auth_directives import Mode
    from fanscore_appsync.local.graphql.execution import appsync_schema
except ModuleNotFoundError as error:
    raise ExtraMissing(error.name) from error

Fields: TypeAlias = "Mapping[str, Field]"

MODES = frozenset(mode.value for mode in Mode)


def check(api: Api) -> Sequence[str]:
    """Load all of an API, and compare its schema with its fields: see ``check_routing``.

    Returns:
        Each difference in words; nothing if all agree.
    """
    try:
        api.check()
    except ApiMisuse as error:
        return [str(error)]
    return check_routing(api.sdl(), api.fields, api.namespaces)


def check_routing(
    schema_text: str, fields: Fields, namespaces: frozenset[str] = NAMESPACES
) -> Sequence[str]:
    """Compare a schema with a routing table.

    A field has a resolver if it is a field of ``Query``, ``Mutation`` or ``Subscription`` or of the
    type of a namespace, takes arguments, or repeats the authorization directives of its type.

    Args:
        schema_text: SDL as AppSync takes it, such as ``schema.graphql``.
        fields: the routing table, by parent type and name, such as ``FIELDS``.
        namespaces: the fields that only group others.

    Returns:
        Each difference in words, by name of the field or type; nothing if all agree. All agree if

        - the fields with a resolver are those of the table and the namespaces;
        - the arguments of each have the names, types and nullability of the members of the class
          ``given``, input types and enums included; or its parent has them, with ``from_source``;
        - each of them, and every object type, lets every caller through to the handler, which
          decides.
    """
    try:
        schema = appsync_schema(schema_text)
    except GraphQLError as error:
        return [f"the schema is not valid: {error.message}{_line_of(error)}"]
    except TypeError as error:
        return [f"the schema is not valid: {error}"]
    faults = [f"the schema is not valid: {error.message}" for error in validate_schema(schema)]
    if faults:
        return faults
    return sorted({*_unmatched(schema, fields, namespaces), *_of_rows(schema, fields, namespaces)})


def _line_of(error: GraphQLError) -> str:
    """Return the line of a mistake. Its number would count from the start of our schema."""
    if error.source is None or not error.locations:
        return ""
    line = re.split(r"\r\n|[\n\r]", error.source.body)[error.locations[0].line - 1].strip()
    return f" In: {line}" if line else ""


def _unmatched(schema: GraphQLSchema, fields: Fields, namespaces: frozenset[str]) -> Iterator[str]:
    defined = dict(_fields(schema))
    routed = {*fields, *namespaces}
    for name in routed - defined.keys():
        yield f"{name}: the schema has no such field"
    for name in defined.keys() - routed:
        if _has_resolver(name, schema, namespaces):
            yield f"{name}: the routing table has no such field"


def _of_rows(schema: GraphQLSchema, fields: Fields, namespaces: frozenset[str]) -> Iterator[str]:
    defined = dict(_fields(schema))
    for name in (*fields, *namespaces):
        if name in defined:
            yield from _closed(name, _own_modes(defined[name].ast_node))
    for name, row in fields.items():
        if name in defined:
            yield from _of_given(name, defined[name], row, schema)
    for name in namespaces & defined.keys():
        yield from _differences(name, "argument", _arguments(defined[name]), {}, "a namespace")
    for kind in _objects(schema):
        yield from _closed(kind.name, _own_modes(kind.ast_node))


def _of_given(
    name: str,
    field: GraphQLField,
    row: Field,
    schema: GraphQLSchema,
) -> Iterator[str]:
    given, class_name = graphql_members(row.given), row.given.__name__
    if row.from_source:
        parent = _parent(name, schema)
        shown = {each: str(field.type) for each, field in parent.fields.items() if each in given}
        yield from _differences(name, f"{parent.name}'s", shown, given, class_name)
        given, class_name = {}, "a field that is resolved from its parent"
    yield from _differences(name, "argument", _arguments(field), given, class_name)
    for kind in graphql_classes(get_type_hints(row.given).values()).values():
        yield from _of_class(kind, schema)


def _of_class(kind: type, schema: GraphQLSchema) -> Iterator[str]:
    name = kind.__name__
    match schema.type_map.get(name):
        case GraphQLInputObjectType(fields=members) if attrs.has(kind):
            shown = {each: str(field.type) for each, field in members.items()}
            yield from _differences(name, "member", shown, graphql_members(kind), "the class")
        case GraphQLEnumType(values=values) if issubclass(kind, Enum):
            ours = [str(member.value) for member in kind]
            for each in sorted({*values} ^ {*ours}):
                place = "schema" if each in values else "class"
                yield f"{name}: value {each} is in the {place} only"
        case _:
            yield f"{name}: the schema has no such input or enum type"


def _differences(
    name: str, what: str, shown: Mapping[str, str], ours: Mapping[str, str], owner: str
) -> Iterator[str]:
    """Compare names and types in the schema with those of a class."""
    for each in shown.keys() - ours.keys():
        yield f"{name}: {what} {each} is in the schema, and {owner} has none"
    for each in ours.keys() - shown.keys():
        yield f"{name}: {what} {each} is in {owner}, and the schema has none"
    for each in shown.keys() & ours.keys():
        if shown[each] != ours[each]:
            yield f"{name}: {what} {each} is {shown[each]} in the schema, {ours[each]} in {owner}"


def _closed(name: str, modes: Mapping[str, bool]) -> Iterator[str]:
    """Say in which modes a field or type lets not everybody through."""
    for mode in MODES - modes.keys():
        yield f"{name}: @{mode} is missing"
    for mode, is_for_all in modes.items():
        if not is_for_all:
            yield f"{name}: @{mode} is for some groups only"


def _own_modes(node: FieldDefinitionNode | ObjectTypeDefinitionNode | None) -> Mapping[str, bool]:
    """Return the modes of a node's own directives, and whether each is for all callers."""
    directives: Sequence[ConstDirectiveNode] = (node and node.directives) or ()
    return {each.name.value: not each.arguments for each in directives if each.name.value in MODES}


def _has_resolver(name: str, schema: GraphQLSchema, namespaces: frozenset[str]) -> bool:
    parent = _parent(name, schema)
    field = parent.fields[name.partition(".")[2]]
    own = _own_modes(field.ast_node)
    is_marked = bool(own) and own == _own_modes(parent.ast_node)
    return parent in _grouping(schema, namespaces) or bool(field.args) or is_marked


def _grouping(schema: GraphQLSchema, namespaces: frozenset[str]) -> Sequence[object]:
    """Return the types all of whose fields have resolvers."""
    roots = [schema.query_type, schema.mutation_type, schema.subscription_type]
    grouped = [get_named_type(field.type) for name, field in _fields(schema) if name in namespaces]
    return [*roots, *grouped]


def _parent(name: str, schema: GraphQLSchema) -> GraphQLObjectType:
    return next(kind for kind in _objects(schema) if kind.name == name.partition(".")[0])


def _fields(schema: GraphQLSchema) -> Iterator[tuple[str, GraphQLField]]:
    for kind in _objects(schema):
        for name, field in kind.fields.items():
            yield f"{kind.name}.{name}", field


def _objects(schema: GraphQLSchema) -> Sequence[GraphQLObjectType]:
    return [
        kind
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
    ]


def _arguments(field: GraphQLField) -> Mapping[str, str]:
    return {name: str(argument.type) for name, argument in field.args.items()}

"""Resolvers for CloudFormation, as YAML (AWS, "AWS::AppSync::Resolver")."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from textwrap import indent

import attrs

from fanscore_appsync.fields import Cache, Field
from fanscore_appsync.resolvers.javascript import (
    BATCH,
    RUNTIME_NAME,
    RUNTIME_VERSION,
    SINGLE,
    namespace_code,
    operation_of,
    resolver_code,
)

PLAIN_IDS = frozenset(
    {
        "Query.api",
        "Query.demand",
        "VFApi.accountFanscore",
        "VFApi.campaign",
        "VFApi.eligibility",
        "VFApi.phoneScore",
        "VFApi.livenessSession",
        "VFApi.lnaaMembership",
        "Demand.eventDetails",
        "Demand.records",
        "DemandRecord.event",
        "Mutation.demandRecordSave",
        "Mutation.demandRecordDelete",
        "Mutation.upsertEntry",
        "Mutation.checkLiveness",
        "Mutation.lnaaActivate",
    }
)
"""The fields that were deployed when parent and field were only joined.

Their resolvers keep their names. CloudFormation would make a renamed one before it removes the old
one, and AppSync takes only one for a field.
"""

_RUNTIME = f"{{Name: {RUNTIME_NAME}, RuntimeVersion: {RUNTIME_VERSION}}}"
_ESCAPES = str.maketrans({".": "00", "_": "01", "0": "02"})

_is_plain = re.compile(
    r"(?!(?i:y|yes|n|no|on|off|true|false|null)$)[A-Za-z_$][A-Za-z0-9_.]*"
).fullmatch
"""What YAML reads as a text where it stands without quotes (YAML 1.1, "Boolean" and "Null")."""


@attrs.frozen
class References:
    """How a template names what its resolvers need, as YAML.

    Attributes:
        api_id: the id of the API.
        function: the name of the data source that calls the resolver function.
        nothing: the name of the data source of the type ``NONE``, for namespaces.
        depends_on: the resource that must be made before a resolver; empty for none.
    """

    api_id: str
    function: str
    nothing: str
    depends_on: str = ""


NESTED = References("!Ref ApiId", "!Ref ResolverDataSource", "!Ref NamespaceDataSource")
"""The parameters of ``template``."""

_HEAD = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: The resolvers of a fanscore API, as `fanscore resolvers` writes them.

Parameters:
  ApiId:
    Type: String
    Description: Id of the AppSync API. It has the schema already.
  ResolverDataSource:
    Type: String
    Description: Name of its data source that calls the resolver function.
  NamespaceDataSource:
    Type: String
    Description: Name of its data source of the type NONE.
  ResponseHandler:
    Type: String
    Description: >-
      Whether errors carry errorInfo. "false" makes plain direct Lambda resolvers, where an error
      has its errorType and message alone.
    Default: "true"
    AllowedValues: ["true", "false"]

Conditions:
  WithResponseHandler: !Equals [!Ref ResponseHandler, "true"]

Mappings:
  # What AppSync runs itself, by how it calls the function.
  Code:
"""


def template(fields: Mapping[str, Field], namespaces: frozenset[str]) -> str:
    """Return a template that is whole: for a stack of its own, or one that is nested in another.

    Args:
        fields: the routing table.
        namespaces: the fields that only group others.
    """
    return "".join(
        (
            _HEAD,
            indent(code_map(), "    "),
            "\nResources:\n",
            indent(resolvers(fields, namespaces, NESTED), "  "),
        )
    )


def code_map() -> str:
    """Return the mapping ``Code``: CloudFormation takes no YAML aliases, and each text is once."""
    texts = {
        "Namespace": {SINGLE: namespace_code()},
        "Resolver": {operation: resolver_code(operation) for operation in (SINGLE, BATCH)},
    }
    return "".join(
        f"{name}:\n" + "".join(indent(literal(*each), "  ") for each in codes.items())
        for name, codes in texts.items()
    )


def resolvers(
    fields: Mapping[str, Field], namespaces: frozenset[str], references: References
) -> str:
    """Return the resources, for a template with ``code_map`` and ``WithResponseHandler``.

    Args:
        fields: the routing table.
        namespaces: the fields that only group others.
        references: how the template names what they need.
    """
    return "\n".join(
        (
            *(_namespace(name, references) for name in sorted(namespaces)),
            *(_field(name, field, references) for name, field in fields.items()),
        )
    )


def logical_id(name: str) -> str:
    """Return the name that a field's resolver has in a template.

    No two fields have the same: parent and field are joined with ``00``, and each ``0`` in them is
    escaped. (``Demand.recordEvent`` would otherwise be called like ``DemandRecord.event``.)
    """
    if name in PLAIN_IDS:
        parent, _, field = name.partition(".")
        return f"{parent}{field[0].upper()}{field[1:]}Resolver"
    return f"{name.translate(_ESCAPES)}Resolver"


def literal(name: str, text: str) -> str:
    """Return a member whose value is a text of several lines."""
    return f"{name}: |\n{indent(text, '  ')}"


def _namespace(name: str, references: References) -> str:
    return "".join(
        f"{line}\n"
        for line in (
            *_head(name, references),
            f"    DataSourceName: {references.nothing}",
            f"    Runtime: {_RUNTIME}",
            f"    Code: !FindInMap [Code, Namespace, {SINGLE}]",
        )
    )


def _field(name: str, field: Field, references: References) -> str:
    lines = [
        *_head(name, references),
        f"    DataSourceName: {references.function}",
        "    Runtime: !If",
        "      - WithResponseHandler",
        f"      - {_RUNTIME}",
        "      - !Ref AWS::NoValue",
        "    Code: !If",
        "      - WithResponseHandler",
        f"      - !FindInMap [Code, Resolver, {operation_of(field)}]",
        "      - !Ref AWS::NoValue",
    ]
    if field.batch_size:
        lines.append(f"    MaxBatchSize: {field.batch_size}")
    if field.cache:
        lines.extend(_caching(field.cache))
    return "".join(f"{line}\n" for line in lines)


def _head(name: str, references: References) -> Iterator[str]:
    parent, _, field = name.partition(".")
    yield f"{logical_id(name)}:"
    yield "  Type: AWS::AppSync::Resolver"
    if references.depends_on:
        yield f"  DependsOn: {references.depends_on}"
    yield "  Properties:"
    yield f"    ApiId: {references.api_id}"
    yield f"    TypeName: {_text(parent)}"
    yield f"    FieldName: {_text(field)}"
    yield "    Kind: UNIT"


def _caching(cache: Cache) -> Iterator[str]:
    yield "    CachingConfig:"
    yield f"      Ttl: {cache.ttl_s}"
    yield f"      CachingKeys: [{', '.join(_text(f'$context.{key}') for key in cache.keys)}]"


def _text(text: str) -> str:
    return text if _is_plain(text) else json.dumps(text)

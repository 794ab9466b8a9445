"""The HTTP requests for which AppSync would send the golden events."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

import attrs
from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLObjectType,
    NameNode,
    NullValueNode,
    ast_from_value,
    print_ast,
)

from fanscore_appsync.local.graphql.execution import api_schema
from fanscore_appsync.local.http.request import IAM_HEADER
from tests.golden.cases import EVENTS

Json = Mapping[str, object]

TOKEN = "golden-token"
PEER = "127.0.0.1"

NAMESPACES = {"VFApi": "api", "Demand": "demand"}
ROOTS = {"Query": "query", "Mutation": "mutation"}

SCHEMA = api_schema()


@attrs.frozen
class GoldenRequest:
    """A golden event, and the request that it comes from.

    Attributes:
        event: that AppSync sends.
        query: of the request.
        headers: likewise.
    """

    event: Json
    query: str
    headers: Sequence[tuple[str, str]]

    @property
    def expected(self) -> Json:
        """The event, with what tells one connection from another replaced.

        That is the address of the caller and the credentials.
        """
        event = dict(self.event)
        event.pop("envelope", None)
        identity = cast("Json | None", event["identity"])
        if identity is not None:
            event["identity"] = {**identity, "sourceIp": [PEER]}
        headers = dict(_headers(self.event))
        if headers.pop("authorization", None) is not None and not _is_role(self.event):
            headers["authorization"] = TOKEN
        event["request"] = {"headers": headers, "domainName": None}
        return event


def golden_request(name: str) -> GoldenRequest:
    """Make the request of a golden event of one field with arguments that GraphQL lets through."""
    event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return GoldenRequest(event, _query(event), tuple(_sent_headers(event)))


def _query(event: Json) -> str:
    info = cast("Json", event["info"])
    parent, field = str(info["parentTypeName"]), str(info["fieldName"])
    arguments = _arguments(parent, field, cast("Json", event["arguments"]))
    selected = f"{field}{arguments} {info['selectionSetGraphQL']}"
    if parent in ROOTS:
        return f"{ROOTS[parent]} {{ {selected} }}"
    return f"{{ {NAMESPACES[parent]} {{ {selected} }} }}"


def _arguments(parent: str, field: str, given: Json) -> str:
    kind = cast("GraphQLObjectType", SCHEMA.type_map[parent])
    definitions = kind.fields[field].args
    nodes = []
    for name, value in given.items():
        node = ast_from_value(value, definitions[name].type) or NullValueNode()
        nodes.append(ArgumentNode(name=NameNode(value=name), value=node))
    text = print_ast(FieldNode(name=NameNode(value="x"), arguments=tuple(nodes)))
    return text.removeprefix("x")


def _sent_headers(event: Json) -> list[tuple[str, str]]:
    sent = []
    for name, value in _headers(event).items():
        if name == "authorization":
            sent.append((IAM_HEADER, _role(event)) if _is_role(event) else (name, TOKEN))
        else:
            values = value if isinstance(value, list) else [value]
            sent += [(name, str(each)) for each in values]
    return sent


def _headers(event: Json) -> Json:
    request = cast("Json", event["request"])
    return cast("Json", request["headers"])


def _is_role(event: Json) -> bool:
    return "userArn" in cast("Json", event["identity"] or {})


def _role(event: Json) -> str:
    identity = cast("Json", event["identity"])
    return str(identity["username"]).partition(":")[2]

"""Executes GraphQL as AppSync does: the handler resolves each field of the routing table."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import cast

import attrs
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    default_field_resolver,
    execute,
)
from graphql.type import is_introspection_type

from fanscore_appsync.api import API, Api
from fanscore_appsync.local.graphql.auth_directives import DIRECTIVES, admission
from fanscore_appsync.local.graphql.aws_scalars import SCALARS
from fanscore_appsync.local.graphql.handler_calls import HandlerCalls
from fanscore_appsync.local.graphql.limits import DEFAULT_LIMITS, Limits
from fanscore_appsync.local.graphql.parsing import Document, Documents, Refused, is_query
from fanscore_appsync.local.graphql.replies import FieldError, Reply
from fanscore_appsync.local.graphql.resolver_cache import ResolverCache
from fanscore_appsync.local.graphql.resolving import (
    GraphQLRequest,
    Resolving,
    Route,
    not_authorized,
)
from fanscore_appsync.local.graphql.trace_extension import TracedField


@attrs.frozen
class GraphQLResponse:
    """What a GraphQL request came to.

    Attributes:
        data: of the operation; ``None`` also if it was not executed.
        errors: in the order in which they came up.
        executed: whether the operation was executed.
        resolved: how fields were resolved.
    """

    data: Mapping[str, object] | None
    errors: Sequence[GraphQLError] = ()
    executed: bool = True
    resolved: Sequence[TracedField] = ()


class MutationByGet(Exception):
    """A request that may only read asks for a mutation."""


def api_schema(api: Api = API) -> GraphQLSchema:
    """Make the schema of an API."""
    return appsync_schema(api.sdl())


def appsync_schema(text: str) -> GraphQLSchema:
    """Make a schema of SDL as AppSync takes it, which knows AppSync's directives and scalars."""
    scalars = "\n".join(f"scalar {name}" for name in SCALARS)
    schema = build_schema(f"{DIRECTIVES}\n{scalars}\n{text}")
    for name, scalar in SCALARS.items():
        for part in ("coerce_output_value", "coerce_input_value", "coerce_input_literal"):
            setattr(schema.type_map[name], part, getattr(scalar, part))
    return schema


class GraphQL:
    """Executes requests, on one event loop."""

    def __init__(
        self,
        handler: HandlerCalls,
        limits: Limits = DEFAULT_LIMITS,
        api: Api = API,
        schema: GraphQLSchema | None = None,
    ) -> None:
        """Make an executor.

        Args:
            handler: resolves the fields of the routing table.
            limits: of requests.
            api: whose fields the handler resolves.
            schema: another than that of the API; of ``appsync_schema``, and for this alone.
        """
        self._handler = handler
        self._limits = limits
        self._schema = schema or api_schema(api)
        _attach_resolvers(self._schema, api)
        self._documents = Documents(self._schema, self._limits)
        self._cache = ResolverCache[Reply](monotonic, lambda reply: reply.is_data)

    async def execute(
        self, request: GraphQLRequest, expires_at: float | None = None
    ) -> GraphQLResponse:
        """Execute a request.

        Args:
            request: what is asked.
            expires_at: when it must have been answered, by ``time.monotonic``; the default is as
                the limits say.

        Raises:
            MutationByGet: it may only read, and asks for a mutation.
        """
        if expires_at is None:
            expires_at = monotonic() + self._limits.request_s
        try:
            document = self._documents.read(request.query)
            operation = document.operation(request.operation)
        except Refused as refused:
            return GraphQLResponse(None, refused.errors, executed=False)
        if request.only_reads and not is_query(operation):
            raise MutationByGet
        resolving = Resolving(
            self._handler, self._cache, request, document, expires_at, self._limits.request_s
        )
        try:
            async with asyncio.timeout_at(expires_at):  # the clock of the loop is `monotonic`
                result = await self._execute(document, resolving)
        except TimeoutError:
            late = FieldError("The request took too long", "ExecutionTimeout")
            return GraphQLResponse(None, [GraphQLError(str(late), original_error=late)])
        errors = result.errors or []
        executed = result.data is not None or any(error.path for error in errors)
        return GraphQLResponse(result.data, errors, executed, resolving.resolved)

    async def _execute(self, document: Document, resolving: Resolving) -> ExecutionResult:
        result = execute(
            self._schema,
            document.node,
            context_value=resolving,
            variable_values=dict(resolving.request.variables),
            operation_name=resolving.request.operation,
            hide_suggestions=not self._limits.introspection,
        )
        return result if isinstance(result, ExecutionResult) else await result


def _attach_resolvers(schema: GraphQLSchema, api: Api) -> None:
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not is_introspection_type(kind):
            for name, field in kind.fields.items():
                _attach_resolver(kind, name, field, api)


def _attach_resolver(kind: GraphQLObjectType, name: str, field: GraphQLField, api: Api) -> None:
    of_field = (field.ast_node and field.ast_node.directives) or ()
    of_type = (kind.ast_node and kind.ast_node.directives) or ()
    full_name = f"{kind.name}.{name}"
    route = Route(full_name, admission(of_field, of_type), api.fields.get(full_name))
    is_routed = full_name in api.fields or full_name in api.namespaces

    def resolve(source: object, info: GraphQLResolveInfo[object], /, **arguments: object) -> object:
        resolving = cast("Resolving", info.context)
        if not route.admission.admits(resolving.request.caller):
            raise not_authorized(info)
        if is_routed:
            return resolving.resolve(route, source, info, arguments)
        return default_field_resolver(source, info, **arguments)

    if is_routed or not route.admission.admits_all:
        field.resolve = resolve

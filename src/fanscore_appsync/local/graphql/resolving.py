"""Resolves the fields of one request: an event for each, through cache and batch to the handler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic

import attrs
from graphql import GraphQLResolveInfo

from fanscore_appsync.fields import Field
from fanscore_appsync.local.graphql.auth_directives import Admission, HttpCaller
from fanscore_appsync.local.graphql.handler_calls import Event, HandlerCalls
from fanscore_appsync.local.graphql.parsing import Document
from fanscore_appsync.local.graphql.replies import FieldError, Reply
from fanscore_appsync.local.graphql.resolver_cache import ResolverCache
from fanscore_appsync.local.graphql.selection import selection_list, selection_text
from fanscore_appsync.local.graphql.trace_extension import TracedField

Arguments = Mapping[str, object]


@attrs.frozen
class GraphQLRequest:
    """A GraphQL request.

    Attributes:
        query: the text of the document.
        variables: as the client gave them.
        operation: the name of the operation to execute, of a document with several.
        caller: who asks.
        headers: of the HTTP request, as AppSync hands them on.
        only_reads: whether mutations are refused, as for ``GET``.
    """

    query: str
    variables: Mapping[str, object]
    operation: str | None
    caller: HttpCaller
    headers: Mapping[str, object]
    only_reads: bool = False


@attrs.frozen
class Route:
    """A field of the schema that has something to be said about beyond its type.

    Attributes:
        name: parent type and name.
        admission: who may pass it.
        field: of the routing table; ``None`` for a namespace.
    """

    name: str
    admission: Admission
    field: Field | None = None


@attrs.define
class Resolving:
    """The fields of one request, while they are resolved.

    Attributes:
        handler: answers events.
        cache: of the fields that have one.
        request: whose fields they are.
        document: of the request.
        expires_at: when it must have been answered, by ``time.monotonic``.
        shared_s: how long a call may take that others share through the cache: whoever comes
            first may have less time left than they do.
        resolved: the fields so far, in the order in which they were.
    """

    handler: HandlerCalls
    cache: ResolverCache[Reply]
    request: GraphQLRequest
    document: Document
    expires_at: float
    shared_s: float
    resolved: list[TracedField] = attrs.field(factory=list)
    _batches: dict[tuple[str, ...], list[tuple[Event, asyncio.Future[Reply]]]] = attrs.field(
        factory=dict
    )

    def resolve(
        self, route: Route, source: object, info: GraphQLResolveInfo[object], arguments: Arguments
    ) -> object:
        """Resolve a field: to its data, or to what will become that.

        Raises:
            FieldError: the namespace has no data.
        """
        event = self._event(source, info, arguments)
        if route.field is None:  # asks nobody, so that no thread is needed
            return self._shown(route, info, self.handler.call(event, self.expires_at))
        start = self._start(route.field, event, info)
        key = _cache_key(route, event)
        if key is None or route.field.cache is None:
            return self._awaited(route, info, start(), is_cached=False)
        future, is_cached = self.cache.fetch(key, route.field.cache.ttl_s, start)
        return self._awaited(route, info, future, is_cached=is_cached)

    def _start(
        self, field: Field, event: Event, info: GraphQLResolveInfo[object]
    ) -> Callable[[], asyncio.Future[Reply]]:
        expires_at = self.expires_at if field.cache is None else monotonic() + self.shared_s
        if field.batch_size:
            return partial(self._join_batch, event, info, field.batch_size, expires_at)
        return partial(self.handler.start, event, expires_at)

    def _event(
        self, source: object, info: GraphQLResolveInfo[object], arguments: Arguments
    ) -> dict[str, object]:
        selected, text = self._selection(info)
        return {
            "arguments": arguments,
            "identity": self.request.caller.identity,
            "source": source,
            "request": {"headers": self.request.headers, "domainName": None},
            "prev": None,
            "stash": {},
            "info": {
                "fieldName": info.field_name,
                "parentTypeName": info.parent_type.name,
                "variables": self.request.variables,
                "selectionSetList": list(selected),
                "selectionSetGraphQL": text,
            },
        }

    def _selection(self, info: GraphQLResolveInfo[object]) -> tuple[Sequence[str], str]:
        if self.document.conditional:
            return selection_list(info), selection_text(info.field_nodes)
        nodes = tuple(map(id, info.field_nodes))
        known = self.document.selections.get(nodes)
        if known is None:
            known = selection_list(info), selection_text(info.field_nodes)
            self.document.selections[nodes] = known
        return known

    def _join_batch(
        self, event: Event, info: GraphQLResolveInfo[object], batch_size: int, expires_at: float
    ) -> asyncio.Future[Reply]:
        """Wait with an event until the rest of its list is there."""
        loop = asyncio.get_running_loop()
        key = tuple(each for each in info.path.as_list() if isinstance(each, str))
        if key not in self._batches:
            self._batches[key] = []
            loop.call_soon(self._send_batch, key, batch_size, expires_at)
        future: asyncio.Future[Reply] = loop.create_future()
        self._batches[key].append((event, future))
        return future

    def _send_batch(self, key: tuple[str, ...], batch_size: int, expires_at: float) -> None:
        joined = self._batches.pop(key)
        for start in range(0, len(joined), batch_size):
            part = joined[start : start + batch_size]
            call = self.handler.start_batch([event for event, _ in part], expires_at)
            call.add_done_callback(partial(_hand_out, [future for _, future in part]))

    async def _awaited(
        self,
        route: Route,
        info: GraphQLResolveInfo[object],
        future: asyncio.Future[Reply],
        *,
        is_cached: bool,
    ) -> object:
        return self._shown(route, info, await future, is_cached=is_cached)

    def _shown(
        self,
        route: Route,
        info: GraphQLResolveInfo[object],
        reply: Reply,
        *,
        is_cached: bool = False,
    ) -> object:
        if route.field is not None:
            path = info.path.as_list()
            self.resolved.append(TracedField(path, route.name, is_cached, reply))
        if reply.error is not None:
            raise _own(reply.error)
        return reply.data


def not_authorized(info: GraphQLResolveInfo[object]) -> FieldError:
    """Make the error of a caller who may not pass a field."""
    message = f"Not Authorized to access {info.field_name} on type {info.parent_type.name}"
    return FieldError(message, "Unauthorized")


def _own(error: FieldError) -> FieldError:
    """Copy an error: it is raised once for each of those who share it."""
    return attrs.evolve(error)


def _hand_out(
    futures: Sequence[asyncio.Future[Reply]], call: asyncio.Future[Sequence[Reply]]
) -> None:
    for future, reply in zip(futures, call.result(), strict=True):
        if not future.done():
            future.set_result(reply)


def _cache_key(route: Route, event: Event) -> tuple[str, ...] | None:
    """Return what a field is cached by; ``None`` if it is not cached, or lacks a part of that."""
    if route.field is None or route.field.cache is None:
        return None
    parts = [_member(event, key.split(".")) for key in route.field.cache.keys]
    if not all(isinstance(part, str) for part in parts):
        return None
    return (route.name, *map(str, parts))


def _member(document: object, path: Sequence[str]) -> object:
    """Return what lies there; ``None`` if nothing does, such as in an API key's identity."""
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document

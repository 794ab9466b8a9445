"""The gateway: the API over HTTP on one machine, and the console that shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from http import HTTPStatus
from time import monotonic

import attrs
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from fanscore_appsync.local.graphql.auth_directives import HttpCaller
from fanscore_appsync.local.graphql.execution import GraphQL, MutationByGet
from fanscore_appsync.local.graphql.limits import DEFAULT_LIMITS, Limits
from fanscore_appsync.local.graphql.resolving import GraphQLRequest
from fanscore_appsync.local.graphql.trace_extension import write_trace
from fanscore_appsync.local.http.console_files import ConsoleFiles
from fanscore_appsync.local.http.credentials import Credentials, service_caller
from fanscore_appsync.local.http.lab_pages import LAB_PAGES, lab_page
from fanscore_appsync.local.http.request import (
    CLOSE,
    JSON,
    MALFORMED,
    Parameters,
    Unacceptable,
    accepted_type,
    appsync_headers,
    check_content_type,
    check_headers,
    is_from_this_machine,
    parameters_of_body,
    parameters_of_url,
    parse_json,
    read_body,
)
from fanscore_appsync.local.http.response import json_response, write_response, write_unacceptable
from fanscore_appsync.local.http.workbench_pages import WORKBENCH_PAGES, workbench_page
from fanscore_appsync.local.policy_lab import PolicyLab
from fanscore_appsync.local.workbench import Workbench
from fanscore_core.errors import InvalidInput

TRACE_HEADER = "x-fanscore-trace"

(_GRAPHQL, _TOKEN, _API_KEY) = ("/graphql", "/dev/token", "/dev/api-key")
_AS_SERVICE = "/dev/workbench/graphql"
_OF_WORKBENCH = frozenset({_AS_SERVICE, *WORKBENCH_PAGES})
_PATHS = (_GRAPHQL, _TOKEN, _API_KEY, *_OF_WORKBENCH, *LAB_PAGES)

Endpoint = Callable[[HttpRequest], Awaitable[HttpResponse]]


@attrs.frozen
class Development:
    """What only a gateway on a developer's machine gives away, and to that machine alone.

    Attributes:
        make_token: signs a token for a ``sub`` with groups.
        api_key: good for calls.
        lab: where policies are tried out.
        workbench: what the console's views of fans and events stand on.
    """

    make_token: Callable[[str, Sequence[str]], str] | None = None
    api_key: str | None = None
    lab: PolicyLab | None = None
    workbench: Workbench | None = None


NOTHING = Development()


@attrs.frozen
class Gateway:
    """The endpoints.

    Attributes:
        graphql: executes requests.
        credentials: tell who asks.
        report: logs an unforeseen error, and gives the id to find it by.
        threads: to check tokens in. They wait for keys there, so nothing else may need them.
        limits: of requests.
        hosts: the names that the gateway goes by; ``None`` for any.
        origins: of pages elsewhere that may call.
        is_traceable: whether who asks for it is shown how a response came about.
        development: what is given to a developer.
    """

    graphql: GraphQL
    credentials: Credentials
    report: Callable[[Exception], str]
    threads: Executor
    limits: Limits = DEFAULT_LIMITS
    hosts: frozenset[str] | None = None
    origins: tuple[str, ...] = ()
    is_traceable: bool = False
    development: Development = NOTHING

    @property
    def app(self) -> ASGIApp:
        """The ASGI application."""
        routes = [
            Route(_GRAPHQL, self._endpoint(self._graphql), methods=["GET", "POST"]),
            Route(_TOKEN, self._endpoint(self._token), methods=["POST"]),
            Route(_API_KEY, self._endpoint(self._api_key), methods=["GET"]),
            *(
                Route(path, self._endpoint(self._lab), methods=[each.method])
                for path, each in LAB_PAGES.items()
            ),
            Route(_AS_SERVICE, self._endpoint(self._graphql_as_service), methods=["POST"]),
            *(
                Route(path, self._endpoint(self._workbench), methods=[each.method])
                for path, each in WORKBENCH_PAGES.items()
            ),
            Route("/{path:path}", self._files.answer, methods=["GET"]),
        ]
        cors = Middleware(
            CORSMiddleware,
            allow_origins=self.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-api-key", TRACE_HEADER],
        )
        return _Entrance(
            Starlette(
                routes=routes,
                middleware=[cors] if self.origins else [],
                exception_handlers={HTTPException: self._not_found},
            ),
            self.hosts,
        )

    def _endpoint(self, answer: Endpoint) -> Endpoint:
        async def endpoint(request: HttpRequest) -> HttpResponse:
            content_type = accepted_type(request.headers.get("accept"))
            try:
                return await answer(request)
            except Unacceptable as error:
                return write_unacceptable(error, content_type)
            except ClientDisconnect:
                return HttpResponse(status_code=400)  # nobody reads it
            except Exception as error:  # noqa: BLE001  # no traceback reaches a caller
                info = {"code": "INTERNAL", "id": self.report(error)}
                internal = Unacceptable(500, "500", "Internal error", info)
                return write_unacceptable(internal, content_type)

        return endpoint

    async def _graphql(self, request: HttpRequest) -> HttpResponse:
        expires_at = monotonic() + self.limits.request_s
        caller = await self._caller(request, expires_at)
        return await self._executed(request, caller, expires_at)

    async def _graphql_as_service(self, request: HttpRequest) -> HttpResponse:
        """Execute a request of the console as a service."""
        self._workbench_for(request)
        expires_at = monotonic() + self.limits.request_s
        return await self._executed(request, service_caller(request), expires_at)

    async def _executed(
        self, request: HttpRequest, caller: HttpCaller, expires_at: float
    ) -> HttpResponse:
        parameters = await self._parameters(request, expires_at)
        asked = GraphQLRequest(
            parameters.query,
            parameters.variables,
            parameters.operation,
            caller,
            appsync_headers(request),
            only_reads=request.method != "POST",
        )
        try:
            response = await self.graphql.execute(asked, expires_at)
        except MutationByGet as error:
            message = "Mutations are for POST only"
            raise Unacceptable(
                405, "MethodNotAllowed", message, headers={"allow": "POST"}
            ) from error
        is_traced = self.is_traceable and request.headers.get(TRACE_HEADER) == "1"
        extensions = {"fanscore": write_trace(response.resolved)} if is_traced else None
        content_type = accepted_type(request.headers.get("accept"))
        return write_response(response, content_type, extensions)

    async def _caller(self, request: HttpRequest, expires_at: float) -> HttpCaller:
        if "authorization" not in request.headers:
            return self.credentials.caller(request)
        loop = asyncio.get_running_loop()  # its clock is `monotonic`
        try:
            async with asyncio.timeout_at(expires_at):
                return await loop.run_in_executor(self.threads, self.credentials.caller, request)
        except TimeoutError:
            message = "Tokens cannot be checked now"
            raise Unacceptable(503, "ServiceUnavailable", message) from None

    async def _parameters(self, request: HttpRequest, expires_at: float) -> Parameters:
        if request.method != "POST":
            return parameters_of_url(request.query_params)
        return parameters_of_body(await self._body(request, expires_at))

    async def _body(self, request: HttpRequest, expires_at: float) -> bytes:
        check_content_type(request.headers)
        try:
            async with asyncio.timeout_at(expires_at):  # the clock of the loop is `monotonic`
                return await read_body(request, self.limits)
        except TimeoutError:
            message = "The request came too slowly"
            raise Unacceptable(408, "RequestTimeout", message, headers=CLOSE) from None

    async def _token(self, request: HttpRequest) -> HttpResponse:
        make_token = self.development.make_token
        if make_token is None or not _is_from_here(request):
            raise Unacceptable(404, "NotFound", "There is no such page")
        body = await self._body(request, monotonic() + self.limits.request_s)
        sub, groups = _token_request(parse_json(body, "The body"))
        try:
            token = await asyncio.to_thread(make_token, sub, groups)
        except InvalidInput as error:
            raise Unacceptable(400, MALFORMED, str(error)) from error
        return json_response({"token": token}, 200, JSON)

    async def _api_key(self, request: HttpRequest) -> HttpResponse:
        if self.development.api_key is None or not _is_from_here(request):
            raise Unacceptable(404, "NotFound", "There is no such page")
        return json_response({"apiKey": self.development.api_key}, 200, JSON)

    async def _lab(self, request: HttpRequest) -> HttpResponse:
        lab = self.development.lab
        if lab is None or not _is_from_here(request):
            raise Unacceptable(404, "NotFound", "There is no such page")
        given, expires_at = await self._given(request)
        return await asyncio.to_thread(lab_page, lab, request.url.path, given, expires_at)

    async def _workbench(self, request: HttpRequest) -> HttpResponse:
        workbench = self._workbench_for(request)
        given, expires_at = await self._given(request)
        return await asyncio.to_thread(workbench_page, workbench, request, given, expires_at)

    async def _given(self, request: HttpRequest) -> tuple[object, float]:
        """Return what a request gives, by its address or its body, and when it must be answered."""
        expires_at = monotonic() + self.limits.request_s
        if request.method != "POST":
            return dict(request.query_params), expires_at
        return parse_json(await self._body(request, expires_at), "The body"), expires_at

    def _workbench_for(self, request: HttpRequest) -> Workbench:
        workbench = self.development.workbench
        is_named = request.method != "POST" or "origin" in request.headers
        if workbench is None or not _is_from_here(request) or not is_named:
            raise Unacceptable(404, "NotFound", "There is no such page")
        return workbench

    async def _not_found(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """Write that there is no such page, or none for this method."""
        found = error if isinstance(error, HTTPException) else HTTPException(404)
        is_method = found.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        if is_method and not await self._is_page(request.scope):
            found = HTTPException(404)
        status, headers = found.status_code, dict(found.headers or {})
        if "Allow" in headers:
            headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
        kind, message = _PAGE_ERRORS.get(status, ("BadRequest", "The request cannot be answered"))
        content_type = accepted_type(request.headers.get("accept"))
        unacceptable = Unacceptable(status, kind, message, headers=headers)
        return write_unacceptable(unacceptable, content_type)

    async def _is_page(self, scope: Scope) -> bool:
        """Whether there is a page of this path, for whatever method."""
        if scope["path"] in _PATHS:
            return self._has(scope["path"])
        return await self._files.have(scope)

    def _has(self, path: str) -> bool:
        """Whether a page is there, of those that only loopback has."""
        if path in _OF_WORKBENCH:
            return self.development.workbench is not None
        return path not in LAB_PAGES or self.development.lab is not None

    @property
    def _files(self) -> ConsoleFiles:
        return ConsoleFiles(has_workbench=self.development.workbench is not None)


@attrs.frozen
class _Entrance:
    """Refuses requests by their headers alone: those that none should read, or for other hosts.

    A page elsewhere can have its own host name point to this machine (DNS rebinding), and its
    browser then takes the gateway for a part of that page.
    """

    app: ASGIApp
    hosts: frozenset[str] | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._check(scope)
            except Unacceptable as error:
                await write_unacceptable(error, JSON)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        check_headers(scope["headers"])
        if self.hosts is not None:
            name = _host_name(HttpRequest(scope).headers.get("host", ""))
            if name not in self.hosts:
                raise Unacceptable(421, "MisdirectedRequest", "This is another host")


def _host_name(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _is_from_here(request: HttpRequest) -> bool:
    """Whether a request comes from this machine, and from no page but the gateway's own."""
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    # A page elsewhere may load or open an address without saying who it is; its browser says so.
    site = request.headers.get("sec-fetch-site")
    is_own = origin in {None, own} and site in {None, "none", "same-origin"}
    return is_from_this_machine(request) and is_own


def _token_request(document: object) -> tuple[str, Sequence[str]]:
    match document:
        case {"sub": str(sub), **rest} if sub and rest.keys() <= {"groups"}:
            groups = rest.get("groups", [])
            if isinstance(groups, list) and all(isinstance(each, str) for each in groups):
                return sub, groups
    raise Unacceptable(400, MALFORMED, 'Expected {"sub": "...", "groups": ["..."]}')


_PAGE_ERRORS = {
    404: ("NotFound", "There is no such page"),
    405: ("MethodNotAllowed", "The page is not for this method"),
}

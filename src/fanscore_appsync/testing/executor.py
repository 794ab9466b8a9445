"""Executes GraphQL in process: the real schema, the real resolver, and one's own answers.

It is the gateway's execution without HTTP, threads and limits of time, so that a test is over at
once, runs the same each time, and can be stepped through.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from itertools import count
from math import inf
from typing import ParamSpec, TypeAlias, TypeVar

import attrs

from fanscore_appsync.api import API, Api
from fanscore_appsync.app import App, Response
from fanscore_appsync.testing.identities import Identity
from fanscore_appsync.testing.misuse import ExtraMissing, KitMisuse
from fanscore_core.engine.question import Question, Source
from fanscore_core.engine.stubs import Answers
from fanscore_core.engine.trace import Trace
from fanscore_core.ids import RequestId
from fanscore_core.policy import ScorePolicy
from fanscore_core.policy_book import PolicyBook

try:
    from fanscore_appsync.local.graphql.auth_directives import HttpCaller, Mode
    from fanscore_appsync.local.graphql.execution import GraphQL, GraphQLResponse
    from fanscore_appsync.local.graphql.handler_calls import HandlerCalls
    from fanscore_appsync.local.graphql.resolving import GraphQLRequest
    from fanscore_appsync.local.graphql.trace_extension import TracedField
    from fanscore_appsync.local.http.response import error_object
except ModuleNotFoundError as error:
    raise ExtraMissing(error.name) from error

ParamsT = ParamSpec("ParamsT")
ResultT = TypeVar("ResultT")

GivenAnswers: TypeAlias = (
    "Mapping[Question[object], object] | Iterable[tuple[Question[object], object]]"
)
"""Questions with their answers: pairs made with ``answer``, or a dictionary of them."""

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
"""The time that it is, unless a test says otherwise."""


@attrs.frozen
class Executed:
    """The result of a GraphQL request.

    Attributes:
        data: of the response.
        errors: of the response, as AppSync writes them; empty if there are none.
        events: what AppSync would have sent to the resolver, in order; a list for a batch.
        resolved: how each field came about: from which call, or from the cache.
        unforeseen: the errors behind those of the response with the code ``INTERNAL``, which have
            the error's text for an ``id``.
    """

    data: Mapping[str, object] | None
    errors: Sequence[Mapping[str, object]]
    events: Sequence[object]
    resolved: Sequence[TracedField]
    unforeseen: Sequence[Exception]

    def trace(self, path: str) -> Trace:
        """Return what the steps of a field did, and what they asked.

        Args:
            path: of the field in the response, such as ``api/accountFanscore``.

        Raises:
            KitMisuse: no pipeline ran for that field alone.
        """
        __tracebackhide__ = True
        traces = {
            "/".join(map(str, each.path)): each.reply.trace
            for each in self.resolved
            if each.reply.trace is not None
        }
        if path not in traces:
            known = ", ".join(traces) or "nothing"
            raise KitMisuse(path, f"no pipeline ran for it alone; one did for {known}")
        return traces[path]


@attrs.frozen
class Fanscore:
    """The API, to be asked in a test.

    Attributes:
        policy: decides scores, or a book of policies; ``None`` for the default of the API.
        now: the time that it is, with offset.
        api: one's own API.
    """

    policy: ScorePolicy | PolicyBook | None = None
    now: datetime = NOW
    api: Api = API

    def graphql(
        self,
        query: str,
        *,
        as_: Identity | None = None,
        answers: GivenAnswers | Source = (),
        headers: Mapping[str, object] | None = None,
        variables: Mapping[str, object] | None = None,
        operation: str | None = None,
    ) -> Executed:
        """Execute a request. Nothing of an earlier one is remembered, in the cache either.

        Request ids that the client does not give are ``request-1``, ``request-2`` and so on.

        Args:
            query: a GraphQL document.
            as_: who asks; ``None`` with an API key.
            answers: what is answered when a pipeline asks: see ``GivenAnswers``; or a source.
            headers: of the HTTP request; ``API_KEY_HEADERS`` with an API key.
            variables: of the operation.
            operation: the name of the operation, of a document with several.

        Raises:
            KitMisuse: the caller is one that AppSync would turn away with HTTP status 401, or an
                event loop is running.
        """
        __tracebackhide__ = True
        _check_no_loop_runs()
        caller = HttpCaller(_mode(as_, headers or {}), as_)
        request = GraphQLRequest(
            query, dict(variables or {}), operation, caller, dict(headers or {})
        )
        return _execute(self, _source(answers), request)


def _check_no_loop_runs() -> None:
    __tracebackhide__ = True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise KitMisuse(
        "graphql",
        "an event loop is running; call it in a test without `async`, "
        "or as `await asyncio.to_thread(fanscore.graphql, ...)`",
    )


def _mode(identity: Identity | None, headers: Mapping[str, object]) -> Mode:
    __tracebackhide__ = True
    has_key = any(name.lower() == "x-api-key" for name in headers)
    match identity:
        case None if has_key:
            return Mode.API_KEY
        case _ if has_key:
            raise KitMisuse(
                "as_", "a caller has an identity or an API key in the headers, not both"
            )
        case {"userArn": _}:
            return Mode.IAM
        case {"username": _}:
            return Mode.USER_POOL
        case None:
            raise KitMisuse("as_", "nobody asks, and there is no API key in the headers")
        case _:
            raise KitMisuse("as_", "the API is for Cognito users, IAM and API keys")


def _source(answers: GivenAnswers | Source) -> Source:
    if isinstance(answers, Mapping):
        return Answers(*answers.items())
    return Answers(*answers) if isinstance(answers, Iterable) else answers


def _execute(fanscore: Fanscore, source: Source, request: GraphQLRequest) -> Executed:
    numbers = count(1)
    events: list[object] = []
    unforeseen: list[Exception] = []

    def report(error: Exception) -> str:
        unforeseen.append(error)
        return f"{type(error).__name__}: {error}"

    app = App(
        lambda _: source,
        report,
        lambda: fanscore.now,
        lambda: RequestId(f"request-{next(numbers)}"),
        fanscore.policy or fanscore.api.default_policy,
        fanscore.api,
    )

    def answer(event: object, time_left_s: float) -> Response:
        events.append(json.loads(json.dumps(event)))
        return app.answer(event, time_left_s)

    response = _run(GraphQL(HandlerCalls(answer, _HereAndNow(), report), api=fanscore.api), request)
    errors = [error_object(error) for error in response.errors]
    return Executed(response.data, errors, events, response.resolved, unforeseen)


def _run(graphql: GraphQL, request: GraphQLRequest) -> GraphQLResponse:
    # With a factory, the runner leaves alone what the thread has for an event loop.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(graphql.execute(request, inf))


class _HereAndNow(Executor):
    """Does at once what is submitted, which never raises, in the thread that submits it."""

    def submit(
        self,
        fn: Callable[ParamsT, ResultT],
        /,
        *args: ParamsT.args,
        **kwargs: ParamsT.kwargs,
    ) -> Future[ResultT]:
        future: Future[ResultT] = Future()
        future.set_result(fn(*args, **kwargs))
        return future

"""What GraphQL adds to a call of the handler, without HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from time import perf_counter

from benchmarks.fans import TIME_LEFT_S
from benchmarks.findings import Finding, Measure, Number
from benchmarks.gateway.queries import SCORE, SCORE_VARIABLES
from benchmarks.timing import in_turns
from fanscore_appsync.app import App, Response
from fanscore_appsync.local.graphql.auth_directives import HttpCaller, Mode
from fanscore_appsync.local.graphql.execution import GraphQL
from fanscore_appsync.local.graphql.handler_calls import HandlerCalls
from fanscore_appsync.local.graphql.resolving import GraphQLRequest
from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import user
from fanscore_appsync.wiring.apps import connect

REQUEST = GraphQLRequest(
    SCORE, SCORE_VARIABLES, None, HttpCaller(Mode.USER_POOL, user("user123")), {}
)
THREADS = 8
REPETITIONS = 15
CALLS = 100


def in_one_process() -> list[Finding]:
    """Time a query that was seen before, against the handler with the event that it comes to."""
    with ExitStack() as closing:
        app = connect(Settings(), closing)
        threads = closing.enter_context(ThreadPoolExecutor(THREADS))
        runner = closing.enter_context(asyncio.Runner())
        event, score = runner.run(_event_and_score(app, threads))
        assert app.answer(event, TIME_LEFT_S).response == {"data": score}
        graphql = GraphQL(HandlerCalls(app.answer, threads, str))

        def queries() -> None:
            runner.run(_ask(graphql))

        def calls() -> None:
            for _ in range(CALLS):
                app.answer(event, TIME_LEFT_S)

        query_s, call_s = in_turns(queries, calls, repetitions=REPETITIONS, clock=perf_counter)
    return [
        Measure("in process: a query seen before, against the handler", 2.5, query_s / call_s),
        Number("in process: a query seen before", query_s / CALLS * 1e6, "µs"),
        Number("in process: the handler alone", call_s / CALLS * 1e6, "µs"),
    ]


async def _event_and_score(app: App, threads: Executor) -> tuple[object, object]:
    """Give the event that the query comes to, and what the query is answered with."""
    events: list[object] = []
    response = await GraphQL(HandlerCalls(_kept(app.answer, events), threads, str)).execute(REQUEST)
    assert response.data is not None
    assert not response.errors
    api = response.data["api"]
    assert isinstance(api, Mapping)
    return events[-1], api["accountFanscore"]


def _kept(
    answer: Callable[[object, float], Response], events: list[object]
) -> Callable[[object, float], Response]:
    def keeping(event: object, time_left_s: float) -> Response:
        events.append(event)
        return answer(event, time_left_s)

    return keeping


async def _ask(graphql: GraphQL) -> None:
    for _ in range(CALLS):
        await graphql.execute(REQUEST)

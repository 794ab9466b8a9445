from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic

import attrs
import pytest

from fanscore_appsync.api import API
from fanscore_appsync.app import Response
from fanscore_appsync.fields import Cache
from fanscore_appsync.local.graphql.auth_directives import HttpCaller, Mode
from fanscore_appsync.local.graphql.execution import GraphQL
from fanscore_appsync.local.graphql.handler_calls import HandlerCalls
from fanscore_appsync.local.graphql.limits import Limits
from fanscore_appsync.local.graphql.resolving import GraphQLRequest
from fanscore_appsync.testing import user
from tests.patience import AMPLE_S

Handler = Callable[[object, float], Response]

REQUEST_S = 1_000.0
DETAILS = '{demand{eventDetails(eventId:"evt123"){name}}}'
RECORDS = "{demand{records{items{event{id}}}}}"


def request(query: str) -> GraphQLRequest:
    """Make a request of a user."""
    return GraphQLRequest(query, {}, None, HttpCaller(Mode.USER_POOL, user("user123")), {})


def graphql(handler: Handler, threads: ThreadPoolExecutor) -> GraphQL:
    """Make an executor."""
    calls = HandlerCalls(handler, threads, lambda _: "report")
    return GraphQL(calls, Limits(request_s=REQUEST_S))


def test_one_who_is_late_spoils_nothing() -> None:
    """Of two who share a call, the first runs out of time alone: the second gets the data."""
    may_end = Event()

    def handler(event: object, time_left_s: float) -> Response:
        assert isinstance(event, dict)
        if event["info"]["fieldName"] == "demand":
            return Response({"data": {}})
        may_end.wait(AMPLE_S)
        return Response({"data": {"name": "Show" if time_left_s > REQUEST_S / 2 else "cut off"}})

    async def run(threads: ThreadPoolExecutor) -> tuple[list[str], Mapping[str, object] | None]:
        executor = graphql(handler, threads)
        late = await executor.execute(request(DETAILS), monotonic() + 0.1)
        second = asyncio.ensure_future(executor.execute(request(DETAILS)))
        await asyncio.sleep(0)  # it joins the call
        may_end.set()
        return [each.message for each in late.errors], (await second).data

    with ThreadPoolExecutor(2) as threads:
        errors, data = asyncio.run(run(threads))
    assert errors == ["The request took too long"]
    assert data == {"demand": {"eventDetails": {"name": "Show"}}}


@pytest.mark.parametrize(
    ("query", "field", "is_shared"),
    [(DETAILS, "eventDetails", True), (RECORDS, "event", True), (RECORDS, "records", False)],
)
def test_the_time_of_a_call(query: str, field: str, is_shared: bool) -> None:
    """A call that others share has the time of a whole request, any other that of its own."""
    whole: dict[object, bool] = {}

    def handler(event: object, time_left_s: float) -> Response:
        first = event[0] if isinstance(event, list) else event
        assert isinstance(first, dict)
        name = first["info"]["fieldName"]
        whole[name] = time_left_s > REQUEST_S / 2
        if isinstance(event, list):
            return Response([{"data": {"id": "evt123"}}])
        return Response({"data": {"items": [{"eventId": "evt123"}]} if name == "records" else {}})

    with ThreadPoolExecutor(2) as threads:
        asked = graphql(handler, threads).execute(request(query), monotonic() + 100)
        asyncio.run(asked)
    assert whole[field] == is_shared


def test_what_is_cached_by_the_caller() -> None:
    """Each user has their own answer, from the cache the second time; an API key has none."""
    field = API.fields["Demand.eventDetails"]
    by_caller = Cache(300, ("identity.sub", "arguments.eventId"))
    fields = {**API.fields, "Demand.eventDetails": attrs.evolve(field, cache=by_caller)}
    callers = [HttpCaller(Mode.USER_POOL, user(sub)) for sub in ("user123", "user124", "user123")]
    callers += [HttpCaller(Mode.API_KEY, None)] * 2
    asked: list[object] = []

    def handler(event: object, _: float) -> Response:
        assert isinstance(event, dict)
        if event["info"]["fieldName"] == "demand":
            return Response({"data": {}})
        asked.append(event["identity"] and event["identity"]["sub"])
        return Response({"data": {"name": f"answer {len(asked)}"}})

    async def run(threads: ThreadPoolExecutor) -> list[object]:
        calls = HandlerCalls(handler, threads, lambda _: "report")
        executor = GraphQL(calls, api=attrs.evolve(API, fields=fields))
        requests = [GraphQLRequest(DETAILS, {}, None, caller, {}) for caller in callers]
        return [(await executor.execute(each)).data for each in requests]

    with ThreadPoolExecutor(1) as threads:
        data = asyncio.run(run(threads))
    assert asked == ["user123", "user124", None, None]
    names = ("answer 1", "answer 2", "answer 1", "answer 3", "answer 4")
    assert data == [{"demand": {"eventDetails": {"name": name}}} for name in names]

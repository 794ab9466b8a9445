from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import inf

import pytest

from fanscore_appsync.app import Response
from fanscore_appsync.fields import FIELDS
from fanscore_appsync.local.graphql.auth_directives import HttpCaller, Mode
from fanscore_appsync.local.graphql.execution import GraphQL, api_schema
from fanscore_appsync.local.graphql.handler_calls import HandlerCalls
from fanscore_appsync.local.graphql.resolving import GraphQLRequest
from fanscore_appsync.testing import unchecked_event, user
from fanscore_core.engine.recording import Recording
from fanscore_core.engine.stubs import Answers
from tests.counted import calls_of
from tests.unit.fanscore_appsync.samples import FAN, Desk

Json = Mapping[str, object]

PATH = "arguments.input.attributes"
GIVEN: Mapping[str, Json] = {
    "Mutation.demandRecordSave": {"eventId": "evt123", "saleId": "sale456"},
    "Mutation.upsertEntry": {"campaignId": "camp1"},
}
"""Each field that takes ``attributes``, and what else its input needs."""

TOO_MUCH: dict[str, tuple[object, str]] = {
    "keys": ({f"key{index}": index for index in range(65)}, "more than 64 keys"),
    "names": (
        {f"key{index}": None for index in range(257)},
        "more than 256 keys, cleared ones included",
    ),
    "bytes": ({"a": "x" * 16_384}, "over 16384 bytes"),
    "bytes of text": ('{"a":"' + "x" * 16_384 + '"}', "over 16384 bytes"),
}


def silent_desk() -> Desk:
    """Make a desk that notes what is asked, and has no answer to anything."""
    return Desk(Recording(Answers()))


def event_of(field: str, attributes: object) -> dict[str, object]:
    """Make the event of a fan who gives attributes."""
    arguments = {"input": {**GIVEN[field], "attributes": attributes}}
    return unchecked_event(field, arguments, user(FAN), envelope=True)


def test_every_field_that_takes_attributes_is_looked_at() -> None:
    """The fields below are all whose input has ``attributes``, by the schema."""
    mutations = api_schema().mutation_type
    assert mutations is not None
    taking = {
        f"Mutation.{name}"
        for name, field in mutations.fields.items()
        for given in field.args.values()
        if "attributes" in getattr(getattr(given.type, "of_type", given.type), "fields", {})
    }
    assert taking == GIVEN.keys() <= FIELDS.keys()


@pytest.mark.parametrize("field", GIVEN)
@pytest.mark.parametrize(("attributes", "problem"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_attributes_over_the_limits(field: str, attributes: object, problem: str) -> None:
    """What can never be stored is a 400 before anything is asked, let alone published."""
    desk = silent_desk()
    assert desk.answer(event_of(field, attributes)) == {
        "error": {
            "message": f"{PATH}: {problem}",
            "errorType": "400",
            "data": None,
            "errorInfo": {"code": "INVALID_INPUT"},
        }
    }
    assert (desk.asked, desk.reports) == ([], [])


def members(count: int) -> Json:
    """Make attributes of so many members."""
    return {f"key{index}": index for index in range(count)}


@pytest.mark.parametrize("field", GIVEN)
def test_a_refusal_costs_the_same_however_large_the_attributes(field: str) -> None:
    """The handler refuses many members without a look at each of them."""
    desk = silent_desk()
    desk.answer(event_of(field, members(1)))  # what is worked out once is worked out
    few, many = (
        calls_of(partial(desk.answer, event_of(field, members(count)))) for count in (300, 100_000)
    )
    assert few == many < 2_000


# The local gateway

ALIASED = (
    "mutation($a: AWSJSON) {"
    + "".join(
        f'a{index}: upsertEntry(input: {{campaignId: "camp1", attributes: $a}}) {{status}} '
        f'b{index}:demandRecordSave(input:{{eventId:"e",saleId:"s",attributes:$a}}) {{status}} '
        for index in range(10)
    )
    + "}"
)


def work_of(attributes: Json) -> list[int]:
    """Have the gateway resolve twenty aliased mutations; return what the handler did for each."""
    desk, counts = silent_desk(), []

    def answer(event: object, time_left_s: float) -> Response:
        answers: list[Response] = []
        counts.append(calls_of(lambda: answers.append(desk.app.answer(event, time_left_s))))
        return answers[0]

    with ThreadPoolExecutor(1) as threads:
        graphql = GraphQL(HandlerCalls(answer, threads, lambda _: "report"))
        caller = HttpCaller(Mode.USER_POOL, user(FAN))
        variables = {"a": json.dumps(attributes)}
        request = GraphQLRequest(ALIASED, variables, None, caller, {})
        result = asyncio.run(graphql.execute(request, inf))
    assert {error.message for error in result.errors} == {
        f"{PATH}: more than 256 keys, cleared ones included"
    }
    assert len(result.errors) == len(counts) == 20
    return counts


def test_aliases_do_not_multiply_the_work_of_large_attributes() -> None:
    """Each of twenty aliased mutations that share large attributes is refused as early."""
    work_of(members(300))  # what is worked out once is worked out
    few, many = work_of(members(300)), work_of(members(5_000))
    # Garbage that is collected meanwhile may add some calls; the members would add thousands.
    assert all(large - small < 100 for small, large in zip(few, many, strict=True))

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import cast

import attrs
import pytest

from fanscore_appsync.app import Response
from fanscore_appsync.local.graphql.auth_directives import HttpCaller, Mode
from fanscore_appsync.local.graphql.execution import (
    GraphQL,
    GraphQLResponse,
    api_schema,
    appsync_schema,
)
from fanscore_appsync.local.graphql.handler_calls import HandlerCalls
from fanscore_appsync.local.graphql.limits import Limits
from fanscore_appsync.local.graphql.parsing import MAX_KEPT_CHARS, Documents, Refused
from fanscore_appsync.local.graphql.resolving import GraphQLRequest
from fanscore_appsync.local.http.response import error_object
from fanscore_appsync.testing import service, user

Json = Mapping[str, object]

USER = HttpCaller(Mode.USER_POOL, user("user123"))
MEMBER = HttpCaller(Mode.USER_POOL, user("user123", ["staff"]))
ROLE = HttpCaller(Mode.IAM, service())
KEY = HttpCaller(Mode.API_KEY, None)

EXPLICIT = """
schema { query: Query mutation: Mutation }
type Query @aws_api_key @aws_iam @aws_cognito_user_pools {
  api: VFApi
  demand: Demand @aws_iam
}
type VFApi {
  lnaaMembership: LnaaMembership
  campaign(campaignId: ID!): Campaign
    @aws_cognito_user_pools(cognito_groups: ["staff"])
}
type Demand @aws_iam { eventDetails(eventId: ID!): EventDetails }
type LnaaMembership @aws_cognito_user_pools { isMember: Boolean! tier: String @aws_iam }
type Campaign @aws_cognito_user_pools { id: ID! }
type EventDetails @aws_iam { id: ID! }
type Mutation @aws_iam { lnaaActivate: LnaaMembership }
"""


@attrs.frozen
class Desk:
    """An executor, and what its handler got and gives.

    Attributes:
        executor: threads of the handler.
        events: what it got.
        data: what it gives for each field, ``{}`` where nothing else is said.
    """

    executor: ThreadPoolExecutor
    events: list[Json] = attrs.field(factory=list)
    data: dict[str, object] = attrs.field(factory=dict)

    def answer(self, event: object, _time_left_s: float) -> Response:
        """Answer an event."""
        assert isinstance(event, dict)
        self.events.append(event)
        return Response({"data": self.data.get(event["info"]["fieldName"], {})})

    def info(self, field: str) -> Json:
        """Give ``info`` of the last event of a field."""
        infos = [cast("Json", event["info"]) for event in self.events]
        return [info for info in infos if info["fieldName"] == field][-1]

    def ask(
        self,
        query: str,
        caller: HttpCaller = USER,
        schema: str | None = None,
        variables: Json | None = None,
    ) -> GraphQLResponse:
        """Execute a query."""
        graphql = GraphQL(
            HandlerCalls(self.answer, self.executor, lambda _: "report"),
            schema=appsync_schema(schema) if schema else api_schema(),
        )
        request = GraphQLRequest(query, variables or {}, None, caller, {})
        return asyncio.run(graphql.execute(request, inf))


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Set a desk up."""
    with ThreadPoolExecutor(2) as executor:
        yield Desk(executor)


ALLOWED = [
    ("{api{__typename}}", USER),
    ("{api{__typename}}", KEY),
    ("{api{lnaaMembership{__typename}}}", USER),
    ('{api{campaign(campaignId:"a"){__typename}}}', MEMBER),
    ("{demand{__typename}}", ROLE),
    ("mutation{lnaaActivate{__typename}}", ROLE),
    ("{__schema{queryType{name}}}", KEY),
]
DENIED = [
    ("{demand{__typename}}", USER, "demand on type Query"),
    ("{api{lnaaMembership{__typename}}}", KEY, "lnaaMembership on type VFApi"),
    ("{api{lnaaMembership{__typename}}}", ROLE, "lnaaMembership on type VFApi"),
    ('{api{campaign(campaignId:"a"){id}}}', USER, "campaign on type VFApi"),
    ("{api{lnaaMembership{tier}}}", USER, "tier on type LnaaMembership"),
    ("mutation{lnaaActivate{tier}}", USER, "lnaaActivate on type Mutation"),
]


@pytest.mark.parametrize(("query", "caller"), ALLOWED)
def test_allowed(desk: Desk, query: str, caller: HttpCaller) -> None:
    """A caller whom the directives let pass gets an answer."""
    assert not desk.ask(query, caller, EXPLICIT).errors


@pytest.mark.parametrize(("query", "caller", "what"), DENIED)
def test_denied(desk: Desk, query: str, caller: HttpCaller, what: str) -> None:
    """Who may not pass a field gets AppSync's error and no data, and its resolver is not called."""
    (error,) = desk.ask(query, caller, EXPLICIT).errors
    shown = error_object(error)
    assert (shown["errorType"], shown["message"]) == (
        "Unauthorized",
        f"Not Authorized to access {what}",
    )
    assert shown["data"] is None
    assert shown["errorInfo"] is None
    field = what.partition(" ")[0]
    assert not [event for event in desk.events if cast("Json", event["info"])["fieldName"] == field]


def test_a_denied_field_spoils_no_other(desk: Desk) -> None:
    """Beside a denied field, the others of the query have their data."""
    desk.data["lnaaMembership"] = {"isMember": True, "tier": "GOLD"}
    response = desk.ask("{api{lnaaMembership{isMember tier}}}", USER, EXPLICIT)
    assert response.data == {"api": {"lnaaMembership": {"isMember": True, "tier": None}}}


def test_what_is_selected(desk: Desk) -> None:
    """``info`` tells the selected fields by alias, fragments taken in, and their text."""
    desk.ask(
        'query($a:Boolean!){api{accountFanscore(globalUserId:"user123"){'
        "score total:rawScore boosts{arm} ...F ...on AccountFanscore{degraded} "
        "policyVersion @include(if:$a) globalUserId @skip(if:true)}}}"
        "fragment F on AccountFanscore{boosts{arm event} reasons{code}}",
        variables={"a": False},
    )
    info = desk.info("accountFanscore")
    assert info["selectionSetList"] == [
        "score",
        "total",
        "boosts",
        "boosts/arm",
        "boosts/event",
        "reasons",
        "reasons/code",
        "degraded",
    ]
    assert info["selectionSetGraphQL"] == (
        "{\n  score\n  total: rawScore\n  boosts {\n    arm\n  }\n  ...F\n"
        "  ... on AccountFanscore {\n    degraded\n  }\n"
        "  policyVersion @include(if: $a)\n  globalUserId @skip(if: true)\n}"
    )
    assert info["variables"] == {"a": False}
    assert cast("Sequence[str]", desk.info("api")["selectionSetList"])[:2] == [
        "accountFanscore",
        "accountFanscore/score",
    ]


def test_fields_that_are_selected_twice(desk: Desk) -> None:
    """Selections of one field in several places are one call, with all that is selected."""
    desk.ask(
        '{api{accountFanscore(globalUserId:"user123"){score}}'
        ' api{accountFanscore(globalUserId:"user123"){rawScore}}}'
    )
    info = desk.info("accountFanscore")
    assert info["selectionSetList"] == ["score", "rawScore"]
    assert info["selectionSetGraphQL"] == "{\n  score\n  rawScore\n}"
    assert len(desk.events) == 2


def test_arguments(desk: Desk) -> None:
    """Arguments come as AppSync hands them on: ids as text, JSON parsed, absent ones absent."""
    desk.ask(
        "mutation($in:DemandRecordInput!){demandRecordSave(input:$in){status}}",
        variables={
            "in": {
                "eventId": 1,
                "saleId": "s",
                "contactMethod": "SMS",
                "email": None,
                "attributes": '{"a":[1.5]}',
            }
        },
    )
    assert desk.events[-1]["arguments"] == {
        "input": {
            "eventId": "1",
            "saleId": "s",
            "contactMethod": "SMS",
            "email": None,
            "attributes": {"a": [1.5]},
        }
    }


def test_a_value_that_does_not_fit_the_schema(desk: Desk) -> None:
    """A resolver that writes what its type cannot hold is an error at the field, and null."""
    desk.data["accountFanscore"] = {"score": None}
    response = desk.ask('{api{accountFanscore(globalUserId:"user123"){score}}}')
    assert response.data == {"api": {"accountFanscore": None}}
    (error,) = response.errors
    assert error_object(error) == {
        "path": ["api", "accountFanscore", "score"],
        "locations": [{"line": 1, "column": 46, "sourceName": None}],
        "message": "Cannot return null for non-nullable field AccountFanscore.score.",
    }


def test_documents_are_kept_within_bounds() -> None:
    """A query seen before is not read again, until too much text was seen since."""
    documents = Documents(api_schema(), Limits())
    first = documents.read("{__typename}")
    assert documents.read("{__typename}") is first
    large = " " * 49_000
    for number in range(MAX_KEPT_CHARS // len(large) + 1):
        documents.read(f"{{a{number}:__typename}}{large}")
    assert documents.read("{__typename}") is not first


def test_documents_that_are_not_valid_are_not_kept() -> None:
    """A query that is refused is refused again."""
    documents = Documents(api_schema(), Limits())
    for _ in range(2):
        with pytest.raises(Refused) as raised:
            documents.read("{nothing}")
        assert len(raised.value.errors) == 1

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import attrs
import httpx
import pytest

from fanscore_appsync.app import Response
from fanscore_appsync.local.http.credentials import Credentials
from fanscore_appsync.local.http.gateway import Gateway
from tests.gateway.golden_requests import GoldenRequest, golden_request
from tests.gateway.served import Served, admit, served
from tests.golden.cases import EVENTS, event_of, names

Json = Mapping[str, object]

NO_CALLER_OF_THE_GATEWAY = {
    "campaign-identity-pool",
    "entry-identity-pool",
    "withdraw-identity-pool",
    "event-details-nobody",
    "iam-identity-pool",
    "identity-string",
    "lambda-authorizer",
    "lnaa-membership-oidc",
    "no-identity",
    "oidc",
    "phone-score-nobody",
    "query-api-iam-identity-pool",
    "query-api-lambda-authorizer",
    "query-api-no-identity",
    "query-api-oidc",
    "query-demand-nobody",
    "save-nobody",
}
NO_VALID_DOCUMENT = {
    "arguments-list",
    "arguments-null",
    "delete-without-sale",
    "withdraw-without-campaign",
    "eligibility-without-argument",
    "event-is-null",
    "event-is-number",
    "event-is-string",
    "info-missing",
    "info-without-field",
    "lnaa-activate-unknown-argument",
    "lnaa-membership-unknown-argument",
    "missing-argument",
    "phone-score-bad-number",
    "phone-score-number-type",
    "request-list",
    "save-bad-email",
    "save-unknown-key",
    "unknown-argument",
    "unknown-field",
    "unknown-parent-type",
    "wrong-type-list",
    "wrong-type-null",
    "wrong-type-number",
    "wrong-type-object",
}
CHILDREN = {
    "record-event",
    "record-event-api-key",
    "record-event-missing",
    "record-event-without-id",
}
"""Single events of the child field, which is always sent in batches."""

BATCHES_OF_OTHER_FIELDS = {
    "api-key-batch",
    "batch-empty",
    "batch-mixed",
    "cognito-other-fan-batch",
    "cognito-owner-batch",
    "iam-identity-pool-batch",
    "iam-role-batch",
    "lambda-authorizer-batch",
    "no-identity-batch",
    "oidc-batch",
    "save-batch",
}
"""The resolver answers them, but the routing table lets no field but the child be batched."""

BATCH = "record-event-batch"

IMPOSSIBLE = NO_CALLER_OF_THE_GATEWAY | NO_VALID_DOCUMENT | CHILDREN | BATCHES_OF_OTHER_FIELDS

POSSIBLE = [
    name
    for name in names(EVENTS)
    if name not in {BATCH, *IMPOSSIBLE} and not name.endswith("-envelope")
]


def records() -> list[Json]:
    """Give the records that the golden batch asks for the events of."""
    return [cast("Json", each["source"]) for each in cast("list[Json]", event_of(BATCH))]


def batch() -> list[Json]:
    """Give the golden batch as one request makes it: for one caller, and each event once.

    The golden one, which the resolver must cope with, has another caller and repeated events in
    it; the field is cached by the event's id, so the gateway asks for no event twice.
    """
    first, *_ = cast("list[Json]", event_of(BATCH))
    once: dict[object, Json] = {}
    for record in records():
        once.setdefault(record["eventId"], record)
    return [{**first, "source": each} for each in once.values()]


def deaf(event: object, _time_left_s: float) -> Response:
    """Answer nothing, but for the records whose events the golden batch asks for."""
    match event:
        case [*events]:
            return Response([{"data": None}] * len(events))
        case {"info": {"parentTypeName": "Demand", "fieldName": "records"}}:
            return Response({"data": {"items": records(), "nextToken": None}})
        case _:
            return Response({"data": {}})


@pytest.fixture(scope="module")
def gateway() -> Iterator[tuple[Served, list[GoldenRequest]]]:
    """Serve a gateway that knows the callers of the golden events."""
    asked: list[GoldenRequest] = []

    def identify(_token: str, source_ip: Sequence[str]) -> Mapping[str, object]:
        identity = asked[-1].event["identity"]
        assert isinstance(identity, dict)
        return {**identity, "sourceIp": list(source_ip)}

    credentials = Credentials(identify, lambda _: "key", admit, believes_iam_header=True)

    def change(gateway: Gateway) -> Gateway:
        return attrs.evolve(gateway, credentials=credentials)

    with served(deaf, change=change) as one:
        yield one, asked


def send(gateway: Served, request: GoldenRequest) -> httpx.Response:
    """Send a request with the headers that it has, and no others."""
    gateway.client.headers.clear()
    body = json.dumps({"query": request.query}).encode()
    # In one chunk, since the golden events tell no content length.
    return gateway.client.post("/graphql", content=iter([body]), headers=list(request.headers))


OF_PROXIES = "x-forwarded-"
"""How the names of headers begin that only proxies send."""


def direct(request: GoldenRequest) -> GoldenRequest:
    """Leave out what a proxy says of a caller with a role: it may come from this machine alone."""
    if "userArn" not in cast("Json", request.event["identity"] or {}):
        return request
    given = cast("Json", cast("Json", request.event["request"])["headers"])
    headers = {name: each for name, each in given.items() if not name.startswith(OF_PROXIES)}
    event = {**request.event, "request": {"headers": headers, "domainName": None}}
    sent = [each for each in request.headers if not each[0].startswith(OF_PROXIES)]
    return attrs.evolve(request, event=event, headers=sent)


@pytest.mark.parametrize("name", POSSIBLE)
def test_the_gateway_sends_the_golden_events(
    gateway: tuple[Served, list[GoldenRequest]], name: str
) -> None:
    """The event that the gateway sends is the golden one that AppSync would send."""
    one, asked = gateway
    request = direct(golden_request(name))
    asked.append(request)
    one.events.clear()
    assert send(one, request).status_code == 200
    expected = request.expected
    assert {**expected, "envelope": True} in one.events


def test_the_gateway_sends_the_golden_batch(
    gateway: tuple[Served, list[GoldenRequest]],
) -> None:
    """The events of the child field come in one batch, which is the golden one as a whole."""
    one, asked = gateway
    first, *_ = events = batch()
    selected = cast("Json", first["info"])["selectionSetGraphQL"]
    query = f"{{ demand {{ records {{ items {{ event {selected} }} }} }} }}"
    request = attrs.evolve(golden_request("records"), event=first, query=query)
    asked.append(request)
    one.events.clear()
    assert send(one, request).status_code == 200
    (sent,) = (each for each in one.events if isinstance(each, list))
    assert sent == [attrs.evolve(request, event=each).expected for each in events]


def test_the_impossible_ones_are_there() -> None:
    """Every golden event that is left out has a reason that still holds: it is still kept."""
    assert set(names(EVENTS)) > IMPOSSIBLE

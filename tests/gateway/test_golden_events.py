from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import attrs
import httpx
import pytest

from fanscore_appsync.app import Answer
from fanscore_appsync.local.authentication import Credentials
from fanscore_appsync.local.gateway import Gateway
from tests.gateway.golden_requests import GoldenRequest, golden_request
from tests.gateway.served import Served, admit, served
from tests.golden.cases import EVENTS, names

NO_CALLER_OF_THE_GATEWAY = {
    "campaign-identity-pool",
    "entry-identity-pool",
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

IMPOSSIBLE = NO_CALLER_OF_THE_GATEWAY | NO_VALID_DOCUMENT | CHILDREN

POSSIBLE = [
    name
    for name in names(EVENTS)
    if name not in IMPOSSIBLE and "batch" not in name and not name.endswith("-envelope")
]


@pytest.fixture(scope="module")
def gateway() -> Iterator[tuple[Served, list[GoldenRequest]]]:
    """Serve a gateway that knows the callers of the golden events, with a handler that is deaf."""
    asked: list[GoldenRequest] = []

    def identify(_token: str, source_ip: Sequence[str]) -> Mapping[str, object]:
        identity = asked[-1].event["identity"]
        assert isinstance(identity, dict)
        return {**identity, "sourceIp": list(source_ip)}

    credentials = Credentials(identify, lambda _: "key", admit, believes_iam_header=True)

    def change(gateway: Gateway) -> Gateway:
        return attrs.evolve(gateway, credentials=credentials)

    with served(lambda _event, _time_left_s: Answer({"data": {}}), change=change) as one:
        yield one, asked


def send(gateway: Served, request: GoldenRequest) -> httpx.Response:
    """Send a request with the headers that it has, and no others."""
    gateway.client.headers.clear()
    body = json.dumps({"query": request.query}).encode()
    # In one chunk, since the golden events tell no content length.
    return gateway.client.post("/graphql", content=iter([body]), headers=list(request.headers))


@pytest.mark.parametrize("name", POSSIBLE)
def test_the_gateway_sends_the_golden_events(
    gateway: tuple[Served, list[GoldenRequest]], name: str
) -> None:
    """The event that the gateway sends is the golden one that AppSync would send."""
    one, asked = gateway
    request = golden_request(name)
    asked.append(request)
    one.events.clear()
    assert send(one, request).status_code == 200
    expected = request.expected
    assert {**expected, "envelope": True} in one.events


def test_the_impossible_ones_are_there() -> None:
    """Every golden event that is left out has a reason that still holds: it is still kept."""
    assert set(names(EVENTS)) > IMPOSSIBLE

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from fanscore_appsync.testing import (
    API_KEY_HEADERS,
    appsync_event,
    pool_identity,
    service,
    user,
)

COGNITO = {"sub", "issuer", "username", "claims", "sourceIp", "defaultAuthStrategy", "groups"}
IAM = {
    "accountId",
    "cognitoIdentityPoolId",
    "cognitoIdentityId",
    "sourceIp",
    "username",
    "userArn",
    "cognitoIdentityAuthType",
    "cognitoIdentityAuthProvider",
}


def test_events_have_the_documented_shape() -> None:
    """An event is the whole context that AppSync passes to a direct Lambda resolver."""
    arguments = {"globalUserId": "user123"}
    assert appsync_event(
        "VFApi.accountFanscore",
        arguments,
        user("user123"),
        headers={"host": "example.com"},
        selection=["score", "boosts", "boosts/arm"],
    ) == {
        "arguments": {"globalUserId": "user123"},
        "identity": user("user123"),
        "source": None,
        "request": {"headers": {"host": "example.com"}, "domainName": None},
        "prev": None,
        "stash": {},
        "info": {
            "fieldName": "accountFanscore",
            "parentTypeName": "VFApi",
            "variables": {},
            "selectionSetList": ["score", "boosts", "boosts/arm"],
            "selectionSetGraphQL": "",
        },
    }


def test_the_least_event() -> None:
    """Without identity and headers, an event is that of a caller without credentials."""
    event = appsync_event("Query.api", {})
    assert (event["identity"], event["request"]) == (None, {"headers": {}, "domainName": None})


def test_envelopes() -> None:
    """The event of a response handler's resolver differs in nothing but that it says so."""
    plain = appsync_event("Query.api", {})
    assert appsync_event("Query.api", {}, envelope=True) == {**plain, "envelope": True}


def test_the_events_arguments_are_its_own() -> None:
    """An event keeps the arguments and headers that it was made with."""
    arguments, headers = {"globalUserId": "user123"}, {"host": "example.com"}
    event = appsync_event("VFApi.accountFanscore", arguments, headers=headers)
    arguments["globalUserId"] = headers["host"] = "changed"
    assert event == appsync_event(
        "VFApi.accountFanscore", {"globalUserId": "user123"}, headers={"host": "example.com"}
    )


@pytest.mark.parametrize(
    ("identity", "members"),
    [
        (user("user123"), COGNITO),
        (user("user123", ["admin"]), COGNITO),
        (service(), IAM),
        (pool_identity(), IAM),
    ],
)
def test_identities_have_the_documented_shape(
    identity: Mapping[str, object], members: set[str]
) -> None:
    """Each identity has the members that AppSync gives it in its authorization mode, as JSON."""
    assert set(identity) == members
    assert json.loads(json.dumps(identity)) == identity


def test_who_the_identities_are() -> None:
    """A user is known by sub, in groups or none; only an identity pool's caller has its id."""
    assert (user("user123")["sub"], user("user123")["groups"]) == ("user123", None)
    assert user("user123", ("admin",))["groups"] == ["admin"]
    assert service()["cognitoIdentityId"] is None
    assert service("nightly")["userArn"] != service()["userArn"]
    assert pool_identity()["cognitoIdentityId"] is not None
    assert list(API_KEY_HEADERS) == ["x-api-key"]

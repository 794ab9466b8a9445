from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from fanscore_appsync.authorization import Caller, CallerKind, caller_of
from fanscore_appsync.testing import (
    API_KEY_HEADERS,
    KitMisuse,
    appsync_batch,
    appsync_event,
    lambda_authorized,
    oidc_user,
    pool_identity,
    service,
    unchecked_event,
    user,
)
from fanscore_core.ids import GlobalUserId

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

FIELD = "VFApi.accountFanscore"
ARGUMENTS: Mapping[str, object] = {"globalUserId": "user123"}


def test_events_have_the_documented_shape() -> None:
    """An event is the whole context that AppSync passes to a direct Lambda resolver."""
    assert appsync_event(
        FIELD,
        ARGUMENTS,
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
            "selectionSetGraphQL": "{\n  score\n  boosts {\n    arm\n  }\n}",
        },
    }


def test_the_least_event() -> None:
    """Without identity, headers and selection, an event is that of a caller without credentials."""
    event = appsync_event("Query.api", {})
    assert event == {
        "arguments": {},
        "identity": None,
        "source": None,
        "request": {"headers": {}, "domainName": None},
        "prev": None,
        "stash": {},
        "info": {
            "fieldName": "api",
            "parentTypeName": "Query",
            "variables": {},
            "selectionSetList": [],
            "selectionSetGraphQL": "",
        },
    }


def test_envelopes() -> None:
    """The event of a response handler's resolver differs in nothing but that it says so."""
    plain = appsync_event("Query.api", {})
    assert appsync_event("Query.api", {}, envelope=True) == {**plain, "envelope": True}


def test_child_fields_have_their_parent() -> None:
    """The event of a child field has the parent object, and no arguments."""
    source = {"eventId": "evt123", "saleId": "sale456"}
    event = appsync_event("DemandRecord.event", {}, source=source)
    assert event == {**unchecked_event("DemandRecord.event", {}), "source": source}


def test_the_events_arguments_are_its_own() -> None:
    """An event keeps the arguments, source and headers that it was made with."""
    arguments, headers, source = {"globalUserId": "user123"}, {"host": "example.com"}, {"a": "b"}
    event = appsync_event(FIELD, arguments, headers=headers, source=source)
    arguments["globalUserId"] = headers["host"] = source["a"] = "changed"
    assert event == appsync_event(
        FIELD, ARGUMENTS, headers={"host": "example.com"}, source={"a": "b"}
    )


def test_both_selection_sets_say_the_same() -> None:
    """A field is listed before what is below it, also if only that is named, and once."""
    event = appsync_event(FIELD, ARGUMENTS, selection=["boosts/arm", "score", "boosts/event"])
    info = event["info"]
    assert isinstance(info, dict)
    assert info["selectionSetList"] == ["boosts", "boosts/arm", "boosts/event", "score"]
    assert info["selectionSetGraphQL"] == "{\n  boosts {\n    arm\n    event\n  }\n  score\n}"


def test_batches_of_parents() -> None:
    """The batch of a child field has a context for each parent, the same but for that."""
    parents = [{"eventId": "evt1"}, {"eventId": "evt2"}]
    batch = appsync_batch(
        "DemandRecord.event",
        parents,
        user("user123"),
        headers={"host": "example.com"},
        selection=["name"],
    )
    assert batch == [
        appsync_event(
            "DemandRecord.event",
            {},
            user("user123"),
            source=parent,
            headers={"host": "example.com"},
            selection=["name"],
        )
        for parent in parents
    ]


def test_batches_of_arguments() -> None:
    """The batch of any other field has a context for each of the arguments."""
    asked = [{"globalUserId": "user123"}, {"globalUserId": "user124"}]
    assert appsync_batch(FIELD, asked, service()) == [
        appsync_event(FIELD, each, service()) for each in asked
    ]


def test_the_least_batch() -> None:
    """A batch of nothing is an empty list."""
    assert appsync_batch(FIELD, []) == []


@pytest.mark.parametrize(
    ("field", "arguments", "problem"),
    [
        pytest.param(
            "VFApi.accountFanScore",
            {},
            "VFApi.accountFanScore: no such field; did you mean VFApi.accountFanscore?",
            id="misspelt field",
        ),
        pytest.param("score", {}, "score: no such field", id="unlike any"),
        pytest.param("", {}, ": no such field", id="nothing"),
        pytest.param(
            FIELD,
            {"globalUserID": "user123"},
            "VFApi.accountFanscore.globalUserID: no such argument; did you mean globalUserId?",
            id="misspelt argument",
        ),
        pytest.param(
            "Query.api", {"a": 1}, "Query.api.a: no such argument", id="argument of a namespace"
        ),
        pytest.param(
            "DemandRecord.event",
            {"eventId": "evt123"},
            "DemandRecord.event.eventId: no such argument",
            id="argument of a child field",
        ),
    ],
)
def test_what_the_api_has_not(field: str, arguments: Mapping[str, object], problem: str) -> None:
    """An event of an unknown field, or with an unknown argument, is not made by mistake."""
    with pytest.raises(KitMisuse) as raised:
        appsync_event(field, arguments)
    assert str(raised.value) == problem


def test_what_the_api_has_not_in_a_batch() -> None:
    """One bad item of a batch is enough."""
    with pytest.raises(KitMisuse) as raised:
        appsync_batch("VFApi.campaign", [{"campaignId": "c1"}, {"key": "c1"}])
    assert str(raised.value) == "VFApi.campaign.key: no such argument"


@pytest.mark.parametrize(
    ("selection", "problem"),
    [
        ("score", "selection: expected a list of paths, such as ['score']"),
        (["boosts/"], "selection: 'boosts/' is no path such as boosts/arm"),
        (["boosts { arm }"], "selection: 'boosts { arm }' is no path such as boosts/arm"),
    ],
)
def test_what_is_no_selection(selection: list[str], problem: str) -> None:
    """A selection is a list of paths."""
    with pytest.raises(KitMisuse) as raised:
        appsync_event(FIELD, ARGUMENTS, selection=selection)
    assert str(raised.value) == problem


def test_unchecked_events() -> None:
    """An event that AppSync would never send can be made on purpose."""
    event = unchecked_event("VFApi.unheardOf", {"a": 1}, service(), envelope=True)
    plain = appsync_event("Query.api", {}, service(), envelope=True)
    info = plain["info"]
    assert isinstance(info, dict)
    assert event == {
        **plain,
        "arguments": {"a": 1},
        "info": {**info, "fieldName": "unheardOf", "parentTypeName": "VFApi"},
    }


@pytest.mark.parametrize(
    ("identity", "members"),
    [
        (user("user123"), COGNITO),
        (user("user123", ["admin"]), COGNITO),
        (service(), IAM),
        (pool_identity(), IAM),
        (oidc_user("user123"), {"sub", "issuer", "claims"}),
        (lambda_authorized({"plan": "gold"}), {"resolverContext"}),
    ],
)
def test_identities_have_the_documented_shape(
    identity: Mapping[str, object], members: set[str]
) -> None:
    """Each identity has the members that AppSync gives it in its authorization mode, as JSON."""
    assert set(identity) == members
    assert json.loads(json.dumps(identity)) == identity


@pytest.mark.parametrize(
    ("identity", "headers", "caller"),
    [
        (user("user123"), {}, Caller(CallerKind.USER, GlobalUserId("user123"))),
        (service(), {}, Caller(CallerKind.SERVICE)),
        (pool_identity(), {}, Caller(CallerKind.POOL_IDENTITY)),
        (oidc_user("user123"), {}, Caller(CallerKind.OTHER)),
        (lambda_authorized(), {}, Caller(CallerKind.OTHER)),
        (None, API_KEY_HEADERS, Caller(CallerKind.API_KEY)),
        (None, {}, Caller(CallerKind.NOBODY)),
    ],
)
def test_the_handler_knows_every_caller(
    identity: Mapping[str, object] | None, headers: Mapping[str, object], caller: Caller
) -> None:
    """Every kind of caller that the handler tells apart can be made."""
    known = caller_of(identity, headers)
    assert (known.kind, known.sub) == (caller.kind, caller.sub)


def test_who_the_identities_are() -> None:
    """Groups are in the identity and in its claims; a role and a context are those given."""
    assert user("user123")["groups"] is None
    fan = user("user123", ("admin",))
    assert fan["groups"] == ["admin"]
    assert fan["claims"] == {
        "sub": "user123",
        "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE",
        "token_use": "access",
        "cognito:groups": ["admin"],
    }
    assert service("nightly")["userArn"] == (
        "arn:aws:sts::111122223333:assumed-role/nightly/session"
    )
    assert lambda_authorized({"plan": "gold"}) == {"resolverContext": {"plan": "gold"}}
    assert list(API_KEY_HEADERS) == ["x-api-key"]

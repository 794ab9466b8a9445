"""Events as AppSync sends them, for tests and for local use. Never deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

API_KEY_HEADERS: Mapping[str, object] = {"x-api-key": "da2-fakeapikey"}


def user(sub: str, groups: Sequence[str] | None = None) -> Mapping[str, object]:
    """Make the identity of a Cognito user."""
    issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
    return {
        "sub": sub,
        "issuer": issuer,
        "username": sub,
        "claims": {"sub": sub, "iss": issuer, "token_use": "access"},
        "sourceIp": ["192.0.2.1"],
        "defaultAuthStrategy": "ALLOW",
        "groups": None if groups is None else list(groups),
    }


def service(role: str = "scoring-batch") -> Mapping[str, object]:
    """Make the identity of an IAM role: a trusted caller."""
    return {
        "accountId": "111122223333",
        "cognitoIdentityPoolId": None,
        "cognitoIdentityId": None,
        "sourceIp": ["192.0.2.2"],
        "username": f"AROAEXAMPLE:{role}",
        "userArn": f"arn:aws:sts::111122223333:assumed-role/{role}/session",
        "cognitoIdentityAuthType": None,
        "cognitoIdentityAuthProvider": None,
    }


def pool_identity() -> Mapping[str, object]:
    """Make the identity of an IAM caller from an identity pool: no trusted caller."""
    return {
        **service("identity-pool"),
        "cognitoIdentityPoolId": "eu-west-1:11111111-2222-3333-4444-555555555555",
        "cognitoIdentityId": "eu-west-1:66666666-7777-8888-9999-000000000000",
        "cognitoIdentityAuthType": "unauthenticated",
    }


def appsync_event(
    field: str,
    arguments: Mapping[str, object],
    identity: Mapping[str, object] | None = None,
    *,
    headers: Mapping[str, object] | None = None,
    selection: Sequence[str] = (),
    envelope: bool = False,
) -> dict[str, object]:
    """Make the event of a direct Lambda resolver.

    Args:
        field: parent type and name, such as ``VFApi.accountFanscore``.
        arguments: of the field.
        identity: who calls; ``None`` for an API key or for nobody.
        headers: of the HTTP request; ``API_KEY_HEADERS`` for an API key.
        selection: ``selectionSetList``, such as ``boosts/arm``.
        envelope: whether a response handler stands between.
    """
    parent, _, name = field.partition(".")
    event: dict[str, object] = {
        "arguments": dict(arguments),
        "identity": identity,
        "source": None,
        "request": {"headers": dict(headers or {}), "domainName": None},
        "prev": None,
        "stash": {},
        "info": {
            "fieldName": name,
            "parentTypeName": parent,
            "variables": {},
            "selectionSetList": list(selection),
            "selectionSetGraphQL": "",
        },
    }
    return {**event, "envelope": True} if envelope else event

"""Who calls, as AppSync puts it in an event in each of its authorization modes.

The shapes are those of
https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference.html. With an API
key, or without credentials, there is no identity: ``None``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Identity = Mapping[str, object]

API_KEY_HEADERS: Mapping[str, object] = {"x-api-key": "da2-fakeapikey"}
"""The headers of a caller with an API key, who has no identity."""


def user(sub: str, groups: Sequence[str] | None = None) -> Identity:
    """Make the identity of a Cognito user.

    Args:
        sub: the user's id.
        groups: of the user pool that the user is in; ``None`` for a token that names none.
    """
    issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
    claims: dict[str, object] = {"sub": sub, "iss": issuer, "token_use": "access"}
    if groups is not None:
        claims["cognito:groups"] = list(groups)
    return {
        "sub": sub,
        "issuer": issuer,
        "username": sub,
        "claims": claims,
        "sourceIp": ["192.0.2.1"],
        "defaultAuthStrategy": "ALLOW",
        "groups": None if groups is None else list(groups),
    }


def service(role: str = "scoring-batch") -> Identity:
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


def pool_identity() -> Identity:
    """Make the identity of an IAM caller from an identity pool: no trusted caller."""
    return {
        **service("identity-pool"),
        "cognitoIdentityPoolId": "eu-west-1:11111111-2222-3333-4444-555555555555",
        "cognitoIdentityId": "eu-west-1:66666666-7777-8888-9999-000000000000",
        "cognitoIdentityAuthType": "unauthenticated",
    }


def oidc_user(sub: str) -> Identity:
    """Make the identity of a user of an OpenID Connect provider."""
    issuer = "https://issuer.example.com"
    return {"sub": sub, "issuer": issuer, "claims": {"sub": sub, "iss": issuer}}


def lambda_authorized(context: Mapping[str, object] | None = None) -> Identity:
    """Make the identity of a caller whom a Lambda authorizer has let in.

    Args:
        context: what the authorizer tells of the caller: a flat map.
    """
    return {"resolverContext": dict(context or {})}

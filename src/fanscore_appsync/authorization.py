"""Who may call what: patterns and callers (docs/reference/api.md)."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import attrs

from fanscore_core.errors import InvalidId, NotAllowed, NotLoggedIn, NotOwner
from fanscore_core.ids import RULE, GlobalUserId, is_id


class Pattern(enum.Enum):
    """A way in which a field may be called. A field's patterns are alternatives."""

    PUBLIC = "any Cognito user, or IAM"
    API_KEY = "a caller with an API key"
    LOGIN = "a Cognito user, for what is their own"
    OWNER = "the Cognito user whose sub is the globalUserId asked for"
    SERVICE = "IAM, for any fan"


class CallerKind(enum.Enum):
    """What kind of caller AppSync says it is."""

    USER = "Cognito user pool"
    SERVICE = "IAM"
    POOL_IDENTITY = "IAM, from an identity pool"
    API_KEY = "API key"
    NOBODY = "no identity"
    OTHER = "OIDC or Lambda authorizer"


_ADMITS: Mapping[CallerKind, frozenset[Pattern]] = {
    CallerKind.USER: frozenset({Pattern.PUBLIC, Pattern.LOGIN, Pattern.OWNER}),
    CallerKind.SERVICE: frozenset({Pattern.PUBLIC, Pattern.SERVICE}),
    CallerKind.POOL_IDENTITY: frozenset(),
    CallerKind.API_KEY: frozenset({Pattern.API_KEY}),
    CallerKind.NOBODY: frozenset(),
    CallerKind.OTHER: frozenset(),
}

_USERS_ONLY = frozenset({Pattern.LOGIN, Pattern.OWNER})

_OF_AN_IDENTITY_POOL = (
    "cognitoIdentityPoolId",
    "cognitoIdentityId",
    "cognitoIdentityAuthType",
    "cognitoIdentityAuthProvider",
)
"""The members of an IAM identity that only one from an identity pool has a value in."""


@attrs.frozen
class Caller:
    """Who calls.

    Attributes:
        kind: how they proved who they are.
        sub: the user's id; only a ``USER`` has one.
    """

    kind: CallerKind
    sub: GlobalUserId | None = None


def caller_of(identity: Mapping[str, object] | None, headers: Mapping[str, object]) -> Caller:
    """Tell who calls, from the identity that AppSync puts in the event.

    The shape of the identity tells the authorization mode apart; AppSync names it nowhere. An
    identity that shows any sign of an identity pool comes from one, whatever else it shows.

    Raises:
        InvalidId: a Cognito user's ``sub`` cannot be an id of ours.
    """
    match identity:
        case None:
            has_key = any(name.lower() == "x-api-key" for name in headers)
            return Caller(CallerKind.API_KEY if has_key else CallerKind.NOBODY)
        case _ if any(identity.get(name) is not None for name in _OF_AN_IDENTITY_POOL):
            return Caller(CallerKind.POOL_IDENTITY)
        case {"userArn": str(arn), "cognitoIdentityId": None} if arn:
            return Caller(CallerKind.SERVICE)
        case {"userArn": _}:
            return Caller(CallerKind.POOL_IDENTITY)
        case {"sub": sub, "username": _}:
            if not is_id(sub):
                raise InvalidId("identity.sub", RULE)
            return Caller(CallerKind.USER, GlobalUserId(str(sub)))
        case _:
            return Caller(CallerKind.OTHER)


def admit(field: str, patterns: frozenset[Pattern], caller: Caller) -> None:
    """Let a caller in, as far as the kind of caller decides.

    Raises:
        NotLoggedIn: the field is for users, and the caller is not a user.
        NotAllowed: the caller is of another kind than the field is for.
    """
    if patterns & _ADMITS[caller.kind]:
        return
    if patterns & _USERS_ONLY and caller.kind is not CallerKind.OTHER:
        raise NotLoggedIn
    raise NotAllowed(field)


def admit_owner(patterns: frozenset[Pattern], caller: Caller, owner: GlobalUserId) -> None:
    """Let a user in to what belongs to a fan.

    Raises:
        NotOwner: the field is for owners, and the user is another.
    """
    if Pattern.OWNER in patterns and caller.kind is CallerKind.USER and caller.sub != owner:
        raise NotOwner

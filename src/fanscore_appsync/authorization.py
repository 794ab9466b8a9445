"""Who may call what: patterns and callers (docs/reference/api.md)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

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


@attrs.frozen
class Group:
    """A way in: a Cognito user in one of some groups. Made by ``group``.

    Attributes:
        names: of the groups.
    """

    names: frozenset[str]


Patterns: TypeAlias = "frozenset[Pattern | Group]"
"""The ways in which a field may be called: alternatives."""


def group(*names: str) -> Patterns:
    """Admit the Cognito users of these groups: other users get 403, other callers 401.

    Args:
        names: of the groups, as the user pool has them.

    Raises:
        ValueError: no group is named.
    """
    if not names or not all(names):
        message = "group() needs the names of groups"
        raise ValueError(message)
    return frozenset({Group(frozenset(names))})


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

_NO_CLAIMS: Mapping[str, object] = MappingProxyType({})

_OF_AN_IDENTITY_POOL = (
    "cognitoIdentityPoolId",
    "cognitoIdentityId",
    "cognitoIdentityAuthType",
    "cognitoIdentityAuthProvider",
)
"""The members of an IAM identity that only one from an identity pool has a value in."""


@attrs.frozen
class Caller:
    """Who calls. What AppSync says of them beyond the kind is personal data, and has no ``repr``.

    Attributes:
        kind: how they proved who they are.
        sub: the user's id; only a ``USER`` has one.
        username: the user's name in the user pool, or of the IAM role's session.
        issuer: of the user's token.
        groups: of the user pool that the user is in.
        claims: of the user's token, frozen in depth: objects are read-only mappings, arrays tuples.
        source_ips: the addresses that the request came from.
    """

    kind: CallerKind
    sub: GlobalUserId | None = attrs.field(default=None, repr=False)
    username: str | None = attrs.field(default=None, repr=False)
    issuer: str | None = attrs.field(default=None, repr=False)
    groups: frozenset[str] = attrs.field(default=frozenset(), repr=False)
    claims: Mapping[str, object] = attrs.field(default=_NO_CLAIMS, repr=False, hash=False)
    source_ips: tuple[str, ...] = attrs.field(default=(), repr=False)


def caller_of(identity: Mapping[str, object] | None, headers: Mapping[str, object]) -> Caller:
    """Determine who calls, from the identity that AppSync puts in the event.

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
            return _named(CallerKind.POOL_IDENTITY, identity)
        case {"userArn": str(arn), "cognitoIdentityId": None} if arn:
            return _named(CallerKind.SERVICE, identity)
        case {"userArn": _}:
            return _named(CallerKind.POOL_IDENTITY, identity)
        case {"sub": sub, "username": _}:
            if not is_id(sub):
                raise InvalidId("identity.sub", RULE)
            return _user(GlobalUserId(str(sub)), identity)
        case _:
            return Caller(CallerKind.OTHER)


def _named(kind: CallerKind, identity: Mapping[str, object]) -> Caller:
    return Caller(kind, None, _text(identity.get("username")), source_ips=_ips(identity))


def _user(sub: GlobalUserId, identity: Mapping[str, object]) -> Caller:
    claims = identity.get("claims")
    return Caller(
        CallerKind.USER,
        sub,
        _text(identity.get("username")),
        _text(identity.get("issuer")),
        frozenset(_texts(identity.get("groups"))),
        frozen_object(claims) if isinstance(claims, Mapping) else _NO_CLAIMS,
        _ips(identity),
    )


def _ips(identity: Mapping[str, object]) -> tuple[str, ...]:
    return _texts(identity.get("sourceIp"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def frozen_object(document: Mapping[str, object]) -> Mapping[str, object]:
    """Return a JSON object as nobody can change it, in depth."""
    return MappingProxyType({name: _frozen(value) for name, value in document.items()})


def _frozen(document: object) -> object:
    match document:
        case dict():
            return frozen_object(document)
        case list():
            return tuple(map(_frozen, document))
        case _:
            return document


def admit(field: str, patterns: Patterns, caller: Caller) -> None:
    """Let a caller in, as far as the kind of caller decides.

    Raises:
        NotLoggedIn: the field is for users, and the caller is not a user.
        NotAllowed: the caller is of another kind or group than the field is for.
    """
    if patterns & _ADMITS[caller.kind] or _is_in_a_group(patterns, caller):
        return
    is_for_users = any(isinstance(each, Group) for each in patterns) or patterns & _USERS_ONLY
    if is_for_users and caller.kind not in {CallerKind.OTHER, CallerKind.USER}:
        raise NotLoggedIn
    raise NotAllowed(field)


def admit_owner(patterns: Patterns, caller: Caller, owner: GlobalUserId) -> None:
    """Let a user in to what belongs to a fan: the fan, and users of a group that is let in, too.

    Raises:
        NotOwner: the field is for owners, and the user is another, and in no group that it is for.
    """
    if Pattern.OWNER not in patterns or caller.kind is not CallerKind.USER:
        return
    if caller.sub != owner and not _is_in_a_group(patterns, caller):
        raise NotOwner


def _is_in_a_group(patterns: Patterns, caller: Caller) -> bool:
    return any(each.names & caller.groups for each in patterns if isinstance(each, Group))

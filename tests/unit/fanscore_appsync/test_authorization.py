from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import pytest

from fanscore_appsync.authorization import (
    Caller,
    CallerKind,
    Pattern,
    admit,
    admit_owner,
    caller_of,
    group,
)
from fanscore_appsync.testing import API_KEY_HEADERS, pool_identity, service, user
from fanscore_core.errors import FanscoreError, InvalidId
from fanscore_core.ids import RULE, GlobalUserId

FAN = GlobalUserId("user123")
FIELD = "VFApi.example"

IN = "admitted"
LOGIN = "NotLoggedIn: User not logged in"
DENIED = "NotAllowed: This caller may not use VFApi.example"
NOT_OWNER = "NotOwner: Only the owner may ask for this"

# Columns: USER, SERVICE, POOL_IDENTITY, API_KEY, NOBODY, OTHER.
MATRIX: list[tuple[set[Pattern], tuple[str, ...]]] = [
    ({Pattern.PUBLIC}, (IN, IN, DENIED, DENIED, DENIED, DENIED)),
    ({Pattern.API_KEY}, (DENIED, DENIED, DENIED, IN, DENIED, DENIED)),
    ({Pattern.LOGIN}, (IN, LOGIN, LOGIN, LOGIN, LOGIN, DENIED)),
    ({Pattern.OWNER}, (IN, LOGIN, LOGIN, LOGIN, LOGIN, DENIED)),
    ({Pattern.SERVICE}, (DENIED, IN, DENIED, DENIED, DENIED, DENIED)),
    ({Pattern.OWNER, Pattern.SERVICE}, (IN, IN, LOGIN, LOGIN, LOGIN, DENIED)),
    ({Pattern.LOGIN, Pattern.SERVICE}, (IN, IN, LOGIN, LOGIN, LOGIN, DENIED)),
    ({Pattern.PUBLIC, Pattern.API_KEY}, (IN, IN, DENIED, IN, DENIED, DENIED)),
    (set(), (DENIED, DENIED, DENIED, DENIED, DENIED, DENIED)),
]
KINDS = (
    CallerKind.USER,
    CallerKind.SERVICE,
    CallerKind.POOL_IDENTITY,
    CallerKind.API_KEY,
    CallerKind.NOBODY,
    CallerKind.OTHER,
)


def outcome(call: Callable[[], None]) -> str:
    """Tell what a check comes to: the error and its sentence, or that there is none."""
    try:
        call()
    except FanscoreError as error:
        return f"{type(error).__name__}: {error}"
    return IN


@pytest.mark.parametrize(
    ("patterns", "outcomes"),
    MATRIX,
    ids=["+".join(sorted(each.name for each in row[0])) or "none" for row in MATRIX],
)
def test_kinds_of_caller(patterns: set[Pattern], outcomes: tuple[str, ...]) -> None:
    """Each kind of caller is let in by its patterns, asked to log in by a user's, else denied."""
    found = [
        outcome(lambda kind=kind: admit(FIELD, frozenset(patterns), Caller(kind)))  # type: ignore[misc]  # binds now
        for kind in KINDS
    ]
    assert dict(zip(KINDS, found, strict=True)) == dict(zip(CallerKind, outcomes, strict=True))


@pytest.mark.parametrize(
    ("patterns", "kind", "sub", "expected"),
    [
        ({Pattern.OWNER}, CallerKind.USER, "user123", IN),
        ({Pattern.OWNER}, CallerKind.USER, "user124", NOT_OWNER),
        ({Pattern.OWNER}, CallerKind.USER, "USER123", NOT_OWNER),
        ({Pattern.OWNER}, CallerKind.USER, "user12", NOT_OWNER),
        ({Pattern.OWNER}, CallerKind.USER, "user1234", NOT_OWNER),
        ({Pattern.OWNER}, CallerKind.USER, "ser123", NOT_OWNER),
        ({Pattern.OWNER}, CallerKind.USER, "xuser123", NOT_OWNER),
        ({Pattern.OWNER, Pattern.SERVICE}, CallerKind.USER, "user124", NOT_OWNER),
        ({Pattern.OWNER, Pattern.SERVICE}, CallerKind.SERVICE, None, IN),
        ({Pattern.LOGIN}, CallerKind.USER, "user124", IN),
        ({Pattern.PUBLIC}, CallerKind.USER, "user124", IN),
    ],
)
def test_owners(patterns: set[Pattern], kind: CallerKind, sub: str | None, expected: str) -> None:
    """On a field for owners, a user may only ask for what is theirs; a service for any fan."""
    caller = Caller(kind, None if sub is None else GlobalUserId(sub))
    assert outcome(lambda: admit_owner(frozenset(patterns), caller, FAN)) == expected


@pytest.mark.parametrize(
    ("groups", "expected"), [({"staff"}, IN), ({"fans"}, NOT_OWNER), (set[str](), NOT_OWNER)]
)
def test_patterns_of_owners_are_alternatives_too(groups: set[str], expected: str) -> None:
    """On a field for owners and for a group, a member of the group may ask for any fan."""
    patterns = frozenset({Pattern.OWNER}) | group("staff")
    caller = Caller(CallerKind.USER, GlobalUserId("user124"), groups=frozenset(groups))
    assert outcome(lambda: admit(FIELD, patterns, caller)) == IN
    assert outcome(lambda: admit_owner(patterns, caller, FAN)) == expected


def seen(caller: Caller) -> tuple[CallerKind, str | None]:
    """Give what decides: the kind of caller, and whose they are."""
    return caller.kind, caller.sub


OIDC: Mapping[str, object] = {"sub": "user123", "issuer": "https://x", "claims": {"sub": "user123"}}
CLAIMS_OF_A_SERVICE = {"userArn": "arn:aws:iam::111122223333:role/x", "sub": "a", "username": "a"}


@pytest.mark.parametrize(
    ("identity", "headers", "caller"),
    [
        (user("user123"), {}, Caller(CallerKind.USER, FAN)),
        (user("user123", ["admin"]), {}, Caller(CallerKind.USER, FAN)),
        (user("user123"), API_KEY_HEADERS, Caller(CallerKind.USER, FAN)),
        (user("a" * 128), {}, Caller(CallerKind.USER, GlobalUserId("a" * 128))),
        (service(), {}, Caller(CallerKind.SERVICE)),
        (service(), API_KEY_HEADERS, Caller(CallerKind.SERVICE)),
        (pool_identity(), {}, Caller(CallerKind.POOL_IDENTITY)),
        ({**service(), "cognitoIdentityId": ""}, {}, Caller(CallerKind.POOL_IDENTITY)),
        (None, API_KEY_HEADERS, Caller(CallerKind.API_KEY)),
        (None, {"X-Api-Key": "da2-fakeapikey"}, Caller(CallerKind.API_KEY)),
        (None, {"X-API-KEY": ["one", "two"]}, Caller(CallerKind.API_KEY)),
        (None, {}, Caller(CallerKind.NOBODY)),
        (None, {"authorization": "x-api-key"}, Caller(CallerKind.NOBODY)),
        (OIDC, {}, Caller(CallerKind.OTHER)),
        ({**OIDC, "claims": CLAIMS_OF_A_SERVICE}, {}, Caller(CallerKind.OTHER)),
        ({"resolverContext": {"user": "user123"}}, {}, Caller(CallerKind.OTHER)),
        ({"resolverContext": CLAIMS_OF_A_SERVICE}, {}, Caller(CallerKind.OTHER)),
        ({}, {}, Caller(CallerKind.OTHER)),
        ({}, API_KEY_HEADERS, Caller(CallerKind.OTHER)),
        ({"username": "user123"}, {}, Caller(CallerKind.OTHER)),
    ],
)
def test_callers(
    identity: Mapping[str, object] | None, headers: Mapping[str, object], caller: Caller
) -> None:
    """The shape of the identity alone tells who calls, and nothing inside it can pretend."""
    assert seen(caller_of(identity, headers)) == seen(caller)


@pytest.mark.parametrize(
    "sub",
    [None, "", "user123 ", "user\n123", "\ufeffuser123", "u" * 129, 123, True, ["user123"], {}],
)
def test_a_users_sub_is_an_id(sub: object) -> None:
    """A Cognito user whose sub cannot be an id of ours is refused, naming where it stands."""
    with pytest.raises(InvalidId) as raised:
        caller_of({**user("user123"), "sub": sub}, {})
    assert str(raised.value) == f"identity.sub: {RULE}"


OF_A_POOL: Mapping[str, str] = {
    "cognitoIdentityPoolId": "eu-west-1:11111111-2222-3333-4444-555555555555",
    "cognitoIdentityId": "eu-west-1:66666666-7777-8888-9999-000000000000",
    "cognitoIdentityAuthType": "authenticated",
    "cognitoIdentityAuthProvider": '"cognito-idp.eu-west-1.amazonaws.com/pool"',
}
SHOWN = [
    names for count in range(1, 5) for names in itertools.combinations(sorted(OF_A_POOL), count)
]


@pytest.mark.parametrize("absent", [None, "left out"])
@pytest.mark.parametrize("shown", SHOWN, ids="+".join)
def test_any_sign_of_an_identity_pool_counts(shown: tuple[str, ...], absent: str | None) -> None:
    """An IAM identity is no service with any of the four members, whatever the others are."""
    others = {
        name: value
        for name, value in service().items()
        if absent is None or name not in OF_A_POOL.keys() - set(shown)
    }
    for value in ("", "x", 0, False, [], *(OF_A_POOL[name] for name in shown)):
        identity = {**others, **dict.fromkeys(shown, value)}
        assert seen(caller_of(identity, {})) == seen(Caller(CallerKind.POOL_IDENTITY))


@pytest.mark.parametrize("shown", sorted(OF_A_POOL))
def test_no_member_makes_a_user_of_it(shown: str) -> None:
    """An identity from an identity pool is no Cognito user either, if it looks like one besides."""
    identity = {**user("user123"), shown: OF_A_POOL[shown]}
    assert seen(caller_of(identity, {})) == seen(Caller(CallerKind.POOL_IDENTITY))


def test_a_service_shows_that_it_is_of_no_pool() -> None:
    """An IAM identity that does not say that it has no identity of a pool is no service."""
    silent = {name: each for name, each in service().items() if name not in OF_A_POOL}
    assert seen(caller_of(silent, {})) == seen(Caller(CallerKind.POOL_IDENTITY))


@pytest.mark.parametrize("arn", [None, "", 5, [], {}, True])
def test_a_malformed_identity_is_no_service(arn: object) -> None:
    """An identity is only trusted as a service's if its userArn names somebody."""
    try:
        kind = caller_of({**service(), "userArn": arn}, {}).kind
    except FanscoreError:
        return
    assert kind is not CallerKind.SERVICE


def test_what_is_known_of_a_user() -> None:
    """All that AppSync says of a Cognito user is there, frozen in depth."""
    identity = user("user123", ["staff", "admin"])
    nested = {**identity, "claims": {"custom:seats": [1, {"row": "A"}], "sub": "user123"}}
    assert caller_of(nested, {}) == Caller(
        CallerKind.USER,
        FAN,
        "user123",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE",
        frozenset({"staff", "admin"}),
        {"custom:seats": (1, {"row": "A"}), "sub": "user123"},
        ("192.0.2.1",),
    )
    caller = caller_of(nested, {})
    with pytest.raises(TypeError):
        caller.claims["sub"] = "user124"  # type: ignore[index]  # what nobody may do
    with pytest.raises(TypeError):
        caller.claims["custom:seats"][1]["row"] = "B"  # type: ignore[index]  # the same


def test_what_is_known_of_a_service() -> None:
    """Of an IAM role, the name of its session and the address are known."""
    assert caller_of(service(), {}) == Caller(
        CallerKind.SERVICE, None, "AROAEXAMPLE:scoring-batch", source_ips=("192.0.2.2",)
    )


@pytest.mark.parametrize(
    "strange", [{"groups": "staff"}, {"groups": [1, None]}, {"claims": None}, {"sourceIp": None}]
)
def test_strange_members_say_nothing(strange: Mapping[str, object]) -> None:
    """A member of another shape than AppSync's is as if it were not there."""
    caller = caller_of({**user("user123"), **strange}, {})
    assert (caller.kind, caller.sub, caller.groups) == (CallerKind.USER, FAN, frozenset())


def test_a_caller_shows_nothing_personal() -> None:
    """Logs and tracebacks print a caller as its kind, and no more."""
    assert repr(caller_of(user("user123", ["staff"]), {})) == (
        "Caller(kind=<CallerKind.USER: 'Cognito user pool'>)"
    )


STAFF = group("staff", "security")


@pytest.mark.parametrize(
    ("identity", "headers", "expected"),
    [
        (user("user123", ["staff"]), {}, IN),
        (user("user123", ["fans", "security"]), {}, IN),
        (user("user123", ["fans"]), {}, DENIED),
        (user("user123"), {}, DENIED),
        (service(), {}, LOGIN),
        (pool_identity(), {}, LOGIN),
        (None, API_KEY_HEADERS, LOGIN),
        (None, {}, LOGIN),
        ({**OIDC, "groups": ["staff"]}, {}, DENIED),
        ({"resolverContext": {"groups": ["staff"]}}, {}, DENIED),
    ],
)
def test_groups(
    identity: Mapping[str, object] | None, headers: Mapping[str, object], expected: str
) -> None:
    """A field for groups is for the Cognito users in one of them: else 401, or 403 for a user."""
    assert outcome(lambda: admit(FIELD, STAFF, caller_of(identity, headers))) == expected


def test_a_group_beside_owners() -> None:
    """Where owners and a group may call, a user of the group may ask for any fan, no other may."""
    patterns = STAFF | {Pattern.OWNER, Pattern.LOGIN}
    staff, other = (caller_of(user("x", names), {}) for names in (["staff"], ["fans"]))
    assert outcome(lambda: admit_owner(patterns, staff, FAN)) == IN
    assert outcome(lambda: admit_owner(patterns, other, FAN)) == NOT_OWNER


def test_groups_are_an_alternative() -> None:
    """A group stands beside other patterns: any that admits the caller lets them in."""
    assert outcome(lambda: admit(FIELD, STAFF | {Pattern.SERVICE}, caller_of(service(), {}))) == IN


@pytest.mark.parametrize("names", [(), ("",), ("staff", "")])
def test_a_group_has_a_name(names: tuple[str, ...]) -> None:
    """A pattern that would let nobody in, or everybody, is a mistake."""
    with pytest.raises(ValueError, match="needs the names"):
        group(*names)

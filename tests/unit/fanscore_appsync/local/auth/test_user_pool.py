from __future__ import annotations

from collections.abc import Mapping

import attrs
import pytest

from fanscore_appsync.local.auth.invalid_token import InvalidToken, TokenFault
from fanscore_appsync.local.auth.jwks import Jwks
from fanscore_appsync.testing import user
from fanscore_core.errors import Unavailable
from tests.tokens import ACCESS_CLAIMS, CLAIMS, ISSUER, JWKS, NOW_S, jwk, signed, user_pool

NOW = int(NOW_S)
DAY_S = 86_400


def fault_of(claims: Mapping[str, object], now_s: float = NOW_S) -> TokenFault | None:
    """Tell why a token is refused; ``None`` if it is not."""
    try:
        user_pool(now_s=now_s).identify(signed(claims=claims), [])
    except InvalidToken as error:
        return error.fault
    return None


@pytest.mark.parametrize("claims", [CLAIMS, ACCESS_CLAIMS], ids=["id", "access"])
def test_the_identity_is_as_appsync_gives_it(claims: Mapping[str, object]) -> None:
    """Both kinds of token give the identity that AppSync makes of them, in the factory's shape."""
    identity = user_pool().identify(signed(claims=claims), ["192.0.2.1"])
    assert identity == {**user("user123", ["fans"]), "issuer": ISSUER, "claims": claims}
    assert list(identity) == list(user("user123"))


def test_the_user_name_need_not_be_the_subject() -> None:
    """The user name comes from the claim of its own."""
    claims = {**CLAIMS, "cognito:username": "Ann"}
    assert user_pool().identify(signed(claims=claims), [])["username"] == "Ann"


def test_no_groups() -> None:
    """Who belongs to no group has null for groups, as AppSync says it."""
    claims = {name: value for name, value in CLAIMS.items() if name != "cognito:groups"}
    assert user_pool().identify(signed(claims=claims), [])["groups"] is None
    assert user_pool().identify(signed(claims={**claims, "cognito:groups": []}), [])["groups"] == []


def test_fractions_are_what_a_lambda_function_gets() -> None:
    """Numbers in claims are plain JSON numbers of Python."""
    identity = user_pool().identify(signed(claims={**CLAIMS, "custom": [0.5, 1]}), [])
    assert identity["claims"] == {**CLAIMS, "custom": [0.5, 1]}


def test_any_of_the_clients() -> None:
    """A token may be for any client of the pool."""
    assert fault_of({**CLAIMS, "aud": "client2"}) is None
    assert fault_of({**ACCESS_CLAIMS, "client_id": "client2"}) is None


@pytest.mark.parametrize(
    ("now_s", "fault"),
    [
        (NOW - 10.1, TokenFault.NOT_YET_VALID),
        (NOW - 10.0, None),
        (NOW + 69.9, None),
        (NOW + 70.0, TokenFault.EXPIRED),
    ],
)
@pytest.mark.parametrize("start", [{"iat": NOW}, {"iat": NOW - 60, "nbf": NOW}], ids=["iat", "nbf"])
def test_times_have_a_leeway(
    start: Mapping[str, object], now_s: float, fault: TokenFault | None
) -> None:
    """A token counts from ten seconds before its start until ten seconds after its end."""
    assert fault_of({**CLAIMS, **start, "exp": NOW + 60}, now_s) is fault


@pytest.mark.parametrize(
    ("lifetime_s", "fault"),
    [
        (0, TokenFault.LIFETIME),
        (1, None),
        (DAY_S, None),
        (DAY_S + 1, TokenFault.LIFETIME),
    ],
)
def test_the_lifetime_is_bounded(lifetime_s: int, fault: TokenFault | None) -> None:
    """A token may live for 24 hours, to the second, and must live for one second."""
    assert fault_of({**CLAIMS, "iat": NOW, "exp": NOW + lifetime_s}) is fault


@attrs.define
class ChangingKeys:
    """An issuer that has a new key, which its clients do not know yet."""

    renewals: int = 0

    def current(self) -> Jwks:
        """Give the old keys."""
        return {"keys": [jwk(kid="old")]}

    def renewed(self) -> Jwks:
        """Give the new ones."""
        self.renewals += 1
        return JWKS


def test_an_unknown_key_is_asked_for() -> None:
    """A token whose key is not known makes the keys be fetched anew, once."""
    keys = ChangingKeys()
    assert user_pool(keys).identify(signed(), [])["sub"] == "user123"
    with pytest.raises(InvalidToken) as raised:
        user_pool(keys).identify(signed({"alg": "RS256", "kid": "key3"}), [])
    assert (raised.value.fault, keys.renewals) == (TokenFault.UNKNOWN_KEY, 2)


def test_other_faults_ask_for_no_key() -> None:
    """A token that no key could mend makes nothing be fetched."""
    keys = ChangingKeys()
    for token in ("", signed({"alg": "none", "kid": "key1"}), signed({"alg": "RS256"})):
        with pytest.raises(InvalidToken):
            user_pool(keys).identify(token, [])
    assert keys.renewals == 0


class NoKeys:
    """An issuer that cannot be reached."""

    def current(self) -> Jwks:
        """Have none."""
        raise Unavailable("jwks")

    def renewed(self) -> Jwks:
        """Have none."""
        raise Unavailable("jwks")


def test_without_keys_nobody_is_identified() -> None:
    """Where no keys can be had, that is said, and not that the token is bad."""
    with pytest.raises(Unavailable):
        user_pool(NoKeys()).identify(signed(), [])

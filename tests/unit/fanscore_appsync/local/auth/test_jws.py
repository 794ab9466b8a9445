from __future__ import annotations

import pytest

from fanscore_appsync.local.auth.invalid_token import InvalidToken, TokenFault
from fanscore_appsync.local.auth.jws import verify_jws
from tests.tokens import CLAIMS, HEADER, JWKS, KEY, OTHER_KEY, as_json, encode, jwk, signed


@pytest.mark.parametrize("payload", [as_json(CLAIMS), b"", b"\x00\xff", b"not JSON"])
def test_what_is_signed_is_given_as_it_is(payload: bytes) -> None:
    """The payload comes back byte for byte, whatever it is."""
    assert verify_jws(signed(claims=payload), JWKS) == payload


def test_the_key_is_the_one_that_the_header_names() -> None:
    """Of several keys, the one with the header's kid counts."""
    token = signed({**HEADER, "kid": "key2"}, b"payload", OTHER_KEY)
    assert verify_jws(token, JWKS) == b"payload"


@pytest.mark.parametrize(
    "header",
    [{"typ": "JWT"}, {"x5t": "AAAA"}, {"unknown": {"to": "us"}}],
    ids=lambda header: next(iter(header)),
)
def test_other_members_of_a_header_do_no_harm(header: dict[str, object]) -> None:
    """Members of a header that RFC 7515 lets one ignore are ignored."""
    assert verify_jws(signed({**HEADER, **header}, b"payload"), JWKS) == b"payload"


def test_a_key_need_not_say_what_it_is_for() -> None:
    """A key without use, alg and key_ops is good, and so is one that states what it is used for."""
    bare = {name: jwk()[name] for name in ("kty", "kid", "n", "e")}
    stated = {**jwk(), "key_ops": ["verify"]}
    for key in (bare, stated):
        assert verify_jws(signed(claims=b"payload"), {"keys": [key]}) == b"payload"


def test_keys_for_something_else_do_no_harm() -> None:
    """A key for encryption may have the same kid, and whatever else stands in the set."""
    keys = [{**jwk(OTHER_KEY), "use": "enc"}, None, {"kty": "oct", "kid": "key1"}, jwk()]
    assert verify_jws(signed(claims=b"payload"), {"keys": keys}) == b"payload"


def test_the_longest_token() -> None:
    """A token of 16,384 characters is read; one more is refused unread."""
    overhead = len(signed(claims=b""))
    payload = bytes((16_384 - overhead) * 3 // 4)
    token = signed(claims=payload, key=KEY)
    assert 16_384 - len(token) in {0, 1}
    assert verify_jws(token, JWKS) == payload
    with pytest.raises(InvalidToken) as raised:
        verify_jws(token + "A" * (16_385 - len(token)), JWKS)
    assert raised.value.fault is TokenFault.TOO_LONG


@pytest.mark.parametrize(
    ("bits", "fault"),
    [
        (2047, TokenFault.WEAK_KEY),
        (2048, TokenFault.SIGNATURE),
        (8192, TokenFault.SIGNATURE),
        (8193, TokenFault.UNUSABLE_KEY),
    ],
)
def test_how_long_a_key_is(bits: int, fault: TokenFault) -> None:
    """A key of 2048 to 8192 bits is tried; a shorter one is weak, a longer one too much work."""
    number = (1 << (bits - 1)) + 3 * 5 * 7 + 1  # odd, and no power of 65537 modulo small primes
    modulus = encode((number | 1).to_bytes((bits + 7) // 8))
    with pytest.raises(InvalidToken) as raised:
        verify_jws(signed(claims=b"payload"), {"keys": [{**jwk(), "n": modulus}]})
    assert raised.value.fault is fault

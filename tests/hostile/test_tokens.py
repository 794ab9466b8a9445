from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from fanscore_appsync.local.auth.invalid_token import InvalidToken, TokenFault
from fanscore_appsync.local.auth.jwks import FixedKeys
from fanscore_appsync.local.auth.jws import MAX_TOKEN_LENGTH, verify_jws
from tests.tokens import (
    ACCESS_CLAIMS,
    CLAIMS,
    HEADER,
    ISSUER,
    JWKS,
    KEY,
    NOW_S,
    OTHER_KEY,
    as_json,
    encode,
    jwk,
    rs256,
    signed,
    unsigned,
    user_pool,
)

NOW = int(NOW_S)
GOOD = signed()
HEAD, BODY, SIGNATURE = GOOD.split(".")
CONTENT = f"{HEAD}.{BODY}"

EC_KEY = ec.generate_private_key(ec.SECP256R1())
WEAK_KEY = generate_private_key(65537, 2047)  # noqa: S505  # the point of it

PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def headed(**changes: object) -> str:
    """Make a token with other members in its header."""
    return signed({**HEADER, **changes})


def without(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Give a document without a member."""
    return {key: value for key, value in document.items() if key != name}


def claiming(changes: Mapping[str, object]) -> str:
    """Make a token with other claims."""
    return signed(claims={**CLAIMS, **changes})


def hs256(secret: bytes) -> str:
    """Make a token with a signature that whoever knows the public key can make."""
    content = unsigned({**HEADER, "alg": "HS256"}, CLAIMS)
    return f"{content}.{encode(hmac.digest(secret, content.encode(), sha256))}"


def ps256(alg: str) -> str:
    """Make a token with a PSS signature."""
    content = unsigned({**HEADER, "alg": alg}, CLAIMS)
    padding = PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH)
    return f"{content}.{encode(KEY.sign(content.encode(), padding, SHA256()))}"


def es256() -> str:
    """Make a token with an elliptic curve signature."""
    content = unsigned({**HEADER, "alg": "ES256"}, CLAIMS)
    r, s = decode_dss_signature(EC_KEY.sign(content.encode(), ec.ECDSA(SHA256())))
    return f"{content}.{encode(r.to_bytes(32) + s.to_bytes(32))}"


def digested(algorithm: SHA1 | SHA512, alg: str = "RS256") -> str:
    """Make a token with an RSA signature of another digest."""
    content = unsigned({**HEADER, "alg": alg}, CLAIMS)
    return f"{content}.{encode(KEY.sign(content.encode(), PKCS1v15(), algorithm))}"


def nested(depth: int) -> bytes:
    """Write lists in lists."""
    return b"[" * depth + b"]" * depth


FORMS = {
    "empty": ("", TokenFault.NOT_COMPACT),
    "a word": ("token", TokenFault.NOT_COMPACT),
    "one dot": (f"{HEAD}.{BODY}", TokenFault.NOT_COMPACT),
    "four parts": (f"{GOOD}.", TokenFault.NOT_COMPACT),
    "five parts, as encrypted tokens have": (f"{GOOD}.a.b", TokenFault.NOT_COMPACT),
    "only dots": ("." * MAX_TOKEN_LENGTH, TokenFault.NOT_COMPACT),
    "two dots": ("..", TokenFault.BAD_HEADER),
    "JSON form": (
        json.dumps({"protected": HEAD, "payload": BODY, "signature": SIGNATURE}),
        TokenFault.NOT_COMPACT,
    ),
    "too long by one": ("a" * (MAX_TOKEN_LENGTH + 1), TokenFault.TOO_LONG),
    "too long, and signed": (claiming({"pad": "x" * MAX_TOKEN_LENGTH}), TokenFault.TOO_LONG),
    "a megabyte of dots": ("." * 1_000_000, TokenFault.TOO_LONG),
    "scheme before it": (f"Bearer {GOOD}", TokenFault.NOT_BASE64URL),
    "space before it": (f" {GOOD}", TokenFault.NOT_BASE64URL),
    "line end after it": (f"{GOOD}\n", TokenFault.NOT_BASE64URL),
    "line end in a part": (f"{HEAD}.\n{BODY}.{SIGNATURE}", TokenFault.NOT_BASE64URL),
    "NUL": (f"{HEAD}\0.{BODY}.{SIGNATURE}", TokenFault.NOT_BASE64URL),
    "padding": (f"{HEAD}.{BODY}.{SIGNATURE}==", TokenFault.NOT_BASE64URL),
    "one character too many": (f"{HEAD}.{BODY}.{SIGNATURE[:341]}", TokenFault.NOT_BASE64URL),
    "bits left over": (f"{HEAD}.{BODY}.{SIGNATURE[:-1]}B", TokenFault.NOT_BASE64URL),
    "standard alphabet": (f"{HEAD}.{BODY}.+/{SIGNATURE[2:]}", TokenFault.NOT_BASE64URL),
    "not ASCII": (f"{HEAD}.{BODY}.é{SIGNATURE[1:]}", TokenFault.NOT_BASE64URL),
    "full-width letters": (f"{HEAD}.{BODY}.\uff21{SIGNATURE[1:]}", TokenFault.NOT_BASE64URL),
    "half a surrogate pair": (f"{HEAD}.{BODY}.\ud800", TokenFault.NOT_BASE64URL),
    "emoji": ("\U0001f600.\U0001f600.\U0001f600", TokenFault.NOT_BASE64URL),
}
"""Texts that are no token."""

HEADERS = {
    "empty": (f".{BODY}.{SIGNATURE}", TokenFault.BAD_HEADER),
    "not JSON": (signed(b"{"), TokenFault.BAD_HEADER),
    "not UTF-8": (signed(b'{"alg":"RS256","kid":"\xff"}'), TokenFault.BAD_HEADER),
    "UTF-16": (signed(json.dumps(HEADER).encode("utf-16")), TokenFault.BAD_HEADER),
    "byte order mark": (signed(b"\xef\xbb\xbf" + as_json(HEADER)), TokenFault.BAD_HEADER),
    "null": (signed(b"null"), TokenFault.BAD_HEADER),
    "list": (signed([HEADER]), TokenFault.BAD_HEADER),
    "text": (signed("RS256"), TokenFault.BAD_HEADER),
    "NaN": (signed(b'{"alg":"RS256","kid":"key1","x":NaN}'), TokenFault.BAD_HEADER),
    "deep": (signed(nested(5_000)), TokenFault.BAD_HEADER),
    "many digits": (signed(b'{"x":' + b"9" * 5_000 + b"}"), TokenFault.BAD_HEADER),
    "algorithm twice": (
        signed(b'{"alg":"none","alg":"RS256","kid":"key1"}'),
        TokenFault.BAD_HEADER,
    ),
    "key twice": (signed(b'{"alg":"RS256","kid":"key2","kid":"key1"}'), TokenFault.BAD_HEADER),
    "key twice, once escaped": (
        signed(b'{"alg":"RS256","kid":"key2","\\u006bid":"key1"}'),
        TokenFault.BAD_HEADER,
    ),
    "twice further in": (
        signed(b'{"alg":"RS256","kid":"key1","x":{"y":1,"y":2}}'),
        TokenFault.BAD_HEADER,
    ),
    "crit": (headed(crit=["exp"], exp=NOW), TokenFault.HEADER_NOT_ALLOWED),
    "crit, empty": (headed(crit=[]), TokenFault.HEADER_NOT_ALLOWED),
    "b64 false": (headed(b64=False, crit=["b64"]), TokenFault.HEADER_NOT_ALLOWED),
    "b64 true": (headed(b64=True), TokenFault.HEADER_NOT_ALLOWED),
    "its own key": (
        signed({**HEADER, "jwk": jwk(OTHER_KEY)}, key=OTHER_KEY),
        TokenFault.HEADER_NOT_ALLOWED,
    ),
    "key elsewhere": (headed(jku="https://example.com/jwks"), TokenFault.HEADER_NOT_ALLOWED),
    "certificate elsewhere": (headed(x5u="file:///dev/zero"), TokenFault.HEADER_NOT_ALLOWED),
    "its own certificate": (headed(x5c=["AAAA"]), TokenFault.HEADER_NOT_ALLOWED),
    "null key": (headed(jwk=None), TokenFault.HEADER_NOT_ALLOWED),
}
"""Headers that no token has."""

ALGORITHMS = {
    "none": (unsigned({**HEADER, "alg": "none"}, CLAIMS) + ".", TokenFault.ALGORITHM),
    "None": (unsigned({**HEADER, "alg": "None"}, CLAIMS) + ".", TokenFault.ALGORITHM),
    "none, signed": (headed(alg="none"), TokenFault.ALGORITHM),
    "missing": (signed(without(HEADER, "alg")), TokenFault.ALGORITHM),
    "null": (headed(alg=None), TokenFault.ALGORITHM),
    "empty": (headed(alg=""), TokenFault.ALGORITHM),
    "list": (headed(alg=["RS256"]), TokenFault.ALGORITHM),
    "lower case": (headed(alg="rs256"), TokenFault.ALGORITHM),
    "space": (headed(alg="RS256 "), TokenFault.ALGORITHM),
    "HS256 with the public key as PEM": (hs256(PEM), TokenFault.ALGORITHM),
    "HS256 with the public key as DER": (hs256(DER), TokenFault.ALGORITHM),
    "HS256 with the modulus": (hs256(str(jwk()["n"]).encode()), TokenFault.ALGORITHM),
    "HS256 with nothing": (hs256(b""), TokenFault.ALGORITHM),
    "PS256": (ps256("PS256"), TokenFault.ALGORITHM),
    "ES256": (es256(), TokenFault.ALGORITHM),
    "RS512": (digested(SHA512(), "RS512"), TokenFault.ALGORITHM),
    "EdDSA": (headed(alg="EdDSA"), TokenFault.ALGORITHM),
    "RSA1_5": (headed(alg="RSA1_5"), TokenFault.ALGORITHM),
    "PS256 under another name": (ps256("RS256"), TokenFault.SIGNATURE),
    "SHA-512 under another name": (digested(SHA512()), TokenFault.SIGNATURE),
    "SHA-1 under another name": (
        digested(SHA1()),  # noqa: S303  # the point of it
        TokenFault.SIGNATURE,
    ),
}
"""Algorithms that are not RS256."""

KEY_IDS = {
    "missing": (signed(without(HEADER, "kid")), TokenFault.NO_KEY_ID),
    "null": (headed(kid=None), TokenFault.NO_KEY_ID),
    "number": (headed(kid=1), TokenFault.NO_KEY_ID),
    "list": (headed(kid=["key1"]), TokenFault.NO_KEY_ID),
    "empty": (headed(kid=""), TokenFault.NO_KEY_ID),
    "unknown": (headed(kid="key3"), TokenFault.UNKNOWN_KEY),
    "upper case": (headed(kid="KEY1"), TokenFault.UNKNOWN_KEY),
    "NUL after it": (headed(kid="key1\0"), TokenFault.UNKNOWN_KEY),
    "half a surrogate pair": (headed(kid="\ud800"), TokenFault.UNKNOWN_KEY),
    "a path": (headed(kid="../../dev/null"), TokenFault.UNKNOWN_KEY),
    "another key's": (headed(kid="key2"), TokenFault.SIGNATURE),
}
"""Key ids that lead to no key, or to another."""

SIGNATURES = {
    "none": (f"{CONTENT}.", TokenFault.SIGNATURE),
    "one byte": (f"{CONTENT}.AA", TokenFault.SIGNATURE),
    "cut": (f"{CONTENT}.{SIGNATURE[:-2]}", TokenFault.SIGNATURE),
    "zeros": (f"{CONTENT}.{encode(bytes(256))}", TokenFault.SIGNATURE),
    "ones": (f"{CONTENT}.{encode(bytes([255]) * 256)}", TokenFault.SIGNATURE),
    "zero before it": (f"{CONTENT}.{encode(bytes(1) + rs256(CONTENT))}", TokenFault.SIGNATURE),
    "zero after it": (f"{CONTENT}.{encode(rs256(CONTENT) + bytes(1))}", TokenFault.SIGNATURE),
    "long": (f"{CONTENT}.{encode(bytes(8_192))}", TokenFault.SIGNATURE),
    "of another key": (f"{CONTENT}.{encode(rs256(CONTENT, OTHER_KEY))}", TokenFault.SIGNATURE),
    "of other claims": (
        f"{CONTENT}.{claiming({'sub': 'user456'}).split('.')[2]}",
        TokenFault.SIGNATURE,
    ),
    "of the payload alone": (f"{CONTENT}.{encode(rs256(BODY))}", TokenFault.SIGNATURE),
    "payload taken out": (f"{HEAD}..{SIGNATURE}", TokenFault.SIGNATURE),
    "payload put in": (
        f"{HEAD}.{encode(as_json({**CLAIMS, 'sub': 'user456'}))}.{SIGNATURE}",
        TokenFault.SIGNATURE,
    ),
    "padded payload": (f"{HEAD}.{BODY}=.{SIGNATURE}", TokenFault.NOT_BASE64URL),
}
"""Signatures of something else."""

CLAIM_FAULTS = {
    "nothing": (signed(claims=b""), TokenFault.BAD_CLAIMS),
    "not JSON": (signed(claims=b"{"), TokenFault.BAD_CLAIMS),
    "not UTF-8": (signed(claims=b'"\xff"'), TokenFault.BAD_CLAIMS),
    "list": (signed(claims=[CLAIMS]), TokenFault.BAD_CLAIMS),
    "null": (signed(claims=b"null"), TokenFault.BAD_CLAIMS),
    "deep": (signed(claims=nested(5_000)), TokenFault.BAD_CLAIMS),
    "twice": (
        signed(claims=as_json(CLAIMS)[:-1] + b',"sub":"user456"}'),
        TokenFault.BAD_CLAIMS,
    ),
    "infinite": (signed(claims=b'{"exp":Infinity}'), TokenFault.BAD_CLAIMS),
    "a token within": (signed(claims=GOOD.encode()), TokenFault.BAD_CLAIMS),
    "no issuer": (signed(claims=without(CLAIMS, "iss")), TokenFault.ISSUER),
    "other issuer": (claiming({"iss": f"{ISSUER}2"}), TokenFault.ISSUER),
    "issuer with a slash": (claiming({"iss": f"{ISSUER}/"}), TokenFault.ISSUER),
    "several issuers": (claiming({"iss": [ISSUER]}), TokenFault.ISSUER),
    "no use": (signed(claims=without(CLAIMS, "token_use")), TokenFault.USE),
    "refresh token": (claiming({"token_use": "refresh"}), TokenFault.USE),
    "use is a list": (claiming({"token_use": ["id"]}), TokenFault.USE),
    "no client": (signed(claims=without(CLAIMS, "aud")), TokenFault.CLIENT),
    "other client": (claiming({"aud": "client3"}), TokenFault.CLIENT),
    "several clients": (claiming({"aud": ["client1"]}), TokenFault.CLIENT),
    "id token with client_id": (
        signed(claims={**without(CLAIMS, "aud"), "client_id": "client1"}),
        TokenFault.CLIENT,
    ),
    "access token with aud": (
        signed(claims={**without(ACCESS_CLAIMS, "client_id"), "aud": "client1"}),
        TokenFault.CLIENT,
    ),
    "no end": (signed(claims=without(CLAIMS, "exp")), TokenFault.TIMES),
    "no start": (signed(claims=without(CLAIMS, "iat")), TokenFault.TIMES),
    "end is text": (claiming({"exp": str(NOW + 60)}), TokenFault.TIMES),
    "end is a fraction": (claiming({"exp": NOW + 0.5}), TokenFault.TIMES),
    "end is true": (claiming({"exp": True}), TokenFault.TIMES),
    "nbf is null": (claiming({"nbf": None}), TokenFault.TIMES),
    "expired": (claiming({"exp": NOW - 10}), TokenFault.EXPIRED),
    "issued later": (claiming({"iat": NOW + 11, "exp": NOW + 60}), TokenFault.NOT_YET_VALID),
    "issued later than it is valid": (
        claiming({"iat": NOW + 11, "nbf": NOW - 60, "exp": NOW + 60}),
        TokenFault.NOT_YET_VALID,
    ),
    "valid later": (claiming({"nbf": NOW + 11}), TokenFault.NOT_YET_VALID),
    "valid much later": (claiming({"nbf": 10**4_000}), TokenFault.NOT_YET_VALID),
    "lives for a day and a second": (
        claiming({"exp": 1_799_998_200 + 86_401}),
        TokenFault.LIFETIME,
    ),
    "lives for ever": (claiming({"exp": 10**4_000}), TokenFault.LIFETIME),
    "milliseconds": (claiming({"exp": (NOW + 60) * 1_000}), TokenFault.LIFETIME),
    "ends before it starts": (claiming({"exp": 1_799_998_199}), TokenFault.LIFETIME),
    "negative": (claiming({"iat": -2, "exp": -1}), TokenFault.EXPIRED),
    "no subject": (signed(claims=without(CLAIMS, "sub")), TokenFault.SUBJECT),
    "subject is null": (claiming({"sub": None}), TokenFault.SUBJECT),
    "subject is empty": (claiming({"sub": ""}), TokenFault.SUBJECT),
    "subject is an object": (claiming({"sub": {"eq": "user123"}}), TokenFault.SUBJECT),
    "no user name": (signed(claims=without(CLAIMS, "cognito:username")), TokenFault.SUBJECT),
    "groups are text": (claiming({"cognito:groups": "admins"}), TokenFault.GROUPS),
    "groups are an object": (claiming({"cognito:groups": {"admins": True}}), TokenFault.GROUPS),
    "a group is a list": (claiming({"cognito:groups": [["admins"]]}), TokenFault.GROUPS),
    "a group is null": (claiming({"cognito:groups": [None]}), TokenFault.GROUPS),
}
"""Claims of tokens that are signed as they should be."""

TABLE = {
    f"{table}: {name}": row
    for table, rows in {
        "form": FORMS,
        "header": HEADERS,
        "algorithm": ALGORITHMS,
        "key": KEY_IDS,
        "signature": SIGNATURES,
        "claims": CLAIM_FAULTS,
    }.items()
    for name, row in rows.items()
}


def key_set(*keys: object) -> Mapping[str, object]:
    """Make a key set."""
    return {"keys": list(keys)}


EC_JWK = {"kty": "EC", "crv": "P-256", "x": encode(bytes(32)), "y": encode(bytes(32))}

KEY_SETS = {
    "empty object": ({}, TokenFault.UNKNOWN_KEY),
    "no key": (key_set(), TokenFault.UNKNOWN_KEY),
    "keys are null": ({"keys": None}, TokenFault.UNKNOWN_KEY),
    "keys by id": ({"keys": {"key1": jwk()}}, TokenFault.UNKNOWN_KEY),
    "keys that are none": (key_set(None, "key1", 1), TokenFault.UNKNOWN_KEY),
    "key without id": (key_set(without(jwk(), "kid")), TokenFault.UNKNOWN_KEY),
    "one id, two keys": (key_set(jwk(), jwk(OTHER_KEY)), TokenFault.UNUSABLE_KEY),
    "one key, twice": (key_set(jwk(), jwk()), TokenFault.UNUSABLE_KEY),
    "for encryption": (key_set({**jwk(), "use": "enc"}), TokenFault.UNUSABLE_KEY),
    "use is null": (key_set({**jwk(), "use": None}), TokenFault.UNUSABLE_KEY),
    "for PS256": (key_set({**jwk(), "alg": "PS256"}), TokenFault.UNUSABLE_KEY),
    "for wrapping": (key_set({**jwk(), "key_ops": ["wrapKey"]}), TokenFault.UNUSABLE_KEY),
    "operations are text": (key_set({**jwk(), "key_ops": "verify"}), TokenFault.UNUSABLE_KEY),
    "no kind": (key_set(without(jwk(), "kty")), TokenFault.UNUSABLE_KEY),
    "a secret": (
        key_set({"kty": "oct", "kid": "key1", "k": encode(PEM)}),
        TokenFault.UNUSABLE_KEY,
    ),
    "elliptic curve": (key_set({**EC_JWK, "kid": "key1"}), TokenFault.UNUSABLE_KEY),
    "no modulus": (key_set(without(jwk(), "n")), TokenFault.UNUSABLE_KEY),
    "modulus is a number": (key_set({**jwk(), "n": 17}), TokenFault.UNUSABLE_KEY),
    "modulus is no base64url": (key_set({**jwk(), "n": "??"}), TokenFault.UNUSABLE_KEY),
    "modulus is even": (
        key_set({**jwk(), "n": encode(b"\xff" * 255 + b"\0")}),
        TokenFault.SIGNATURE,
    ),
    "modulus is huge": (key_set({**jwk(), "n": "_" * 12_000}), TokenFault.UNUSABLE_KEY),
    "modulus is empty": (key_set({**jwk(), "n": ""}), TokenFault.WEAK_KEY),
    "modulus is zero": (key_set({**jwk(), "n": encode(bytes(256))}), TokenFault.WEAK_KEY),
    "2047 bits": (key_set(jwk(WEAK_KEY)), TokenFault.WEAK_KEY),
    "exponent is 1": (key_set({**jwk(), "e": "AQ"}), TokenFault.UNUSABLE_KEY),
    "exponent is even": (key_set({**jwk(), "e": "AQAC"}), TokenFault.UNUSABLE_KEY),
    "exponent is empty": (key_set({**jwk(), "e": ""}), TokenFault.UNUSABLE_KEY),
    "exponent is no base64url": (key_set({**jwk(), "e": "é"}), TokenFault.UNUSABLE_KEY),
    "exponent is huge": (key_set({**jwk(), "e": "_" * 12_000}), TokenFault.UNUSABLE_KEY),
}
"""Key sets with which the good token proves nothing."""


KEYLESS, NAMED = json.loads(
    Path(__file__).with_name("jws_vectors.json").read_text(encoding="utf-8")
)
"""Public test vectors, each with its source: a public key, a token, and what comes of it."""


def test_a_public_vector_verifies() -> None:
    """The RS256 example of RFC 7520, whose header names its key, gives the payload that it says."""
    assert verify_jws(NAMED["token"], key_set(NAMED["jwk"])).decode() == NAMED["payload"]


def test_a_public_vector_without_a_key_id() -> None:
    """The RS256 example of RFC 7515, whose header names no key, is refused for just that.

    Its signature does not count under a header that does name the key.
    """
    _, payload, signature = KEYLESS["token"].split(".")
    header = encode(as_json({"alg": "RS256", "kid": KEYLESS["jwk"]["kid"]}))
    faults = []
    for token in (KEYLESS["token"], f"{header}.{payload}.{signature}"):
        with pytest.raises(InvalidToken) as raised:
            verify_jws(token, key_set(KEYLESS["jwk"]))
        faults.append(raised.value.fault)
    assert faults == [TokenFault[KEYLESS["fault"]], TokenFault.SIGNATURE]


@pytest.mark.parametrize(("token", "fault"), TABLE.values(), ids=TABLE)
def test_hostile_tokens_are_refused(token: str, fault: TokenFault) -> None:
    """A hostile token is refused by the one typed error, which says why in words of ours."""
    with pytest.raises(InvalidToken) as raised:
        user_pool().identify(token, [])
    assert raised.value.fault is fault
    assert str(raised.value) == f"The token is not valid: {fault.value}"


@pytest.mark.parametrize(("jwks", "fault"), KEY_SETS.values(), ids=KEY_SETS)
def test_unfit_keys_prove_nothing(jwks: Mapping[str, object], fault: TokenFault) -> None:
    """A good token is refused by the one typed error where its key is not one that fits."""
    with pytest.raises(InvalidToken) as raised:
        user_pool(FixedKeys(jwks)).identify(GOOD, [])
    assert raised.value.fault is fault


def test_the_token_that_the_hostile_ones_are_made_from_is_good() -> None:
    """The tables refuse for what they change, not for what all of their tokens have."""
    assert verify_jws(GOOD, JWKS) == as_json(CLAIMS)
    assert user_pool().identify(GOOD, [])["sub"] == "user123"


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position: int, change: int) -> None:
    """A good token with any byte changed is refused."""
    changed = chr(ord(GOOD[position]) ^ change)
    with pytest.raises(InvalidToken):
        user_pool().identify(GOOD[:position] + changed + GOOD[position + 1 :], [])


def test_a_changed_bit_of_the_signature_is_noticed() -> None:
    """A signature with any one bit changed is refused."""
    signature = int.from_bytes(rs256(CONTENT))
    for bit in Random(1).sample(range(2048), 256):
        changed = encode((signature ^ (1 << bit)).to_bytes(256))
        with pytest.raises(InvalidToken) as raised:
            verify_jws(f"{CONTENT}.{changed}", JWKS)
        assert raised.value.fault is TokenFault.SIGNATURE


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
PARTS = st.one_of(
    st.text(),
    st.binary().map(encode),
    JSON.map(as_json).map(encode),
    st.sampled_from([HEAD, BODY, SIGNATURE]),
)
SPOILT_CLAIMS = st.builds(
    lambda name, value: {**CLAIMS, name: value}, st.sampled_from(sorted(CLAIMS)), JSON
)


@given(st.text() | st.lists(PARTS, min_size=2, max_size=4).map(".".join))
def test_any_text_is_refused_by_the_one_error(token: str) -> None:
    """Arbitrary text, and arbitrary content in the form of a token, raise nothing else."""
    if token != GOOD:
        with pytest.raises(InvalidToken):
            user_pool().identify(token, [])


@given(SPOILT_CLAIMS | JSON | st.binary())
def test_any_signed_claims_are_taken_or_refused(claims: object) -> None:
    """Whatever is signed gives the identity that it names, or raises the one error."""
    try:
        identity = user_pool().identify(signed(claims=claims), [])
    except InvalidToken:
        return
    assert identity["sub"] == json.loads(as_json(claims))["sub"]


@given(st.builds(lambda name, value: {**jwk(), name: value}, st.sampled_from(sorted(jwk())), JSON))
def test_any_key_is_used_or_refused(key: Mapping[str, object]) -> None:
    """Whatever stands in a key set either proves the good token, or raises the one error."""
    try:
        payload = verify_jws(GOOD, key_set(key))
    except InvalidToken:
        return
    assert payload == as_json(CLAIMS)

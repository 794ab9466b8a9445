"""Tokens as a user pool signs them, and as it never would."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from fanscore_appsync.local.auth.jwks import FixedKeys, KeySource
from fanscore_appsync.local.auth.user_pool import UserPool

NOW_S = 1_800_000_000.0
"""When the claims below are half an hour old."""

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
CLIENT_ID = "client1"

HEADER: Mapping[str, object] = {"alg": "RS256", "kid": "key1"}
CLAIMS: Mapping[str, object] = {
    "sub": "user123",
    "iss": ISSUER,
    "token_use": "id",
    "aud": CLIENT_ID,
    "auth_time": 1_799_998_200,
    "iat": 1_799_998_200,
    "exp": 1_800_001_800,
    "cognito:username": "user123",
    "cognito:groups": ["fans"],
}
ACCESS_CLAIMS: Mapping[str, object] = {
    **{name: CLAIMS[name] for name in ("sub", "iss", "auth_time", "iat", "exp", "cognito:groups")},
    "token_use": "access",
    "client_id": CLIENT_ID,
    "username": "user123",
}

KEY = generate_private_key(65537, 2048)
OTHER_KEY = generate_private_key(65537, 2048)


def encode(content: bytes) -> str:
    """Write bytes as base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def as_json(document: object) -> bytes:
    """Write a document; bytes are one already."""
    return document if isinstance(document, bytes) else json.dumps(document).encode()


def unsigned(header: object, claims: object) -> str:
    """Write what a signature is made of. Documents may be bytes that are no JSON."""
    return f"{encode(as_json(header))}.{encode(as_json(claims))}"


def rs256(content: str, key: RSAPrivateKey = KEY) -> bytes:
    """Sign as RS256 says."""
    return key.sign(content.encode(), PKCS1v15(), SHA256())


def signed(header: object = HEADER, claims: object = CLAIMS, key: RSAPrivateKey = KEY) -> str:
    """Make a token whose signature is right, whatever its header says."""
    content = unsigned(header, claims)
    return f"{content}.{encode(rs256(content, key))}"


def jwk(key: RSAPrivateKey = KEY, kid: str = "key1") -> dict[str, object]:
    """Write the public key as Cognito publishes it."""
    numbers = key.public_key().public_numbers()
    return {
        "alg": "RS256",
        "e": encode(numbers.e.to_bytes(3)),
        "kid": kid,
        "kty": "RSA",
        "n": encode(numbers.n.to_bytes((key.key_size + 7) // 8)),
        "use": "sig",
    }


JWKS: Mapping[str, object] = {"keys": [jwk(), jwk(OTHER_KEY, "key2")]}


def user_pool(keys: KeySource | None = None, now_s: float = NOW_S) -> UserPool:
    """Make the user pool that the tokens are of."""
    return UserPool(
        ISSUER, frozenset({CLIENT_ID, "client2"}), keys or FixedKeys(JWKS), lambda: now_s
    )

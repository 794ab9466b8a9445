"""JSON Web Signatures in compact form (RFC 7515), of the one kind that Cognito makes: RS256."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from fanscore_adapters.documents.json_text import parse_json
from fanscore_appsync.local.auth.invalid_token import InvalidToken, TokenFault
from fanscore_appsync.local.auth.roca import has_roca_fingerprint
from fanscore_core.errors import InvalidInput

MAX_TOKEN_LENGTH = 16_384
"""In characters."""

MIN_KEY_BITS = 2048
MAX_KEY_BITS = 8192
"""A longer key would only make a check slow."""

ALGORITHM = "RS256"

_PARTS = 3
_NOT_ALLOWED = frozenset({"crit", "b64", "jwk", "jku", "x5u", "x5c"})
_KEYS_KEPT = 16

_algorithm = JWSRegistry(algorithms=[ALGORITHM]).get_alg(ALGORITHM)


def verify_jws(token: str, jwks: Mapping[str, object]) -> bytes:
    """Check a token's signature, and give what is signed.

    Args:
        token: in compact form; at most 16,384 characters.
        jwks: a JSON Web Key Set (RFC 7517), as its issuer publishes it.

    Returns:
        The payload as it is; nothing is known about it but who signed it.

    Raises:
        InvalidToken: the token is malformed, signed otherwise than by RS256, or not by a key of
            the set; ``UNKNOWN_KEY`` where a newer set may have the key.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise InvalidToken(TokenFault.TOO_LONG)
    parts = token.split(".", _PARTS)
    if len(parts) != _PARTS:
        raise InvalidToken(TokenFault.NOT_COMPACT)
    header, payload, signature = map(_decode, parts)
    key = _find_key(_key_id(header), jwks)
    signed, _, _ = token.rpartition(".")
    if not _algorithm.verify(signed.encode("ascii"), signature, key):
        raise InvalidToken(TokenFault.SIGNATURE)
    return payload


def _decode(part: str) -> bytes:
    """Decode base64url; only the one spelling that an encoder gives is accepted."""
    try:
        decoded = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise InvalidToken(TokenFault.NOT_BASE64URL) from None
    if urlsafe_b64encode(decoded).rstrip(b"=") != part.encode("ascii"):
        raise InvalidToken(TokenFault.NOT_BASE64URL)
    return decoded


def _key_id(encoded: bytes) -> str:
    header = _json_object(encoded)
    if _NOT_ALLOWED & header.keys():
        raise InvalidToken(TokenFault.HEADER_NOT_ALLOWED)
    if header.get("alg") != ALGORITHM:
        raise InvalidToken(TokenFault.ALGORITHM)
    key_id = header.get("kid")
    if type(key_id) is not str or not key_id:
        raise InvalidToken(TokenFault.NO_KEY_ID)
    return key_id


def _json_object(encoded: bytes) -> Mapping[str, object]:
    try:
        document = parse_json(encoded.decode("utf-8"))
    except (InvalidInput, UnicodeDecodeError):
        raise InvalidToken(TokenFault.BAD_HEADER) from None
    if type(document) is not dict:
        raise InvalidToken(TokenFault.BAD_HEADER)
    return document


def _find_key(key_id: str, jwks: Mapping[str, object]) -> RSAKey:
    keys = jwks.get("keys")
    named = [key for key in keys if _is_named(key, key_id)] if isinstance(keys, list) else []
    if not named:
        raise InvalidToken(TokenFault.UNKNOWN_KEY)
    usable = [key for key in named if _is_for_signatures(key)]
    if len(usable) != 1:
        raise InvalidToken(TokenFault.UNUSABLE_KEY)
    match usable[0]:
        case {"n": str(modulus), "e": str(exponent)}:
            return _rsa_key(modulus, exponent)
        case _:
            raise InvalidToken(TokenFault.UNUSABLE_KEY)


def _is_named(key: object, key_id: str) -> bool:
    return isinstance(key, Mapping) and key.get("kid") == key_id


def _is_for_signatures(key: Mapping[str, object]) -> bool:
    operations = key.get("key_ops", ["verify"])
    return (
        key.get("kty") == "RSA"
        and key.get("use", "sig") == "sig"
        and key.get("alg", ALGORITHM) == ALGORITHM
        and isinstance(operations, list)
        and "verify" in operations
    )


@lru_cache(_KEYS_KEPT)
def _rsa_key(modulus: str, exponent: str) -> RSAKey:
    """Make a key of its public numbers; whatever else an issuer publishes is not looked at."""
    try:
        number = int.from_bytes(_decode(modulus))
    except InvalidToken:
        raise InvalidToken(TokenFault.UNUSABLE_KEY) from None
    if number.bit_length() < MIN_KEY_BITS:
        raise InvalidToken(TokenFault.WEAK_KEY)
    if number.bit_length() > MAX_KEY_BITS:
        raise InvalidToken(TokenFault.UNUSABLE_KEY)
    if has_roca_fingerprint(number):
        raise InvalidToken(TokenFault.FACTORABLE_KEY)
    try:
        return RSAKey.import_key({"kty": "RSA", "n": modulus, "e": exponent})
    except (JoseError, ValueError):
        raise InvalidToken(TokenFault.UNUSABLE_KEY) from None

"""Tokens of a Cognito user pool: checked, and made into the identity that AppSync gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import attrs

from fanscore_adapters.documents.json_text import parse_json
from fanscore_appsync.local.auth.invalid_token import InvalidToken, TokenFault
from fanscore_appsync.local.auth.jwks import KeySource
from fanscore_appsync.local.auth.jws import verify_jws
from fanscore_core.errors import InvalidInput

MAX_LIFETIME_S = 24 * 60 * 60
"""From ``iat`` to ``exp``; Cognito gives id and access tokens at most a day."""

LEEWAY_S = 10
"""How far the issuer's clock and ours may be apart."""

_Claims = Mapping[str, object]

_CLIENT_CLAIMS = {"id": "aud", "access": "client_id"}
_NAME_CLAIMS = {"id": "cognito:username", "access": "username"}


@attrs.frozen
class UserPool:
    """A user pool whose users may call.

    Attributes:
        issuer: ``iss`` of its tokens: ``https://cognito-idp.<region>.amazonaws.com/<pool>``.
        client_ids: the app clients whose tokens are accepted.
        keys: with which it signs.
        now_s: tells the time, in seconds since the epoch.
    """

    issuer: str
    client_ids: frozenset[str]
    keys: KeySource
    now_s: Callable[[], float]

    def identify(self, token: str, source_ip: Sequence[str]) -> Mapping[str, object]:
        """Check an id or access token, and give the ``identity`` of its bearer.

        It may wait for the keys to be fetched, so call it from a worker thread.

        Args:
            token: a JWT, without ``Bearer``.
            source_ip: addresses that the request came from.

        Raises:
            InvalidToken: the token proves nothing.
            Unavailable: there are no keys to check it with.
        """
        claims = _claims(self._verify(token))
        use = self._check_claims(claims)
        _check_times(claims, self.now_s())
        return {
            "sub": _text(claims, "sub"),
            "issuer": self.issuer,
            "username": _text(claims, _NAME_CLAIMS[use]),
            "claims": claims,
            "sourceIp": list(source_ip),
            "defaultAuthStrategy": "ALLOW",
            "groups": _groups(claims),
        }

    def _verify(self, token: str) -> bytes:
        try:
            return verify_jws(token, self.keys.current())
        except InvalidToken as error:
            if error.fault is not TokenFault.UNKNOWN_KEY:
                raise
        return verify_jws(token, self.keys.renewed())

    def _check_claims(self, claims: _Claims) -> str:
        """Check for whom the token was made, and give its use."""
        if claims.get("iss") != self.issuer:
            raise InvalidToken(TokenFault.ISSUER)
        use = claims.get("token_use")
        if not isinstance(use, str) or use not in _CLIENT_CLAIMS:
            raise InvalidToken(TokenFault.USE)
        client_id = claims.get(_CLIENT_CLAIMS[use])
        if not isinstance(client_id, str) or client_id not in self.client_ids:
            raise InvalidToken(TokenFault.CLIENT)
        return use


def _claims(payload: bytes) -> _Claims:
    try:
        text = payload.decode("utf-8")
        document = parse_json(text)
    except (InvalidInput, UnicodeDecodeError):
        raise InvalidToken(TokenFault.BAD_CLAIMS) from None
    if type(document) is not dict:
        raise InvalidToken(TokenFault.BAD_CLAIMS)
    claims: _Claims = json.loads(text)  # fractions as a Lambda function gets them, not as Decimal
    return claims


def _check_times(claims: _Claims, now_s: float) -> None:
    issued_at, expires_at = _time(claims, "iat"), _time(claims, "exp")
    starts_at = _time(claims, "nbf") if "nbf" in claims else issued_at
    if not 0 < expires_at - issued_at <= MAX_LIFETIME_S:
        raise InvalidToken(TokenFault.LIFETIME)
    if now_s >= expires_at + LEEWAY_S:
        raise InvalidToken(TokenFault.EXPIRED)
    if now_s < max(issued_at, starts_at) - LEEWAY_S:
        raise InvalidToken(TokenFault.NOT_YET_VALID)


def _time(claims: _Claims, name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:
        raise InvalidToken(TokenFault.TIMES)
    return value


def _text(claims: _Claims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidToken(TokenFault.SUBJECT)
    return value


def _groups(claims: _Claims) -> list[str] | None:
    groups = claims.get("cognito:groups")
    if groups is None:
        return None
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise InvalidToken(TokenFault.GROUPS)
    return groups

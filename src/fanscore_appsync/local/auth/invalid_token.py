"""The one error of tokens, and all its reasons."""

from __future__ import annotations

import enum

import attrs

from fanscore_core.errors import FanscoreError


class TokenFault(enum.Enum):
    """What is wrong with a token. No sentence holds a part of the token."""

    TOO_LONG = "it is too long"
    NOT_COMPACT = "it is not three parts with dots between them"
    NOT_BASE64URL = "a part is not base64url without padding"
    BAD_HEADER = "its header is not a JSON object without repeated keys"
    HEADER_NOT_ALLOWED = "its header has crit, b64, jwk, jku, x5u or x5c"
    ALGORITHM = "its algorithm is not RS256"
    NO_KEY_ID = "its header names no key"
    UNKNOWN_KEY = "its key is not known"
    UNUSABLE_KEY = "its key is not one RSA key for RS256 signatures"
    WEAK_KEY = "its key is shorter than 2048 bits"
    FACTORABLE_KEY = "its key was made by a library whose keys can be factored (ROCA)"
    SIGNATURE = "its signature is not valid"
    BAD_CLAIMS = "its claims are not a JSON object without repeated keys"
    ISSUER = "another issuer made it"
    USE = "its token_use is neither id nor access"
    CLIENT = "it is for another client"
    TIMES = "its exp, iat or nbf is not a time"
    EXPIRED = "it has expired"
    NOT_YET_VALID = "it is not valid yet"
    LIFETIME = "it lives for more than 24 hours"
    SUBJECT = "its sub or its user name is not text"
    GROUPS = "its groups are not a list of text"


@attrs.frozen
class InvalidToken(FanscoreError):
    """A token proves nothing about its bearer."""

    fault: TokenFault

    def __str__(self) -> str:
        return f"The token is not valid: {self.fault.value}"

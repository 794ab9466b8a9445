"""Who sends a request, by its credentials: a user pool token, an API key, or a role by header."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil

import attrs
from starlette.requests import Request as HttpRequest

from fanscore_appsync.local.auth.api_keys import InvalidApiKey
from fanscore_appsync.local.auth.invalid_token import InvalidToken
from fanscore_appsync.local.auth.rate_limit import RateLimited
from fanscore_appsync.local.graphql.auth_directives import HttpCaller, Mode
from fanscore_appsync.local.http.request import (
    IAM_HEADER,
    Unacceptable,
    is_from_this_machine,
    peer_of,
)
from fanscore_core.errors import Unavailable

ACCOUNT = "111122223333"
UNAUTHORIZED = "UnauthorizedException"
MAX_ROLE = 64


_HEADERS = {
    Mode.USER_POOL: "authorization",
    Mode.API_KEY: "x-api-key",
    Mode.IAM: IAM_HEADER,
}


@attrs.frozen
class Credentials:
    """What credentials a gateway believes.

    Attributes:
        identify: the bearer of a user pool token, given the addresses the request came from.
        check_key: the id of an API key.
        count_call: of a key, by its id.
        believes_iam_header: whether a request from this machine may name its role.
        count_wrong_key: of an address. A right key is good from any address, whatever others
            have tried from there: many callers may share one, and nobody finds a key by trying.
    """

    identify: Callable[[str, Sequence[str]], Mapping[str, object]]
    check_key: Callable[[str], str]
    count_call: Callable[[str], None]
    believes_iam_header: bool = False
    count_wrong_key: Callable[[str], None] = lambda _address: None

    def caller(self, request: HttpRequest) -> HttpCaller:
        """Tell who sends a request. May wait for keys to be fetched.

        Raises:
            Unacceptable: the credentials are missing, contradict each other, or are not valid; a
                key calls too often, or an address with wrong ones.
        """
        given = [
            (mode, credential)
            for mode, header in _HEADERS.items()
            for credential in request.headers.getlist(header)
        ]
        if len(given) != 1:
            problem = "Exactly one of Authorization and x-api-key is needed"
            raise Unacceptable(401, UNAUTHORIZED, problem)
        ((mode, credential),) = given
        match mode:
            case Mode.USER_POOL:
                return HttpCaller(mode, self._user(credential, peer_of(request)))
            case Mode.API_KEY:
                self._admit_key(credential, peer_of(request))
                return HttpCaller(mode, None)
            case Mode.IAM:
                self._admit_role(request)
                return service_caller(request)

    def _user(self, authorization: str, peer: str) -> Mapping[str, object]:
        scheme, _, rest = authorization.partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else authorization
        try:
            return self.identify(token, [peer])
        except InvalidToken as error:
            raise Unacceptable(401, UNAUTHORIZED, str(error)) from error
        except Unavailable as error:
            raise Unacceptable(503, "ServiceUnavailable", "Tokens cannot be checked now") from error

    def _admit_key(self, key: str, peer: str) -> None:
        try:
            self.count_call(self._key_id(key, peer))
        except RateLimited as error:
            retry = {"retry-after": str(ceil(error.retry_after_s))}
            raise Unacceptable(429, "429", str(error), {"code": "RATE_LIMITED"}, retry) from error

    def _key_id(self, key: str, peer: str) -> str:
        try:
            return self.check_key(key)
        except InvalidApiKey as error:
            self.count_wrong_key(peer)
            raise Unacceptable(401, UNAUTHORIZED, str(error)) from error

    def _admit_role(self, request: HttpRequest) -> None:
        if not (self.believes_iam_header and is_from_this_machine(request)):
            raise Unacceptable(401, UNAUTHORIZED, "This gateway does not take a role from a header")


def service_caller(request: HttpRequest) -> HttpCaller:
    """Return the service whose role a request names. Whether that is believed is for others.

    Raises:
        Unacceptable: it names none, or what no role can be called.
    """
    role = request.headers.get(IAM_HEADER, "")
    if not (role.isascii() and role.replace("-", "").isalnum() and len(role) <= MAX_ROLE):
        raise Unacceptable(401, UNAUTHORIZED, "The role has no name that a role may have")
    return HttpCaller(Mode.IAM, iam_identity(role, peer_of(request)))


def iam_identity(role: str, source_ip: str) -> Mapping[str, object]:
    """Make the identity that AppSync gives a session of an IAM role."""
    return {
        "accountId": ACCOUNT,
        "cognitoIdentityPoolId": None,
        "cognitoIdentityId": None,
        "sourceIp": [source_ip],
        "username": f"AROAEXAMPLEID:{role}",
        "userArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session",
        "cognitoIdentityAuthType": None,
        "cognitoIdentityAuthProvider": None,
    }

"""The development issuer: makes tokens like Cognito's, with a key that stays on this machine.

Whoever can read the key can be anybody, so nothing but a local gateway may trust it: its ``iss`` is
no address of Cognito's.
"""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE
from tempfile import mkstemp

import attrs
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import serialize_compact

from fanscore_appsync.local.auth.jws import ALGORITHM, MIN_KEY_BITS
from fanscore_core.errors import InvalidInput

ISSUER = "http://127.0.0.1/fanscore-dev"
CLIENT_ID = "fanscore-dev"
KEY_FILE = "development-issuer.pem"

_OTHERS = 0o077


class TokenUse(enum.Enum):
    """The ``token_use`` of a token of a user pool."""

    ID = "id"
    ACCESS = "access"


@attrs.frozen
class DevelopmentIssuer:
    """Signs tokens that say whatever one likes."""

    _key: RSAKey = attrs.field(repr=False)

    @property
    def jwks(self) -> Mapping[str, object]:
        """The public key, as a JSON Web Key Set."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self._key.thumbprint(), "use": "sig", "alg": ALGORITHM}]}

    def sign(
        self,
        sub: str,
        groups: Sequence[str],
        lifetime_s: int,
        token_use: TokenUse,
        now_s: float,
    ) -> str:
        """Make a token, with the claims that Cognito gives every user.

        Args:
            sub: the user's id, and their user name too.
            groups: that the user belongs to; without any, there is no such claim.
            lifetime_s: from now until it expires.
            token_use: whether it says who the user is, or what they may do.
            now_s: in seconds since the epoch.
        """
        issued_at = int(now_s)
        claims: dict[str, object] = {
            "sub": sub,
            "iss": ISSUER,
            "token_use": token_use.value,
            "auth_time": issued_at,
            "iat": issued_at,
            "exp": issued_at + lifetime_s,
            **_claims_of(token_use, sub),
        }
        if groups:
            claims["cognito:groups"] = list(groups)
        header = {"alg": ALGORITHM, "kid": self._key.thumbprint()}
        return serialize_compact(header, json.dumps(claims), self._key, [ALGORITHM])


def default_folder(environ: Mapping[str, str]) -> Path:
    """Name the folder that the key lies in: below ``XDG_STATE_HOME``, as its specification says."""
    state = environ.get("XDG_STATE_HOME", "")
    return (Path(state) if Path(state).is_absolute() else Path.home() / ".local/state") / "fanscore"


def open_issuer(folder: Path) -> DevelopmentIssuer:
    """Open the issuer of a folder, with a new key where there is none.

    Several processes may do so at once: all get the same key. A half-written key is never seen.

    Raises:
        InvalidInput: the folder cannot be used, or what lies there is no key, or not ours alone.
    """
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _write_new_key(path)
        if S_IMODE(path.stat().st_mode) & _OTHERS:
            raise InvalidInput(str(path), "others may read it; delete it, or take that away")
        return DevelopmentIssuer(_read_key(path))
    except OSError as error:
        raise InvalidInput(str(path), f"cannot be used: {type(error).__name__}") from error


def _claims_of(token_use: TokenUse, sub: str) -> Mapping[str, object]:
    match token_use:
        case TokenUse.ID:
            return {"aud": CLIENT_ID, "cognito:username": sub}
        case TokenUse.ACCESS:
            scope = "aws.cognito.signin.user.admin"
            return {"client_id": CLIENT_ID, "username": sub, "scope": scope}


def _write_new_key(path: Path) -> None:
    """Write a key beside, and link it to its place: the first process to do so wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = mkstemp(dir=path.parent)  # only its owner may read it
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(RSAKey.generate_key(MIN_KEY_BITS).as_pem(private=True))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()


def _read_key(path: Path) -> RSAKey:
    try:
        key = RSAKey.import_key(path.read_bytes())
    except (JoseError, TypeError, ValueError):  # TypeError: it has a password
        key = None
    if key is None or not key.is_private:
        raise InvalidInput(str(path), "not the key of a development issuer; delete it")
    return key

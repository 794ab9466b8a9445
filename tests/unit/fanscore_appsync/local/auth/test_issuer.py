from __future__ import annotations

import json
import multiprocessing
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from fanscore_appsync.local.auth.invalid_token import InvalidToken, TokenFault
from fanscore_appsync.local.auth.issuer import (
    CLIENT_ID,
    ISSUER,
    KEY_FILE,
    DevelopmentIssuer,
    TokenUse,
    default_folder,
    open_issuer,
)
from fanscore_appsync.local.auth.jwks import FixedKeys
from fanscore_appsync.local.auth.user_pool import UserPool
from fanscore_appsync.testing import user
from fanscore_core.errors import InvalidInput
from tests.tokens import KEY, NOW_S

NOW = int(NOW_S)
COMMON = {
    "sub": "user123",
    "iss": "http://127.0.0.1/fanscore-dev",
    "auth_time": NOW,
    "iat": NOW,
    "exp": NOW + 60,
    "cognito:groups": ["fans", "admins"],
}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentIssuer:
    """Open an issuer of this machine."""
    return open_issuer(tmp_path_factory.mktemp("issuer"))


def identity_of(issuer: DevelopmentIssuer, token: str, now_s: float) -> Mapping[str, object]:
    """Tell what a gateway takes a token's bearer for."""
    keys = FixedKeys(issuer.jwks)
    return UserPool(ISSUER, frozenset({CLIENT_ID}), keys, lambda: now_s).identify(
        token, ["192.0.2.1"]
    )


def private_pem(encryption: KeySerializationEncryption) -> bytes:
    """Write an RSA key as such files hold it."""
    return KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    ("use", "own"),
    [
        (TokenUse.ID, {"token_use": "id", "aud": CLIENT_ID, "cognito:username": "user123"}),
        (
            TokenUse.ACCESS,
            {
                "token_use": "access",
                "client_id": CLIENT_ID,
                "username": "user123",
                "scope": "aws.cognito.signin.user.admin",
            },
        ),
    ],
)
def test_tokens_are_like_those_of_cognito(
    issuer: DevelopmentIssuer, use: TokenUse, own: Mapping[str, object]
) -> None:
    """Both kinds of token have the claims of Cognito's, and pass for a user of the local pool."""
    token = issuer.sign("user123", ["fans", "admins"], 60, use, NOW_S + 0.9)
    claims = {**COMMON, **own}
    assert identity_of(issuer, token, NOW_S) == {
        **user("user123", ["fans", "admins"]),
        "issuer": ISSUER,
        "claims": claims,
    }


def test_who_is_in_no_group(issuer: DevelopmentIssuer) -> None:
    """Without groups, there is no such claim."""
    identity = identity_of(issuer, issuer.sign("user123", [], 60, TokenUse.ID, NOW_S), NOW_S)
    assert identity["groups"] is None


def test_tokens_expire(issuer: DevelopmentIssuer) -> None:
    """A token is no good after its lifetime."""
    token = issuer.sign("user123", [], 60, TokenUse.ID, NOW_S)
    with pytest.raises(InvalidToken) as raised:
        identity_of(issuer, token, NOW_S + 70)
    assert raised.value.fault is TokenFault.EXPIRED


def test_the_key_set_is_public(issuer: DevelopmentIssuer) -> None:
    """The key set has what checking needs, and nothing that signing needs."""
    (key,) = json.loads(json.dumps(issuer.jwks))["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    assert len(urlsafe_b64decode(key["n"] + "==")) * 8 == 2048


def test_an_issuer_shows_no_key(issuer: DevelopmentIssuer) -> None:
    """The text of an issuer, which may end in a log, is its name."""
    assert repr(issuer) == "DevelopmentIssuer()"


def test_the_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    """The key is kept in a file that only its owner may read, and nothing else is left there."""
    folder = tmp_path / "state" / "fanscore"
    first, second = open_issuer(folder), open_issuer(folder)
    assert first.jwks == second.jwks
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]
    assert [oct(path.stat().st_mode & 0o777) for path in (folder, folder / KEY_FILE)] == [
        "0o700",
        "0o600",
    ]


def test_folders_have_keys_of_their_own(tmp_path: Path) -> None:
    """No key is shipped: each machine makes its own."""
    assert open_issuer(tmp_path / "a").jwks != open_issuer(tmp_path / "b").jwks


def test_processes_at_once_get_one_key(tmp_path: Path) -> None:
    """Of several processes that make the key at once, all get the same."""
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        folders: Sequence[Path] = [tmp_path / "new"] * 4
        issuers = pool.map(key_ids, folders, chunksize=1)
    assert len(set(issuers)) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == [KEY_FILE]


def key_ids(folder: Path) -> str:
    """Tell the key of a folder, from another process."""
    return json.dumps(open_issuer(folder).jwks)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\xff",
        private_pem(NoEncryption())[:-100],
        private_pem(BestAvailableEncryption(b"password")),
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        new_ec_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
    ids=["empty", "text", "bytes", "half", "password", "public", "other kind"],
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file that holds no private RSA key is told, and left as it is."""
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(InvalidInput) as raised:
        open_issuer(tmp_path)
    assert str(raised.value) == f"{path}: not the key of a development issuer; delete it"
    assert path.read_bytes() == content


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """A key that others may have read is not signed with."""
    path = tmp_path / KEY_FILE
    path.write_bytes(private_pem(NoEncryption()))
    path.chmod(0o640)
    with pytest.raises(InvalidInput) as raised:
        open_issuer(tmp_path)
    assert str(raised.value) == f"{path}: others may read it; delete it, or take that away"
    path.chmod(0o600)
    assert open_issuer(tmp_path).jwks["keys"]


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    """Where no folder can be, no traceback comes out."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput) as raised:
        open_issuer(tmp_path / "file" / "folder")
    path = tmp_path / "file" / "folder" / KEY_FILE
    assert str(raised.value) == f"{path}: cannot be used: NotADirectoryError"


def test_the_key_lies_where_state_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is below XDG_STATE_HOME if that is absolute, else below the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    at_home = tmp_path / ".local" / "state" / "fanscore"
    state = str(tmp_path / "state")
    assert default_folder({"XDG_STATE_HOME": state}) == tmp_path / "state" / "fanscore"
    assert [default_folder(each) for each in ({}, {"XDG_STATE_HOME": "relative"})] == [at_home] * 2

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner, Result

from fanscore_appsync.cli.main import main
from fanscore_appsync.local.auth.issuer import CLIENT_ID, ISSUER, open_issuer
from fanscore_appsync.local.auth.jwks import FixedKeys
from fanscore_appsync.local.auth.user_pool import UserPool


def fanscore_token(folder: Path, *arguments: str) -> Result:
    """Run the command, with a folder for state."""
    return CliRunner().invoke(main, ["token", *arguments], env={"XDG_STATE_HOME": str(folder)})


def identity_of(folder: Path, text: str) -> Mapping[str, object]:
    """Tell what a gateway takes a token's bearer for."""
    keys = FixedKeys(open_issuer(folder / "fanscore").jwks)
    pool = UserPool(ISSUER, frozenset({CLIENT_ID}), keys, time.time)
    return pool.identify(text, [])


def claims_of(folder: Path, *arguments: str) -> Mapping[str, object]:
    """Run the command, and read the token that it prints."""
    result = fanscore_token(folder, *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return cast(
        "Mapping[str, object]", identity_of(folder, result.stdout.removesuffix("\n"))["claims"]
    )


def lifetime_s(claims: Mapping[str, object]) -> int:
    """Tell how long a token lives."""
    return cast("int", claims["exp"]) - cast("int", claims["iat"])


def test_the_token_is_all_that_is_printed(tmp_path: Path) -> None:
    """The command prints an id token of the fan, good for an hour, and nothing else."""
    claims = claims_of(tmp_path, "user123")
    assert (claims["sub"], claims["token_use"], lifetime_s(claims)) == ("user123", "id", 3_600)
    assert "cognito:groups" not in claims


def test_options_are_in_the_token(tmp_path: Path) -> None:
    """Groups, lifetime and kind of token are as asked for."""
    options = ("--group", "fans", "--group", "admins", "--minutes", "1440", "--access")
    claims = claims_of(tmp_path, "user123", *options)
    assert (claims["cognito:groups"], claims["token_use"], lifetime_s(claims)) == (
        ["fans", "admins"],
        "access",
        86_400,
    )


def test_the_folder_can_be_named(tmp_path: Path) -> None:
    """The key may lie in a folder of one's choice, such as that of a gateway."""
    result = fanscore_token(tmp_path / "unused", "user123", "--keys", str(tmp_path / "fanscore"))
    assert identity_of(tmp_path, result.stdout.strip())["sub"] == "user123"
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize("minutes", ["0", "1441", "-1", "soon"])
def test_a_lifetime_that_no_gateway_takes_is_refused(tmp_path: Path, minutes: str) -> None:
    """A token lives for a minute to a day."""
    result = fanscore_token(tmp_path, "user123", "--minutes", minutes)
    assert (result.exit_code, result.stdout) == (2, "")


def test_a_key_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """What lies where the key should be is told in one line, as every mistake is."""
    path = tmp_path / "fanscore" / "development-issuer.pem"
    path.parent.mkdir()
    path.write_text("no key")
    path.chmod(0o600)
    result = fanscore_token(tmp_path, "user123")
    problem = "not the key of a development issuer; delete it"
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"fanscore: {path}: {problem}\n"


@pytest.mark.parametrize("fan", ["auth0|5f7c", "fan@example.com", "J\u00fcrgen #1", "\U0001f600%"])
def test_a_fan_with_any_id(tmp_path: Path, fan: str) -> None:
    """The gateway takes the bearer for the fan that the command was given, as it was spelt."""
    claims = claims_of(tmp_path, fan)
    assert (claims["sub"], claims["cognito:username"]) == (fan, fan)

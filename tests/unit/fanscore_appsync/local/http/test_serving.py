from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import attrs
import pytest

from fanscore_appsync.local.auth.api_keys import DEVELOPMENT_KEY, InvalidApiKey
from fanscore_appsync.local.auth.rate_limit import RateLimited
from fanscore_appsync.local.graphql.limits import Limits
from fanscore_appsync.local.http.gateway import NOTHING
from fanscore_appsync.local.http.serving import (
    WRONG_KEYS,
    Options,
    make_gateway,
    open_gateway,
)
from fanscore_appsync.settings import Settings
from fanscore_core.errors import InvalidInput


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Close what a test opens."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Options:
    """Give the options of a gateway for this machine alone; all have one key."""
    folder = tmp_path_factory.mktemp("serving") / "keys of mine"
    return Options("127.0.0.1", 0, Settings(), folder=str(folder))


def test_listening(local: Options, closing: ExitStack) -> None:
    """What is told is where it listens, and how to get credentials."""
    served = open_gateway(local, closing)
    port = served.listening.getsockname()[1]
    assert served.url == f"http://127.0.0.1:{port}/"
    assert served.api_key == DEVELOPMENT_KEY
    assert served.token_command == f"fanscore token user123 --keys '{local.folder}'"


def test_small_answers_are_sent_at_once(local: Options, closing: ExitStack) -> None:
    """The socket says that it is TCP, or asyncio would let small answers wait for each other."""
    assert open_gateway(local, closing).listening.proto == socket.IPPROTO_TCP


def test_for_this_machine(local: Options, closing: ExitStack) -> None:
    """On loopback there are a development key, tokens for the console, a policy lab, and traces."""
    gateway = make_gateway(local, closing)
    assert gateway.is_traceable
    assert gateway.hosts == frozenset({"localhost", "127.0.0.1", "[::1]"})
    assert gateway.credentials.check_key(DEVELOPMENT_KEY) == "development"
    assert gateway.development.lab is not None
    make_token = gateway.development.make_token
    assert make_token is not None
    identity = gateway.credentials.identify(make_token("user123", ["a"]), ["127.0.0.1"])
    assert (identity["sub"], identity["groups"]) == ("user123", ["a"])


def test_for_other_machines(local: Options, closing: ExitStack) -> None:
    """Where others can call, nothing is given away, and the key that all know is none."""
    options = attrs.evolve(local, host="0.0.0.0")  # noqa: S104  # not listened on
    gateway = make_gateway(options, closing)
    assert (gateway.is_traceable, gateway.development, gateway.hosts) == (False, NOTHING, None)
    with pytest.raises(InvalidApiKey):
        gateway.credentials.check_key(DEVELOPMENT_KEY)
    with pytest.raises(InvalidInput, match="--allow-iam-header"):
        make_gateway(attrs.evolve(options, believes_iam_header=True), closing)


def test_no_trace(local: Options, closing: ExitStack) -> None:
    """Traces can be switched off."""
    assert not make_gateway(attrs.evolve(local, is_traceable=False), closing).is_traceable


def test_own_keys(local: Options, closing: ExitStack, tmp_path: Path) -> None:
    """With keys of one's own, the development key is none."""
    expires_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    key = {"id": "mine", "hash": sha256(b"da2-mine").hexdigest(), "expiresAt": expires_at}
    path = tmp_path / "keys.json"
    path.write_text(json.dumps([key]))
    gateway = make_gateway(attrs.evolve(local, api_keys=str(path)), closing)
    assert gateway.credentials.check_key("da2-mine") == "mine"
    assert gateway.development.api_key is None
    with pytest.raises(InvalidApiKey):
        gateway.credentials.check_key(DEVELOPMENT_KEY)


def test_own_user_pool(local: Options, closing: ExitStack, tmp_path: Path) -> None:
    """With a user pool of one's own there is no development issuer, and no key is made."""
    url = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
    keys = tmp_path / "keys"
    options = attrs.evolve(local, folder=str(keys), user_pool=url, client_ids=("client1",))
    assert make_gateway(options, closing).development.make_token is None
    assert open_gateway(options, closing).token_command is None
    assert not keys.exists()


@pytest.mark.parametrize(
    ("option", "change"),
    [
        ("--host", {"host": ""}),
        ("--allow-origin", {"origins": ("",)}),
        ("--api-keys", {"api_keys": ""}),
        ("--user-pool", {"user_pool": ""}),
        ("--client-id", {"user_pool": "https://example.com", "client_ids": ("a", "")}),
        ("--keys", {"folder": ""}),
    ],
)
def test_options_without_a_value(
    local: Options, closing: ExitStack, option: str, change: dict[str, str]
) -> None:
    """An option that is given without a value is refused, and not taken for one not given."""
    with pytest.raises(InvalidInput) as refused:
        make_gateway(attrs.evolve(local, **change), closing)  # type: ignore[arg-type]  # by name
    assert str(refused.value) == f"{option}: given without a value"


def test_keys_with_a_byte_order_mark(local: Options, closing: ExitStack, tmp_path: Path) -> None:
    """A file of keys that an editor has put a byte order mark before is read."""
    path = tmp_path / "keys.json"
    path.write_text("[]", encoding="utf-8-sig")
    gateway = make_gateway(attrs.evolve(local, api_keys=str(path)), closing)
    with pytest.raises(InvalidApiKey):
        gateway.credentials.check_key(DEVELOPMENT_KEY)


def test_wrong_keys_of_an_address(local: Options, closing: ExitStack) -> None:
    """Wrong keys are counted by the address that they come from."""
    count = make_gateway(local, closing).credentials.count_wrong_key
    for _ in range(WRONG_KEYS):
        count("192.0.2.1")
    with pytest.raises(RateLimited):
        count("192.0.2.1")
    count("192.0.2.2")


def test_a_bad_environment_of_http(local: Options, closing: ExitStack) -> None:
    """Who fetches keys over HTTP is refused, naming the variable; who has its own is not."""
    environ = {"ALL_PROXY": "socks5://proxy.test"}
    make_gateway(attrs.evolve(local, environ=environ), closing)
    url = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
    with pytest.raises(InvalidInput) as refused:
        make_gateway(
            attrs.evolve(local, environ=environ, user_pool=url, client_ids=("a",)), closing
        )
    assert str(refused.value) == "ALL_PROXY: expected an http or https URL of a proxy"


def test_limits(local: Options, closing: ExitStack) -> None:
    """Limits hold for HTTP as for GraphQL."""
    limits = Limits(depth=3)
    assert make_gateway(attrs.evolve(local, limits=limits), closing).limits == limits

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack

import pytest

from fanscore_adapters.aws.lambda_ import ALL_CALLS
from fanscore_adapters.documents.proxies import LNAA_CALLS
from fanscore_adapters.documents.user_event import ENDPOINTS
from fanscore_adapters.items import tables
from fanscore_appsync.api import API
from fanscore_appsync.cli.erase_wiring import connect_erasure
from fanscore_appsync.settings import Settings, read_settings
from fanscore_appsync.wiring import apps, aws
from fanscore_core.errors import InvalidInput
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult

ENVIRON: Mapping[str, str] = {
    "FANSCORE_BACKEND": "aws",
    "AWS_REGION": "eu-west-1",
    "FANSCORE_LNAA_URL": "https://lnaa.example.com",
    "FANSCORE_LNAA_TOKEN": "token",
    "FANSCORE_NOTIFICATION_URL": "https://notify.example.com",
    "FANSCORE_SYNC_URL": "https://sync.example.com",
}


def settings(**changed: str) -> Settings:
    """Read settings that are good but for what is changed."""
    return read_settings({**ENVIRON, **changed})


def test_every_question_has_one_adapter() -> None:
    """What each function may ask is answered by one adapter, and by no other."""
    given = settings()
    assert given.aws is not None
    with ExitStack() as closing:
        resolver = aws.resolver_adapters(given, given.aws, API, closing)
        verifier = aws.idv_adapters(given.aws, closing)
    asked = [question for adapter in resolver for question in adapter.systems]
    assert sorted(map(str, asked)) == sorted(
        map(str, [*tables.OPERATIONS.systems, *ALL_CALLS, *LNAA_CALLS, PublishUserEvent])
    )
    asked = [question for adapter in verifier for question in adapter.systems]
    assert set(asked) == {*tables.OPERATIONS.systems, CreateVendorSession, VendorSessionResult}
    assert len(asked) == len(set(asked))


def test_nothing_is_connected_before_it_is_used() -> None:
    """Wiring needs no credentials and no network, and closes without having used either."""
    with ExitStack() as closing:
        apps.connect(settings(), closing)
        apps.connect_idv(settings(), closing)
        apps.connect_consumers(settings(), closing)
    assert len(ENDPOINTS) == 2


@pytest.mark.parametrize(
    ("missing", "mistake"),
    [
        (["LNAA_URL"], "FANSCORE_LNAA_URL: needed with FANSCORE_BACKEND=aws"),
        (
            ["LNAA_URL", "LNAA_TOKEN"],
            (
                "environment: FANSCORE_LNAA_URL: needed with FANSCORE_BACKEND=aws; "
                "FANSCORE_LNAA_TOKEN: needed with FANSCORE_BACKEND=aws"
            ),
        ),
    ],
)
def test_the_resolver_needs_lnaa(missing: list[str], mistake: str) -> None:
    """A resolver without LNAA is refused, naming all that is missing."""
    with pytest.raises(InvalidInput) as refused:
        apps.connect(settings(**{f"FANSCORE_{name}": "" for name in missing}))
    assert str(refused.value) == mistake


def test_the_consumers_need_their_endpoints() -> None:
    """Consumers without endpoints are refused, naming both; the resolver needs none."""
    none = settings(FANSCORE_NOTIFICATION_URL="", FANSCORE_SYNC_URL="")
    with pytest.raises(InvalidInput) as refused:
        apps.connect_consumers(none)
    assert str(refused.value) == (
        "environment: FANSCORE_NOTIFICATION_URL: needed with FANSCORE_BACKEND=aws; "
        "FANSCORE_SYNC_URL: needed with FANSCORE_BACKEND=aws"
    )
    with ExitStack() as closing:
        apps.connect(none, closing)


@pytest.mark.parametrize("url", ["lnaa.example.com", "ftp://lnaa.example.com"])
def test_bad_urls_are_refused(url: str) -> None:
    """A URL that nothing can be asked at is refused, naming the variable."""
    with pytest.raises(InvalidInput) as refused:
        settings(FANSCORE_LNAA_URL=url)
    assert refused.value.where == "FANSCORE_LNAA_URL"


BAD = {"ALL_PROXY": "socks5://proxy.test", "SSL_CERT_FILE": "/nonexistent"}


def refusal(wire: Callable[[Settings], object]) -> str:
    """Give what wiring is refused with; nothing if it is not."""
    try:
        wire(settings())
    except InvalidInput as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", BAD)
def test_a_bad_environment_of_http(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Who calls over HTTP is refused at start, naming the variable; who does not is wired."""
    monkeypatch.setenv(name, BAD[name])
    assert refusal(apps.connect).startswith(f"{name}: expected ")
    assert refusal(apps.connect_consumers).startswith(f"{name}: expected ")
    assert refusal(apps.connect_idv) == ""


@pytest.mark.parametrize(
    ("name", "value"), [("AWS_PROFILE", "nobody"), ("AWS_ENDPOINT_URL", "bad")]
)
def test_a_bad_environment_of_aws(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Whatever calls AWS is refused at start, naming the variable."""
    monkeypatch.setenv(name, value)
    given = settings()
    for wire in (apps.connect, apps.connect_consumers, apps.connect_idv):
        assert refusal(wire).startswith(f"{name}: ")
    with ExitStack() as closing, pytest.raises(InvalidInput) as refused:
        connect_erasure(given, API, closing, reads_only=True)
    assert refused.value.where == name


def test_a_sensible_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What httpx alone would stumble over is no mistake."""
    monkeypatch.setenv("NO_PROXY", "[::1]")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    assert [refusal(wire) for wire in (apps.connect, apps.connect_consumers, apps.connect_idv)] == [
        "",
        "",
        "",
    ]

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from pathlib import Path

import certifi
import pytest

from fanscore_adapters.aws.client import AwsClient, AwsError, AwsSession
from fanscore_adapters.aws.environment import check_aws_environment
from fanscore_core.errors import InvalidInput

pytestmark = pytest.mark.usefixtures("made_up_credentials")

SERVICES = ("dynamodb", "events")
URL_RULE = "expected an http or https URL"
PROXY_RULE = "expected an http or https URL of a proxy"


def checked(
    monkeypatch: pytest.MonkeyPatch, environ: Mapping[str, str], *services: str
) -> AwsSession:
    """Check an environment, which is that of the process too, as botocore reads it."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    session = AwsSession("eu-west-1")
    check_aws_environment(environ, session, services or SERVICES)
    return session


@pytest.mark.parametrize(
    ("environ", "mistake"),
    [
        ({"AWS_PROFILE": "nobody"}, "AWS_PROFILE: there is no such profile"),
        ({"AWS_DEFAULT_PROFILE": "nobody"}, "AWS_DEFAULT_PROFILE: there is no such profile"),
        ({"AWS_ENDPOINT_URL": "bad"}, f"AWS_ENDPOINT_URL: {URL_RULE}"),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "ftp://a.test"}, f"AWS_ENDPOINT_URL_DYNAMODB: {URL_RULE}"),
        (
            {"AWS_ENDPOINT_URL_EVENTBRIDGE": "http://a.test:99999"},
            f"AWS_ENDPOINT_URL_EVENTBRIDGE: {URL_RULE}",
        ),
        ({"AWS_CA_BUNDLE": "/nonexistent"}, "AWS_CA_BUNDLE: expected a file of certificates"),
        ({"HTTPS_PROXY": "socks5://a.test"}, f"HTTPS_PROXY: {PROXY_RULE}"),
        ({"http_proxy": "http://["}, f"http_proxy: {PROXY_RULE}"),
        (
            {"AWS_CONFIG_FILE": __file__},
            "AWS_CONFIG_FILE: no client can be made: ConfigParseError",
        ),
        (
            {"AWS_DEFAULTS_MODE": "fast"},
            "AWS_DEFAULTS_MODE: no client can be made: InvalidDefaultsMode",
        ),
        (
            {"AWS_METADATA_SERVICE_TIMEOUT": "soon"},
            "AWS_METADATA_SERVICE_TIMEOUT: no client can be made: ValueError",
        ),
        (
            {"AWS_STS_REGIONAL_ENDPOINTS": "x", "AWS_DEFAULTS_MODE": "standard"},
            (
                "AWS_DEFAULTS_MODE, AWS_STS_REGIONAL_ENDPOINTS: no client can be made: "
                "InvalidSTSRegionalEndpointsConfigError"
            ),
        ),
    ],
)
def test_mistakes(
    monkeypatch: pytest.MonkeyPatch, environ: Mapping[str, str], mistake: str
) -> None:
    """What no client can be made or called with is refused at start, naming the variable."""
    with pytest.raises(InvalidInput) as refused:
        checked(monkeypatch, environ)
    assert str(refused.value) == mistake


def test_what_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What makes sense, and what is of no concern to the services that are called, is accepted."""
    config = tmp_path / "config"
    config.write_text("[profile mine]\nregion = eu-west-1\n")
    environ = {
        "ALL_PROXY": "socks5://a.test",
        "AWS_CA_BUNDLE": certifi.where(),
        "AWS_CONFIG_FILE": str(config),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_REKOGNITION": "bad",
        "AWS_PROFILE": "mine",
        "HTTPS_PROXY": "proxy.test:3128",
        "NO_PROXY": "[::1]",
    }
    client = AwsClient("dynamodb", checked(monkeypatch, environ), 1.0)
    with pytest.raises(AwsError) as raised:
        client.call("list_tables", {}, inf)
    client.close()
    assert str(raised.value) == "no answer: EndpointConnectionError"


def test_what_the_start_did_not_check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A client that cannot be made, and credentials that cannot be read, are no answer."""
    session = AwsSession("eu-west-1")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(AwsError) as raised:
        AwsClient("dynamodb", session, 1.0).call("list_tables", {}, inf)
    assert str(raised.value) == "no answer: ProfileNotFound"
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "gone"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/a")
    client = AwsClient("dynamodb", AwsSession("eu-west-1"), 1.0)
    with pytest.raises(AwsError) as raised:
        client.call("list_tables", {}, inf)
    client.close()
    assert str(raised.value) == "no answer: FileNotFoundError"

"""What the environment says to botocore, checked at start: it would fail when it is first used.

What is not set costs nothing, as on Lambda. For all variables see
https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from botocore.config import Config
from botocore.exceptions import ProfileNotFound

from fanscore_adapters.aws.client import AwsSession
from fanscore_adapters.http.endpoints import endpoint_url
from fanscore_adapters.http.environment import check_certificates, proxy_url
from fanscore_core.errors import InvalidInput

_SERVICE_IDS = {"events": "EVENTBRIDGE"}
"""As variables name services, where that is not as botocore does."""

_PROFILES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""In the order in which botocore looks at them."""

_READ_BY_CLIENTS = (
    *_PROFILES,
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULTS_MODE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
    "AWS_METADATA_SERVICE_TIMEOUT",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_STS_REGIONAL_ENDPOINTS",
)
"""What no client can be made with, if it is wrong."""


def check_aws_environment(
    environ: Mapping[str, str], session: AwsSession, services: Sequence[str]
) -> None:
    """Check what clients will be made and called with.

    Args:
        environ: the environment of the process.
        session: makes the clients.
        services: that are called, by botocore's names.

    Raises:
        InvalidInput: naming the variable, or those of which one is wrong.
    """
    for name in ("AWS_ENDPOINT_URL", *map(_endpoint_variable, services)):
        if environ.get(name):
            endpoint_url(name, environ[name])
    if environ.get("AWS_CA_BUNDLE"):
        check_certificates("AWS_CA_BUNDLE", environ["AWS_CA_BUNDLE"])
    for scheme in ("http", "https"):
        proxy_url(environ, f"{scheme}_proxy")
    given = [name for name in _READ_BY_CLIENTS if environ.get(name)]
    if given:
        _make_one(session, services[0], given)


def _endpoint_variable(service: str) -> str:
    return f"AWS_ENDPOINT_URL_{_SERVICE_IDS.get(service, service.upper())}"


def _make_one(session: AwsSession, service: str, given: Sequence[str]) -> None:
    """Make a client, to see whether one can be made, and throw it away."""
    try:
        session.make_client(service, Config(), None).close()
    except ProfileNotFound:
        name = next((each for each in _PROFILES if each in given), "AWS_PROFILE")
        raise InvalidInput(name, "there is no such profile") from None
    except Exception as error:  # noqa: BLE001  # whatever botocore stumbles over
        problem = f"no client can be made: {type(error).__name__}"
        raise InvalidInput(", ".join(given), problem) from None

"""Settings from the environment, checked together."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from fanscore_adapters.http.endpoints import (
    base_url,
    bearer_token,
    endpoint_url,
    is_confidential,
)
from fanscore_core.errors import InvalidInput

IN_MEMORY = ":memory:"

TABLES = ("fan_identity_table", "account_fanscore_table", "verification_table", "demand_table")
FUNCTIONS = (
    "proxy_campaign_service",
    "proxy_tm_account_service",
    "arm_scoring",
    "idv_check_liveness",
    "get_updated_phonescore",
    "check_eligibility",
    "event_details",
)

NEEDED_BY_RESOLVER = ("FANSCORE_LNAA_URL", "FANSCORE_LNAA_TOKEN")
NEEDED_BY_CONSUMERS = ("FANSCORE_NOTIFICATION_URL", "FANSCORE_SYNC_URL")

INSECURE_ENDPOINTS = "FANSCORE_INSECURE_ENDPOINTS"
ALLOW = "allow"

_PERSONAL = ("FANSCORE_LNAA_URL", "FANSCORE_NOTIFICATION_URL", "FANSCORE_SYNC_URL")
"""Where tokens and personal data are sent, beside AWS."""

_OF_AWS = "AWS_ENDPOINT_URL"
"""botocore's variable, and the beginning of those of single services."""

_ONLY_EMBEDDED = ("FANSCORE_DB", "FANSCORE_SAMPLE", "FANSCORE_OUTAGES")

_CHECKS: Mapping[str, Callable[[str, str], str]] = {
    "FANSCORE_NOTIFICATION_URL": endpoint_url,
    "FANSCORE_SYNC_URL": endpoint_url,
    "FANSCORE_LNAA_URL": base_url,
    "FANSCORE_LNAA_TOKEN": bearer_token,
}

_is_resource = re.compile(r"[A-Za-z0-9_.:/$\-]{1,256}").fullmatch
_is_region = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d").fullmatch


class Backend(enum.Enum):
    """Where the answers come from."""

    EMBEDDED = "embedded"
    AWS = "aws"


@attrs.frozen
class AwsSettings:
    """What of AWS is used.

    Attributes:
        region: ``AWS_REGION``, or ``AWS_DEFAULT_REGION``.
        tables: names of the tables, by those of the user's document: ``FANSCORE_DEMAND_TABLE``
            and so on.
        functions: likewise, of the Lambda functions: ``FANSCORE_ARM_SCORING`` and so on; ARNs and
            aliases too.
        event_bus: ``FANSCORE_EVENT_BUS``: name or ARN.
    """

    region: str
    tables: Mapping[str, str]
    functions: Mapping[str, str]
    event_bus: str


@attrs.frozen
class Settings:
    """How fanscore is wired.

    Attributes:
        backend: ``FANSCORE_BACKEND``.
        database: ``FANSCORE_DB``: the embedded store's file; ``:memory:`` holds the sample data.
        policy: ``FANSCORE_POLICY``: file of the score policy; ``None`` for the one shipped.
        sample: ``FANSCORE_SAMPLE``: file that stand-ins answer from; ``None`` for the one shipped.
        outages: ``FANSCORE_OUTAGES``: services declared out of order, separated by commas.
        notification_url: ``FANSCORE_NOTIFICATION_URL``: where notifications are posted; ``None``
            keeps them in the embedded database.
        sync_url: ``FANSCORE_SYNC_URL``: where the external system is told; likewise.
        lnaa_url: ``FANSCORE_LNAA_URL``: where LNAA's API is.
        lnaa_token: ``FANSCORE_LNAA_TOKEN``: what it is asked with; a secret.
        aws: what of AWS is used, if that is the backend.
    """

    backend: Backend = Backend.EMBEDDED
    database: str = IN_MEMORY
    policy: str | None = None
    sample: str | None = None
    outages: frozenset[str] = frozenset()
    notification_url: str | None = None
    sync_url: str | None = None
    lnaa_url: str | None = None
    lnaa_token: str | None = attrs.field(default=None, repr=False)
    aws: AwsSettings | None = None


def read_settings(environ: Mapping[str, str], needed: Sequence[str] = ()) -> Settings:
    """Read the settings.

    Args:
        environ: the environment.
        needed: the variables without which whoever asks cannot do its work on AWS.

    Raises:
        InvalidInput: naming the variable, and what it may be; or all of them.
    """
    given = environ.get("FANSCORE_BACKEND") or Backend.EMBEDDED.value
    known = [each.value for each in Backend]
    unknown = given not in known
    if unknown:
        given = Backend.EMBEDDED.value
    settings = Settings(
        Backend(given),
        environ.get("FANSCORE_DB") or IN_MEMORY,
        environ.get("FANSCORE_POLICY") or None,
        environ.get("FANSCORE_SAMPLE") or None,
        frozenset(name.strip() for name in environ.get("FANSCORE_OUTAGES", "").split(",")) - {""},
        environ.get("FANSCORE_NOTIFICATION_URL") or None,
        environ.get("FANSCORE_SYNC_URL") or None,
        environ.get("FANSCORE_LNAA_URL", "").rstrip("/") or None,
        environ.get("FANSCORE_LNAA_TOKEN") or None,
        _read_aws(environ) if given == Backend.AWS.value else None,
    )
    mistakes = [*_mistakes(settings, environ, needed)]
    if unknown:
        mistakes.insert(0, InvalidInput("FANSCORE_BACKEND", f"expected {' or '.join(known)}"))
    refuse(mistakes)
    return settings


def needed_on_aws(variable: str) -> InvalidInput:
    """Make the mistake of a variable that is missing."""
    return InvalidInput(variable, "needed with FANSCORE_BACKEND=aws")


def refuse(problems: Sequence[InvalidInput]) -> None:
    """Report mistakes together, if there are any.

    Raises:
        InvalidInput: all of them in one.
    """
    match problems:
        case []:
            return
        case [one]:
            raise one
        case _:
            raise InvalidInput("environment", "; ".join(map(str, problems)))


def _read_aws(environ: Mapping[str, str]) -> AwsSettings:
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
    return AwsSettings(
        region,
        {name: environ.get(_variable(name)) or name for name in TABLES},
        {name: environ.get(_variable(name)) or name for name in FUNCTIONS},
        environ.get("FANSCORE_EVENT_BUS") or "default",
    )


def _mistakes(
    settings: Settings, environ: Mapping[str, str], needed: Sequence[str]
) -> Iterator[InvalidInput]:
    if settings.aws is not None:
        yield from _mistakes_of_aws(settings.aws)
        for variable in _ONLY_EMBEDDED:
            if environ.get(variable):
                yield InvalidInput(variable, "has no meaning with FANSCORE_BACKEND=aws")
        for variable in needed:
            if not environ.get(variable):
                yield needed_on_aws(variable)
    for variable, check in _CHECKS.items():
        try:
            if environ.get(variable):
                check(variable, environ[variable])
        except InvalidInput as mistake:
            yield mistake
    yield from _insecure(environ, settings.backend)


def _insecure(environ: Mapping[str, str], backend: Backend) -> Iterator[InvalidInput]:
    """Find endpoints that tokens or personal data would be sent to for all to read."""
    given = environ.get(INSECURE_ENDPOINTS)
    if given == ALLOW:
        return
    if given:
        yield InvalidInput(INSECURE_ENDPOINTS, f"expected {ALLOW}")
    of_aws = sorted(name for name in environ if name.startswith(_OF_AWS))
    for variable in (*_PERSONAL, *(of_aws if backend is Backend.AWS else ())):
        url = environ.get(variable, "")
        if url.lower().startswith("http:") and not is_confidential(url):
            problem = f"expected https; http is for loopback, or for {INSECURE_ENDPOINTS}={ALLOW}"
            yield InvalidInput(variable, problem)


def _mistakes_of_aws(aws: AwsSettings) -> Iterator[InvalidInput]:
    if not _is_region(aws.region):
        yield InvalidInput("AWS_REGION", "expected a region of AWS")
    for name, given in {**aws.tables, **aws.functions, "event_bus": aws.event_bus}.items():
        if not _is_resource(given):
            yield InvalidInput(_variable(name), "expected a name or an ARN")


def _variable(name: str) -> str:
    return f"FANSCORE_{name.upper()}"

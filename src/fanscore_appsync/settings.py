"""Settings from the environment, checked together.

Each attribute of ``Settings`` and ``AwsSettings`` is a row of one table: it says which variable it
is read from, how, and what counts without it. The reading, the mistakes and the tables of
docs/reference/settings.md are made from these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import TypeVar, cast

import attrs

from fanscore_adapters.http.endpoints import (
    base_url,
    bearer_token,
    endpoint_url,
    is_confidential,
)
from fanscore_appsync.setting_row import (
    ALLOW,
    MAX_DAYS,
    ROWS,
    Backend,
    Function,
    ReceiptPlace,
    Setting,
    from_each_row,
    from_row,
    if_given,
    read_allowed,
    read_backend,
    read_bucket,
    read_days,
    read_names,
    read_receipt_places,
    read_region,
    read_resource,
    read_text,
)
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import FUNCTIONS, TABLES

ValueT = TypeVar("ValueT")


IN_MEMORY = ":memory:"

INSECURE_ENDPOINTS = "FANSCORE_INSECURE_ENDPOINTS"

_OF_AWS = "AWS_ENDPOINT_URL"
"""botocore's variable, and the beginning of those of single services."""


@attrs.frozen
class AwsSettings:
    """What of AWS is used: tables and functions by the names that TABLES and FUNCTIONS have."""

    region: str = from_row(
        Setting(
            "AWS_REGION",
            "the region of all services; Lambda sets it",
            read_region,
            without="refused",
            or_else="AWS_DEFAULT_REGION",
            backend=Backend.AWS,
        )
    )
    tables: Mapping[str, str] = from_each_row(TABLES, "name or ARN of the table")
    functions: Mapping[str, str] = from_each_row(
        FUNCTIONS, "name, ARN or alias of the Lambda function"
    )
    event_bus: str = from_row(
        Setting(
            "FANSCORE_EVENT_BUS",
            "name or ARN of the event bus",
            read_resource,
            "default",
            backend=Backend.AWS,
        )
    )


@attrs.frozen
class Settings:
    """How fanscore is wired."""

    backend: Backend = from_row(  # noqa: RUF009  # makes an attribute
        Setting(
            "FANSCORE_BACKEND",
            "where answers come from: `embedded` (SQLite for the tables, stand-ins for the "
            "services) or `aws`",
            read_backend,
            "embedded",
        )
    )
    database: str = from_row(
        Setting(
            "FANSCORE_DB",
            "the file of the embedded store, a plain path, made if it is missing; `:memory:` "
            "for one in memory, which is filled with the sample data",
            read_text,
            IN_MEMORY,
            backend=Backend.EMBEDDED,
        )
    )
    policy: str | None = from_row(
        Setting(
            "FANSCORE_POLICY",
            "file of the score policy, or of a policy book",
            if_given(read_text),
            without="the shipped one",
        )
    )
    sample: str | None = from_row(
        Setting(
            "FANSCORE_SAMPLE",
            "file of the sample that stand-ins answer from",
            if_given(read_text),
            without="the shipped one",
            backend=Backend.EMBEDDED,
        )
    )
    outages: frozenset[str] = from_row(
        Setting(
            "FANSCORE_OUTAGES",
            "services declared out of order, separated by commas; `notification_endpoint` and "
            "`sync_endpoint` count as services",
            read_names,
            without="none",
            backend=Backend.EMBEDDED,
        )
    )
    notification_url: str | None = from_row(
        Setting(
            "FANSCORE_NOTIFICATION_URL",
            "where the consumer `notification` posts, over `https`; `http` is for loopback",
            if_given(endpoint_url),
            without="posts are kept in the embedded database",
            needed_by=Function.CONSUMERS,
            is_personal=True,
        )
    )
    sync_url: str | None = from_row(
        Setting(
            "FANSCORE_SYNC_URL",
            "where the consumer `sync` posts, over `https`; `http` is for loopback",
            if_given(endpoint_url),
            without="posts are kept in the embedded database",
            needed_by=Function.CONSUMERS,
            is_personal=True,
        )
    )
    lnaa_url: str | None = from_row(
        Setting(
            "FANSCORE_LNAA_URL",
            "the URL below which LNAA answers",
            if_given(base_url),
            backend=Backend.AWS,
            needed_by=Function.RESOLVER,
            is_personal=True,
        )
    )
    lnaa_token: str | None = from_row(
        Setting(
            "FANSCORE_LNAA_TOKEN",
            "the bearer token for LNAA",
            if_given(bearer_token),
            backend=Backend.AWS,
            needed_by=Function.RESOLVER,
            is_secret=True,
        )
    )
    scores_bucket: str | None = from_row(
        Setting(
            "FANSCORE_SCORES_BUCKET",
            "the bucket with the chunks of an event's registrants, and what comes of them",
            if_given(read_bucket),
            backend=Backend.AWS,
            needed_by=Function.CHUNKS,
        )
    )
    insecure_endpoints: bool = from_row(
        Setting(
            INSECURE_ENDPOINTS,
            "`allow` lets endpoints be `http` anywhere, so that others can read what is sent",
            read_allowed,
            without="refused",
        )
    )
    api: str | None = from_row(
        Setting(
            "FANSCORE_API",
            "one's own API, as `module:NAME`, such as `presale.api:PRESALE`",
            if_given(read_text),
            without="the shipped one",
        )
    )
    shadow_policy: str | None = from_row(
        Setting(
            "FANSCORE_SHADOW_POLICY",
            "file of a policy or policy book that decides each score once more, for the log's "
            "counts alone",
            if_given(read_text),
            without="none",
        )
    )
    arm_batch: bool = from_row(
        Setting(
            "FANSCORE_ARM_BATCH",
            "`allow` lets `fanscore score-event` ask `arm_scoring` for 100 fans in one call, by "
            "the operation `armScores`, which the function must know",
            read_allowed,
            without="one call a fan",
        )
    )
    receipts: frozenset[ReceiptPlace] = from_row(
        Setting(
            "FANSCORE_RECEIPTS",
            "where a receipt of each decided score is kept: `table`, with the fan; `log`, a line "
            "without any link to a person; or `table,log`",
            read_receipt_places,
            without="nowhere",
        )
    )
    receipt_days: int = from_row(
        Setting(
            "FANSCORE_RECEIPT_DAYS",
            f"how many days a receipt stays in the table, 1 to {MAX_DAYS}",
            read_days,
            "180",
        )
    )
    aws: AwsSettings | None = None


def _attributes(
    kind: type[Settings | AwsSettings],
) -> Iterator[tuple[str, Setting[object] | Mapping[str, Setting[object]]]]:
    """Return each attribute that is read, and its row; or its rows, by what they name."""
    attributes: tuple[attrs.Attribute[object], ...] = attrs.fields(kind)
    for each in attributes:
        if ROWS in each.metadata:
            yield each.name, each.metadata[ROWS]


SETTINGS: Sequence[Setting[object]] = tuple(
    row
    for kind in (AwsSettings, Settings)
    for _, rows in _attributes(kind)
    for row in ([rows] if isinstance(rows, Setting) else rows.values())
)
"""The rows of the table."""


def read_settings(environ: Mapping[str, str], function: Function | None = None) -> Settings:
    """Read the settings.

    Args:
        environ: the environment.
        function: what they are read for: on AWS, it must have all that it needs.

    Raises:
        InvalidInput: naming the variable, and what it may be; or all of them.
    """
    values, mistakes = _read(Settings, environ)
    mistakes += _insecure(environ)
    if values["backend"] is Backend.AWS:
        values_of_aws, mistakes_of_aws = _read(AwsSettings, environ)
        given = {row.variable for row in SETTINGS if row.given(environ)}
        mistakes = [*mistakes_of_aws, *_out_of_place(given), *_missing(function, given), *mistakes]
        _refuse(mistakes)
        values["aws"] = cast("Callable[..., AwsSettings]", AwsSettings)(**values_of_aws)
    _refuse(mistakes)
    return cast("Callable[..., Settings]", Settings)(**values)


def with_own(
    aws: AwsSettings,
    tables: Sequence[str],
    functions: Sequence[str],
    environ: Mapping[str, str],
) -> AwsSettings:
    """Add the tables and functions of one's own API.

    Args:
        aws: what of AWS is used.
        tables: their names in the API; ``FANSCORE_TABLE_…`` has those in the account.
        functions: the same, and ``FANSCORE_FUNCTION_…``.
        environ: the environment.

    Raises:
        InvalidInput: naming the variable, and what it may be; or all of them.
    """
    mistakes: list[InvalidInput] = []

    def read(kind: str, names: Sequence[str]) -> Mapping[str, str]:
        found = {}
        for name in names:
            variable = f"FANSCORE_{kind}_{name.upper()}"
            try:
                found[name] = read_resource(variable, environ.get(variable) or name)
            except InvalidInput as mistake:
                mistakes.append(mistake)
        return found

    own_tables, own_functions = read("TABLE", tables), read("FUNCTION", functions)
    _refuse(mistakes)
    return attrs.evolve(
        aws,
        tables={**aws.tables, **own_tables},
        functions={**aws.functions, **own_functions},
    )


def require(settings: Settings, function: Function) -> None:
    """Refuse settings that lack something which a function needs on AWS.

    Raises:
        InvalidInput: naming the variable, or all of them.
    """
    given = {
        row.variable
        for name, row in _attributes(Settings)
        if isinstance(row, Setting) and getattr(settings, name) is not None
    }
    _refuse([*_missing(function, given)])


def _read(
    kind: type[Settings | AwsSettings], environ: Mapping[str, str]
) -> tuple[dict[str, object], list[InvalidInput]]:
    """Read the attributes; return them by name, and the mistakes in those that are ``None``."""
    mistakes: list[InvalidInput] = []

    def value(row: Setting[object]) -> object:
        try:
            return row.value(environ)
        except InvalidInput as mistake:
            mistakes.append(mistake)
            return None

    values = {
        name: value(rows)
        if isinstance(rows, Setting)
        else {each: value(row) for each, row in rows.items()}
        for name, rows in _attributes(kind)
    }
    return values, mistakes


def _out_of_place(given: Container[str]) -> Iterator[InvalidInput]:
    for row in SETTINGS:
        if row.backend is Backend.EMBEDDED and row.variable in given:
            yield InvalidInput(row.variable, "has no meaning with FANSCORE_BACKEND=aws")


def _missing(function: Function | None, given: Container[str]) -> Iterator[InvalidInput]:
    for row in SETTINGS:
        if row.needed_by and row.needed_by is function and row.variable not in given:
            yield InvalidInput(row.variable, "needed with FANSCORE_BACKEND=aws")


def _refuse(problems: Sequence[InvalidInput]) -> None:
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


def _insecure(environ: Mapping[str, str]) -> Iterator[InvalidInput]:
    """Find endpoints that tokens or personal data would be sent to for all to read."""
    if environ.get(INSECURE_ENDPOINTS) == ALLOW:
        return
    personal = [row.variable for row in SETTINGS if row.is_personal]
    on_aws = environ.get("FANSCORE_BACKEND") == Backend.AWS.value
    of_aws = sorted(name for name in environ if name.startswith(_OF_AWS)) if on_aws else []
    for variable in (*personal, *of_aws):
        url = environ.get(variable, "")
        if url.lower().startswith("http:") and not is_confidential(url):
            problem = f"expected https; http is for loopback, or for {INSECURE_ENDPOINTS}={ALLOW}"
            yield InvalidInput(variable, problem)

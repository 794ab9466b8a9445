"""Settings from the environment, checked together.

Each attribute of ``Settings`` and ``AwsSettings`` is a row of one table: it says which variable it
is read from, how, and what counts without it. The reading, the mistakes and the tables of
docs/reference/settings.md are made from these rows.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Generic, TypeVar, cast

import attrs

from fanscore_adapters.http.endpoints import (
    base_url,
    bearer_token,
    endpoint_url,
    is_confidential,
)
from fanscore_core.errors import InvalidInput
from fanscore_core.systems import FUNCTIONS, TABLES

ValueT = TypeVar("ValueT")


IN_MEMORY = ":memory:"

MAX_DAYS = 3650
"""Of keeping a receipt: ten years."""

_ROWS = "rows"

INSECURE_ENDPOINTS = "FANSCORE_INSECURE_ENDPOINTS"
ALLOW = "allow"

_OF_AWS = "AWS_ENDPOINT_URL"
"""botocore's variable, and the beginning of those of single services."""

_is_resource = re.compile(r"[A-Za-z0-9_.:/$\-]{1,256}").fullmatch
_is_bucket = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]").fullmatch
_is_days = re.compile(r"[1-9][0-9]{0,3}", re.ASCII).fullmatch
_is_region = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d").fullmatch


class Backend(enum.Enum):
    """Where the answers come from."""

    EMBEDDED = "embedded"
    AWS = "aws"


class ReceiptPlace(enum.Enum):
    """Where a receipt of each decision is kept."""

    TABLE = "table"
    LOG = "log"


class Function(enum.Enum):
    """What cannot do its work on AWS without some of the settings."""

    RESOLVER = "resolver"
    CONSUMERS = "consumers"
    CHUNKS = "chunks"


@attrs.frozen
class Setting(Generic[ValueT]):
    """One environment variable: a row of the table.

    Attributes:
        variable: its name.
        meaning: what it sets, for the page.
        read: makes the value, of the variable's name and the text; checks it.
        default: the text that counts where the variable is not set, or set to nothing.
        without: what happens without it, for the page, where the default does not say so.
        or_else: the variable that counts before the default does.
        backend: the only one with which it has a meaning; ``None`` for each.
        needed_by: what cannot do its work on AWS without it.
        is_secret: whether its value may be shown nowhere.
        is_personal: whether it says where tokens or personal data are sent.
    """

    variable: str
    meaning: str
    read: Callable[[str, str], ValueT]
    default: str = ""
    without: str = ""
    or_else: str | None = None
    backend: Backend | None = None
    needed_by: Function | None = None
    is_secret: bool = False
    is_personal: bool = False

    def given(self, environ: Mapping[str, str]) -> str | None:
        """Return the text that the environment gives, if any."""
        text = environ.get(self.variable)
        return text or (environ.get(self.or_else) if self.or_else else None) or None

    def value(self, environ: Mapping[str, str]) -> ValueT:
        """Read the value.

        Raises:
            InvalidInput: it is not one that can be used; names the variable, and what it may be.
        """
        return self.read(self.variable, self.given(environ) or self.default)


def _from(row: Setting[ValueT]) -> ValueT:
    """Make an attribute that is read as a row says."""
    return attrs.field(factory=lambda: row.value({}), repr=not row.is_secret, metadata={_ROWS: row})


def _from_each(names: Sequence[str], meaning: str) -> Mapping[str, str]:
    """Make an attribute that has a row for each of the names; these stand for themselves."""
    rows = {
        name: Setting(_variable(name), meaning, _resource, name, backend=Backend.AWS)
        for name in names
    }
    return attrs.field(factory=lambda: {name: name for name in names}, metadata={_ROWS: rows})


def _variable(name: str) -> str:
    return f"FANSCORE_{name.upper()}"


def _text(_: str, text: str) -> str:
    return text


def _names(_: str, text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",")) - {""}


def _if_given(read: Callable[[str, str], ValueT]) -> Callable[[str, str], ValueT | None]:
    return lambda variable, text: read(variable, text) if text else None


def _allowed(variable: str, text: str) -> bool:
    if text not in {"", ALLOW}:
        raise InvalidInput(variable, f"expected {ALLOW}")
    return text == ALLOW


def _backend(variable: str, text: str) -> Backend:
    known = {each.value: each for each in Backend}
    if text not in known:
        raise InvalidInput(variable, f"expected {' or '.join(known)}")
    return known[text]


def _receipt_places(variable: str, text: str) -> frozenset[ReceiptPlace]:
    """Read where receipts are kept: one spelling for each choice, so that a slip is noticed."""
    choices = {
        "": frozenset[ReceiptPlace](),
        **{each.value: frozenset({each}) for each in ReceiptPlace},
        ",".join(each.value for each in ReceiptPlace): frozenset(ReceiptPlace),
    }
    if text not in choices:
        raise InvalidInput(variable, f"expected {' or '.join(filter(None, choices))}")
    return choices[text]


def _days(variable: str, text: str) -> int:
    if not _is_days(text) or int(text) > MAX_DAYS:
        raise InvalidInput(variable, f"expected a whole number from 1 to {MAX_DAYS}")
    return int(text)


def _region(variable: str, text: str) -> str:
    if not _is_region(text):
        raise InvalidInput(variable, "expected a region of AWS")
    return text


def _resource(variable: str, text: str) -> str:
    if not _is_resource(text):
        raise InvalidInput(variable, "expected a name or an ARN")
    return text


def _bucket(variable: str, text: str) -> str:
    if not _is_bucket(text):
        raise InvalidInput(variable, "expected the name of a bucket")
    return text


@attrs.frozen
class AwsSettings:
    """What of AWS is used: tables and functions by the names that TABLES and FUNCTIONS have."""

    region: str = _from(
        Setting(
            "AWS_REGION",
            "the region of all services; Lambda sets it",
            _region,
            without="refused",
            or_else="AWS_DEFAULT_REGION",
            backend=Backend.AWS,
        )
    )
    tables: Mapping[str, str] = _from_each(TABLES, "name or ARN of the table")
    functions: Mapping[str, str] = _from_each(
        FUNCTIONS, "name, ARN or alias of the Lambda function"
    )
    event_bus: str = _from(
        Setting(
            "FANSCORE_EVENT_BUS",
            "name or ARN of the event bus",
            _resource,
            "default",
            backend=Backend.AWS,
        )
    )


@attrs.frozen
class Settings:
    """How fanscore is wired."""

    backend: Backend = _from(  # noqa: RUF009  # makes an attribute
        Setting(
            "FANSCORE_BACKEND",
            "where answers come from: `embedded` (SQLite for the tables, stand-ins for the "
            "services) or `aws`",
            _backend,
            "embedded",
        )
    )
    database: str = _from(
        Setting(
            "FANSCORE_DB",
            "the file of the embedded store, a plain path, made if it is missing; `:memory:` "
            "for one in memory, which is filled with the sample data",
            _text,
            IN_MEMORY,
            backend=Backend.EMBEDDED,
        )
    )
    policy: str | None = _from(
        Setting(
            "FANSCORE_POLICY",
            "file of the score policy, or of a policy book",
            _if_given(_text),
            without="the shipped one",
        )
    )
    sample: str | None = _from(
        Setting(
            "FANSCORE_SAMPLE",
            "file of the sample that stand-ins answer from",
            _if_given(_text),
            without="the shipped one",
            backend=Backend.EMBEDDED,
        )
    )
    outages: frozenset[str] = _from(
        Setting(
            "FANSCORE_OUTAGES",
            "services declared out of order, separated by commas; `notification_endpoint` and "
            "`sync_endpoint` count as services",
            _names,
            without="none",
            backend=Backend.EMBEDDED,
        )
    )
    notification_url: str | None = _from(
        Setting(
            "FANSCORE_NOTIFICATION_URL",
            "where the consumer `notification` posts, over `https`; `http` is for loopback",
            _if_given(endpoint_url),
            without="posts are kept in the embedded database",
            needed_by=Function.CONSUMERS,
            is_personal=True,
        )
    )
    sync_url: str | None = _from(
        Setting(
            "FANSCORE_SYNC_URL",
            "where the consumer `sync` posts, over `https`; `http` is for loopback",
            _if_given(endpoint_url),
            without="posts are kept in the embedded database",
            needed_by=Function.CONSUMERS,
            is_personal=True,
        )
    )
    lnaa_url: str | None = _from(
        Setting(
            "FANSCORE_LNAA_URL",
            "the URL below which LNAA answers",
            _if_given(base_url),
            backend=Backend.AWS,
            needed_by=Function.RESOLVER,
            is_personal=True,
        )
    )
    lnaa_token: str | None = _from(
        Setting(
            "FANSCORE_LNAA_TOKEN",
            "the bearer token for LNAA",
            _if_given(bearer_token),
            backend=Backend.AWS,
            needed_by=Function.RESOLVER,
            is_secret=True,
        )
    )
    scores_bucket: str | None = _from(
        Setting(
            "FANSCORE_SCORES_BUCKET",
            "the bucket with the chunks of an event's registrants, and what comes of them",
            _if_given(_bucket),
            backend=Backend.AWS,
            needed_by=Function.CHUNKS,
        )
    )
    insecure_endpoints: bool = _from(
        Setting(
            INSECURE_ENDPOINTS,
            "`allow` lets endpoints be `http` anywhere, so that others can read what is sent",
            _allowed,
            without="refused",
        )
    )
    api: str | None = _from(
        Setting(
            "FANSCORE_API",
            "one's own API, as `module:NAME`, such as `presale.api:PRESALE`",
            _if_given(_text),
            without="the shipped one",
        )
    )
    shadow_policy: str | None = _from(
        Setting(
            "FANSCORE_SHADOW_POLICY",
            "file of a policy or policy book that decides each score once more, for the log's "
            "counts alone",
            _if_given(_text),
            without="none",
        )
    )
    arm_batch: bool = _from(
        Setting(
            "FANSCORE_ARM_BATCH",
            "`allow` lets `fanscore score-event` ask `arm_scoring` for 100 fans in one call, by "
            "the operation `armScores`, which the function must know",
            _allowed,
            without="one call a fan",
        )
    )
    receipts: frozenset[ReceiptPlace] = _from(
        Setting(
            "FANSCORE_RECEIPTS",
            "where a receipt of each decided score is kept: `table`, with the fan; `log`, a line "
            "without any link to a person; or `table,log`",
            _receipt_places,
            without="nowhere",
        )
    )
    receipt_days: int = _from(
        Setting(
            "FANSCORE_RECEIPT_DAYS",
            f"how many days a receipt stays in the table, 1 to {MAX_DAYS}",
            _days,
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
        if _ROWS in each.metadata:
            yield each.name, each.metadata[_ROWS]


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
                found[name] = _resource(variable, environ.get(variable) or name)
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

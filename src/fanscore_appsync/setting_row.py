"""A row of the table of settings: one environment variable, and how its text is read.

See docs/reference/settings.md.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

import attrs

from fanscore_core.errors import InvalidInput

ValueT = TypeVar("ValueT")

MAX_DAYS = 3650
"""The longest that a receipt can be kept: ten years."""

ALLOW = "allow"

ROWS = "rows"
"""Where an attribute has its row, in its metadata; or its rows, by what they name."""

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


def from_row(row: Setting[ValueT]) -> ValueT:
    """Make an attribute that is read as a row says."""
    return attrs.field(factory=lambda: row.value({}), repr=not row.is_secret, metadata={ROWS: row})


def from_each_row(names: Sequence[str], meaning: str) -> Mapping[str, str]:
    """Make an attribute that has a row for each of the names; these stand for themselves."""
    rows = {
        name: Setting(_variable(name), meaning, read_resource, name, backend=Backend.AWS)
        for name in names
    }
    return attrs.field(factory=lambda: {name: name for name in names}, metadata={ROWS: rows})


def _variable(name: str) -> str:
    return f"FANSCORE_{name.upper()}"


def read_text(_: str, text: str) -> str:
    """Take a text as it is."""
    return text


def read_names(_: str, text: str) -> frozenset[str]:
    """Read names that stand between commas."""
    return frozenset(name.strip() for name in text.split(",")) - {""}


def if_given(read: Callable[[str, str], ValueT]) -> Callable[[str, str], ValueT | None]:
    """Read a text with another reader, if there is one; else ``None``."""
    return lambda variable, text: read(variable, text) if text else None


def read_allowed(variable: str, text: str) -> bool:
    """Read whether something is allowed.

    Raises:
        InvalidInput: it says anything else.
    """
    if text not in {"", ALLOW}:
        raise InvalidInput(variable, f"expected {ALLOW}")
    return text == ALLOW


def read_backend(variable: str, text: str) -> Backend:
    """Read where answers come from.

    Raises:
        InvalidInput: it is no ``Backend``.
    """
    known = {each.value: each for each in Backend}
    if text not in known:
        raise InvalidInput(variable, f"expected {' or '.join(known)}")
    return known[text]


def read_receipt_places(variable: str, text: str) -> frozenset[ReceiptPlace]:
    """Read where receipts are kept: one spelling for each choice, so that a slip is noticed.

    Raises:
        InvalidInput: it is no such choice.
    """
    choices = {
        "": frozenset[ReceiptPlace](),
        **{each.value: frozenset({each}) for each in ReceiptPlace},
        ",".join(each.value for each in ReceiptPlace): frozenset(ReceiptPlace),
    }
    if text not in choices:
        raise InvalidInput(variable, f"expected {' or '.join(filter(None, choices))}")
    return choices[text]


def read_days(variable: str, text: str) -> int:
    """Read a number of days, 1 to ``MAX_DAYS``.

    Raises:
        InvalidInput: it is not such a number.
    """
    if not _is_days(text) or int(text) > MAX_DAYS:
        raise InvalidInput(variable, f"expected a whole number from 1 to {MAX_DAYS}")
    return int(text)


def read_region(variable: str, text: str) -> str:
    """Read a region of AWS.

    Raises:
        InvalidInput: it cannot be one.
    """
    if not _is_region(text):
        raise InvalidInput(variable, "expected a region of AWS")
    return text


def read_resource(variable: str, text: str) -> str:
    """Read the name or ARN of something on AWS.

    Raises:
        InvalidInput: it cannot be either.
    """
    if not _is_resource(text):
        raise InvalidInput(variable, "expected a name or an ARN")
    return text


def read_bucket(variable: str, text: str) -> str:
    """Read the name of a bucket.

    Raises:
        InvalidInput: it cannot be one.
    """
    if not _is_bucket(text):
        raise InvalidInput(variable, "expected the name of a bucket")
    return text

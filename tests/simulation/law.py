"""How a law is checked, and what is raised where one is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import attrs

from fanscore_adapters.items.operations import Item
from fanscore_core.errors import (
    Conflict,
    DeadlineExceeded,
    InvalidInput,
    NotFound,
    Unavailable,
)

ValueT = TypeVar("ValueT")

UNREADABLE = "what is stored is there, and can be read"


@attrs.frozen
class Violation(Exception):
    """Something happened that must not happen.

    Attributes:
        law: that was broken.
    """

    law: str

    def __str__(self) -> str:
        return self.law


def require(holds: object, law: str) -> None:
    """See that something holds.

    Raises:
        Violation: it does not.
    """
    if not holds:
        raise Violation(law)


def parsed(read: Callable[[Item], ValueT], item: Item | None) -> ValueT:
    """Read a stored item.

    Raises:
        Violation: it is not there, or malformed.
    """
    try:
        return read(item or {})
    except InvalidInput as error:
        raise Violation(UNREADABLE) from error


def check_foreseen(error: Exception | None) -> None:
    """See that an error, if there is one, is one that a caller must reckon with.

    Raises:
        Violation: it is not.
    """
    foreseen = (Conflict, DeadlineExceeded, NotFound, Unavailable)
    require(error is None or isinstance(error, foreseen), f"no error is unforeseen: {error!r}")

"""One text for equal values: canonical JSON, digests, and ids that are stable across retries."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

import attrs

from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId, RequestId

_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)

NAMESPACE = UUID("b7a1d3a2-5f0e-5c6b-9a58-0d3f2f6f7c11")
"""Of the ids that leave the system."""


@attrs.frozen
class JsonWriter:
    """Writes values as JSON text, without any spaces.

    Attributes:
        members: the members of an object, in the order in which they are written.
        scalar: writes what is neither an object nor an array, and the names of members.
    """

    members: Callable[[Mapping[object, object]], Iterable[tuple[str, object]]]
    scalar: Callable[[object], str]

    def text(self, value: object) -> str:
        """Write a value.

        Raises:
            RecursionError: it nests too deep.
        """
        match value:
            case dict():
                members = (
                    f"{self.scalar(name)}:{self.text(each)}" for name, each in self.members(value)
                )
                return "{" + ",".join(members) + "}"
            case list() | tuple():
                return "[" + ",".join(map(self.text, value)) + "]"
            case _:
                return self.scalar(value)


def canonical_json(value: object) -> str:
    """Write a value as the one JSON text that equal values have.

    Raises:
        InvalidInput: it is not JSON: ``NaN`` for instance, or nested too deep.
    """
    try:
        return _writer.text(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput("", "expected JSON") from error


def fits(value: object, max_bytes: int) -> bool:
    """Return whether the canonical text of a value has at most so many bytes.

    No more of the value is looked at than that many bytes can hold, whatever its size: of each
    part, at least one byte is counted before it is visited.

    Raises:
        InvalidInput: what was looked at is not JSON.
    """
    left, pending = max_bytes, [value]
    try:
        while pending and left >= 0:
            left -= _own_bytes(each := pending.pop(), left)
            if left >= 0:
                pending.extend(_parts(each))
    except (TypeError, ValueError) as error:
        raise InvalidInput("", "expected JSON") from error
    return left >= 0


def _own_bytes(value: object, left: int) -> int:
    """Return the bytes of a value's text without those of its parts; at least that it is too long.

    A text of many characters is not written: its canonical form is no shorter.
    """
    match value:
        case dict():
            return 2 * len(value) + 1 if value else 2
        case list() | tuple():
            return len(value) + 1 if value else 2
        case str() if len(value) > left:
            return len(value)
        case _:
            return len(_scalar_text(value))


def _parts(value: object) -> Iterable[object]:
    match value:
        case dict():
            return (part for name, each in value.items() for part in (str(name), each))
        case list() | tuple():
            return value
        case _:
            return ()


def _sorted_members(value: Mapping[Any, object]) -> Iterable[tuple[str, object]]:
    return ((str(key), value[key]) for key in sorted(value))


def _scalar_text(value: object) -> str:
    match value:
        case Decimal() if value.is_finite():
            return _number_text(value)
        case str():
            value.encode()  # half of a surrogate pair is no text
            return json.dumps(value)
        case _:
            return json.dumps(value, allow_nan=False)


_writer = JsonWriter(_sorted_members, _scalar_text)


def _number_text(number: Decimal) -> str:
    """Write a number as a float of the same value is written, if there is one."""
    nearest = float(number)
    if math.isfinite(nearest) and Decimal(repr(nearest)) == number:
        return repr(nearest)
    return str(number.normalize(_EXACT))


def digest_of(value: object) -> str:
    """Digest a value, so that equal values and no others have equal digests."""
    return sha256(canonical_json(value).encode()).hexdigest()


def stable_id(field: str, global_user_id: GlobalUserId, request_id: RequestId, *others: str) -> str:
    """Make an id that leaves the system: an event's, a token, an idempotency key.

    The same for every attempt at one request, and no string that another fan could choose
    (docs/reference/events.md).

    Args:
        field: whose id it is.
        global_user_id: who asks.
        request_id: of the client's request.
        others: what else tells two requests apart, though a client gave them one id.
    """
    return str(uuid5(NAMESPACE, canonical_json([field, global_user_id, request_id, *others])))

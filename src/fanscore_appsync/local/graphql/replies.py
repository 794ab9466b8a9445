"""What the handler replies to the event of a field: data, or the error that AppSync shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import attrs

from fanscore_appsync.app import Response
from fanscore_core.engine.trace import Trace


@attrs.frozen
class FieldError(Exception):
    """Why a field has no data.

    Attributes:
        message: for people.
        error_type: ``errorType``.
        info: ``errorInfo``.
    """

    message: str
    error_type: str
    info: Mapping[str, object] | None = None

    def __str__(self) -> str:
        return self.message


@attrs.frozen
class Reply:
    """The reply to one event.

    Attributes:
        data: of the field.
        error: instead of data.
        took_s: how long the call took that brought it, in seconds.
        batch: the number of events in that call.
        trace: of the event's run, if there was one.
        call: tells that call apart from others.
    """

    data: object
    error: FieldError | None
    took_s: float
    batch: int = 1
    trace: Trace | None = None
    call: object = attrs.field(factory=object, eq=False, repr=False)

    @property
    def is_data(self) -> bool:
        """Whether there is no error."""
        return self.error is None


def reply_of(answer: Response, took_s: float) -> Reply:
    """Read the answer to an event with an envelope."""
    response = cast("Mapping[str, object]", answer.response)
    trace = answer.outcome.trace if answer.outcome else None
    if "error" not in response:
        return Reply(response["data"], None, took_s, trace=trace)
    error = cast("Mapping[str, object]", response["error"])
    return Reply(None, _error(error, "message"), took_s, trace=trace)


def replies_of(answer: Response, took_s: float) -> Sequence[Reply]:
    """Read the answers to a list of events."""
    items = cast("Sequence[Mapping[str, object]]", answer.response)
    outcomes = answer.batch or [None] * len(items)
    call = object()
    return [
        Reply(
            item["data"],
            _error(item, "errorMessage") if "errorType" in item else None,
            took_s,
            len(items),
            outcome.trace if outcome else None,
            call,
        )
        for item, outcome in zip(items, outcomes, strict=True)
    ]


def _error(members: Mapping[str, object], message: str) -> FieldError:
    info = cast("Mapping[str, object] | None", members.get("errorInfo"))
    return FieldError(str(members[message]), str(members["errorType"]), info)

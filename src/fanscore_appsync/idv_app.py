"""The identity verification function: one call from its payload to its response.

Both are those of any Lambda proxy: ``{"operation": ..., "arguments": {...}}``
is answered with ``{"data": ...}`` or ``{"error": {"code": ..., "message": ...}}``.

See docs/reference/services.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar, cast

import attrs

from fanscore_adapters.documents.json_text import parse_stored_json
from fanscore_appsync import wire
from fanscore_appsync.function_app import FunctionApp, Progress
from fanscore_core.engine.definition import Pipeline
from fanscore_core.engine.rounds import run
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId, SessionId
from fanscore_core.liveness import LivenessSession, valid_token
from fanscore_core.pipelines.idv import (
    SessionResultArgs,
    StartSessionArgs,
    session_result,
    start_session,
)
from fanscore_core.systems import IDV_CHECK_LIVENESS

CALL_S = 10.0
"""What a call may take."""

GivenT = TypeVar("GivenT")
ArgsT = TypeVar("ArgsT")
StashT = TypeVar("StashT")


@attrs.frozen
class StartSessionArguments:
    """Arguments of ``startSession``.

    Attributes:
        global_user_id: the fan.
        token: the same for every attempt at one request.
        score: the fan's score, if known; Rekognition has no use for it.
        arm_score: the fan's ARM risk score, if known; as for ``score``.
    """

    global_user_id: GlobalUserId
    token: str = attrs.field(validator=valid_token)
    score: Decimal | None = None
    arm_score: Decimal | None = None


@attrs.frozen
class SessionResultArguments:
    """Arguments of ``sessionResult``."""

    global_user_id: GlobalUserId
    session_id: SessionId


@attrs.frozen(init=False)
class Operation:
    """Something that the function can do. Not generic, for the reason that ``Field`` has.

    Attributes:
        given: the shape of its arguments.
        pipeline: what does it.
        make_args: the pipeline's arguments, of those given and the time.
    """

    given: type[object]
    pipeline: Pipeline[object, object, object]
    make_args: Callable[[object, datetime], object]

    def __init__(
        self,
        given: type[GivenT],
        pipeline: Pipeline[ArgsT, StashT, LivenessSession],
        make_args: Callable[[GivenT, datetime], ArgsT],
    ) -> None:
        """Make a row of the operations."""
        cast("Callable[..., None]", self.__attrs_init__)(given, pipeline, make_args)


OPERATIONS: Mapping[str, Operation] = {
    "startSession": Operation(
        StartSessionArguments,
        start_session,
        lambda given, now: StartSessionArgs(given.global_user_id, given.token, now),
    ),
    "sessionResult": Operation(
        SessionResultArguments,
        session_result,
        lambda given, now: SessionResultArgs(given.global_user_id, given.session_id, now),
    ),
}
"""What the function can do, by the operation's name."""


@attrs.frozen
class IdvApp(FunctionApp):
    """Everything that is needed to answer calls."""

    def answer(
        self, payload: object, time_left_s: float, invocation: str = ""
    ) -> Mapping[str, object]:
        """Answer a call; errors are answers too, by the codes of docs/reference/errors.md.

        Args:
            payload: what Lambda passes.
            time_left_s: how long the answer may take.
            invocation: Lambda's id of it, for the log.
        """
        with self.logged(IDV_CHECK_LIVENESS, invocation) as progress:
            try:
                return {"data": self._data(payload, time_left_s, progress)}
            except Exception as error:  # noqa: BLE001  # no traceback may reach the caller
                body = wire.error_body(error, self.report)
                progress.codes = [str(body.info["code"])]
                return _error(body)

    def _data(self, payload: object, time_left_s: float, progress: Progress) -> object:
        progress.name, arguments = _read(payload)
        operation = OPERATIONS[progress.name]
        given = wire.read_arguments(arguments, operation.given)
        args = operation.make_args(given, self.now())
        outcome = run(operation.pipeline, args, self.source(time_left_s))
        progress.outcomes = [outcome]
        return wire.data(outcome.result())


def _read(payload: object) -> tuple[str, Mapping[str, object]]:
    # Lambda parses fractions to floats; as Decimals they are what the caller wrote.
    match parse_stored_json(json.dumps(payload)):
        case {"operation": str(name), "arguments": dict(arguments), **others} if not others:
            pass
        case _:
            raise InvalidInput("payload", "expected operation and arguments, and nothing else")
    if name not in OPERATIONS:
        raise InvalidInput("operation", f"expected {' or '.join(sorted(OPERATIONS))}")
    return name, arguments


def _error(body: wire.ErrorBody) -> Mapping[str, object]:
    found_by = f", id {body.info['id']}" if "id" in body.info else ""
    return {"error": {"code": int(body.type), "message": f"{body.message}{found_by}"}}

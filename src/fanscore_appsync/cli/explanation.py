"""How a score is asked for and shown to an operator, with the value behind each reason."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from typing import NoReturn, cast

import click

from fanscore_appsync.app import Response
from fanscore_appsync.cli.mistakes import FAILED, end, refuse, with_reason
from fanscore_appsync.cli.options import chosen_api
from fanscore_appsync.cli.picture import draw_score, draw_trace
from fanscore_appsync.cli.terminal import columns, show
from fanscore_appsync.found_reasons import found_reasons
from fanscore_appsync.lambda_context import time_left_s
from fanscore_appsync.local.graphql.trace_extension import write_run
from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import appsync_event
from fanscore_appsync.wiring import apps
from fanscore_core.engine.state import Outcome
from fanscore_core.findings import Finding
from fanscore_core.scoring import AccountFanscore

INTERNAL = "INTERNAL"
"""The code of an error that nobody foresaw."""


def asking_for_score(
    arguments: Mapping[str, object], identity: Mapping[str, object]
) -> Mapping[str, object]:
    """Make the event of a caller who asks for a score, with an envelope."""
    return appsync_event("VFApi.accountFanscore", arguments, identity, envelope=True)


def answer_of(settings: Settings, event: Mapping[str, object]) -> Response:
    """Answer an event from what the settings name, and change nothing there."""
    with ExitStack() as closing:
        app = apps.connect_reader(settings, closing, chosen_api(settings))
        return app.answer(event, time_left_s(None))


def show_explanation(answer: Response, *, is_json: bool) -> NoReturn:
    """Print a score and its run, and end the command as that run ended.

    Args:
        answer: to an event that ``asking_for_score`` made.
        is_json: whether programs read it.
    """
    outcome = answer.outcome
    if outcome is None:
        refuse(error_message(answer))
    if is_json:
        click.echo(json.dumps(write_explanation(answer, outcome), indent=2))
    else:
        draw_outcome(outcome)
        if outcome.error is not None:
            end(with_reason(outcome.error), FAILED)
    sys.exit(outcome.error is not None)


def draw_outcome(outcome: Outcome[object, object]) -> None:
    """Draw a score, if there is one, and the run."""
    width = columns()
    if outcome.value is not None:
        score = cast("AccountFanscore", outcome.value)
        show(draw_score(score, reason_values(outcome), width) + "\n")
    show(draw_trace(outcome.trace, width))


def error_message(answer: Response) -> str:
    """Return why there is no answer."""
    envelope = cast("Mapping[str, Mapping[str, object]]", answer.response)
    return str(envelope["error"]["message"])


def error_code(answer: Response) -> str | None:
    """Return the code of an error; ``None`` of data."""
    match answer.response:
        case {"error": {"errorInfo": {"code": str(code)}}}:
            return code
        case _:
            return None


def reason_values(outcome: Outcome[object, object]) -> Sequence[Decimal | None]:
    """Return the value behind each reason of a score; ``None`` where there is none to know.

    Reasons come in the order of the policy's signals, after the base score.
    """
    score = cast("AccountFanscore", outcome.value)
    known = [_known(each.finding) for each in found_reasons(outcome)]
    return (*known, *[None] * (len(score.reasons) - len(known)))


def write_explanation(answer: Response, outcome: Outcome[object, object]) -> Mapping[str, object]:
    """Write a score and its run as JSON.

    Args:
        answer: to an event that asks for an envelope.
        outcome: of the answer.
    """
    envelope = cast("Mapping[str, Mapping[str, object]]", answer.response)
    score = envelope.get("data")
    return {
        "score": None if score is None else _with_values(score, reason_values(outcome)),
        "error": envelope.get("error"),
        "run": write_run(outcome.trace),
    }


def _with_values(
    score: Mapping[str, object], values: Sequence[Decimal | None]
) -> Mapping[str, object]:
    reasons = cast("Sequence[Mapping[str, object]]", score["reasons"])
    pairs = zip(reasons, values, strict=True)
    return {**score, "reasons": [{**reason, "value": _text(value)} for reason, value in pairs]}


def _known(finding: Finding | None) -> Decimal | None:
    return finding if isinstance(finding, Decimal) else None


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"

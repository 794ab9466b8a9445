"""The identity verification function: how it is called, with JSON in between as on Lambda."""

from __future__ import annotations

import json
from datetime import datetime
from typing import cast

from fanscore_adapters.documents.idv import IDV_CALLS
from fanscore_adapters.documents.json_text import json_text, parse_stored_json
from fanscore_appsync import wire
from fanscore_appsync.idv_app import OPERATIONS
from fanscore_core.engine.question import Question
from fanscore_core.engine.state import Run
from fanscore_core.errors import NotFound, Unavailable
from fanscore_core.systems import IDV_CHECK_LIVENESS
from tests.simulation.processes import AnyOutcome
from tests.simulation.requests import AnyRun


def start(question: Question[object], now: datetime) -> tuple[object, AnyRun]:
    """Start the function for a question: give its pipeline's arguments, and the run."""
    payload = parse_stored_json(json_text(IDV_CALLS[type(question)].request(question)))
    assert isinstance(payload, dict)
    operation = OPERATIONS[payload["operation"]]
    given = wire.read_arguments(payload["arguments"], operation.given)
    args = operation.make_args(given, now)
    return args, cast("AnyRun", Run(operation.pipeline, args))


def answer(question: Question[object], outcome: AnyOutcome) -> object:
    """Give what its caller is answered."""
    if outcome.error is None:
        text = json.dumps({"data": wire.data(outcome.value)})
        return IDV_CALLS[type(question)].answer(parse_stored_json(text))
    return outcome.error if isinstance(outcome.error, NotFound) else Unavailable(IDV_CHECK_LIVENESS)

from __future__ import annotations

import json

from deploy.resolvers import TEMPLATE
from fanscore_appsync import wire
from fanscore_core.errors import NotOwner

ANSWERS = TEMPLATE.parent / "appsync/tests/answers.json"


def test_the_handler_is_tested_with_what_the_function_answers() -> None:
    """The answers in the handler's own tests are those of the resolver function."""
    error = wire.error_body(NotOwner(), str)
    data = {"data": {"score": 87}}
    assert json.loads(ANSWERS.read_text(encoding="utf-8")) == {
        "data": data,
        "error": wire.enveloped_error(error),
        "batchData": data,
        "batchError": wire.batch_error(error),
    }

"""A Lambda function that stands in for a proxy: it answers from the cases beside it.

It runs where nothing of this repository is installed. See ``fanscore_adapters.embedded.stand_ins``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict


class Request(TypedDict):
    """What a proxy is called with."""

    operation: str
    arguments: dict[str, object]


class Case(TypedDict):
    """One answer; the first counts whose arguments are among those that are given."""

    operation: str
    arguments: dict[str, object]
    response: dict[str, object]


NOT_FOUND = {"error": {"code": 404, "message": "not in the sample"}}


def handler(request: Request, _context: object) -> Mapping[str, object]:
    """Answer one call."""
    print("asked for", request["operation"])  # noqa: T201  # ministack waits 50 ms for a line
    fitting = (_answer(case, request["arguments"]) for case in _cases() if _fits(case, request))
    return next(fitting, NOT_FOUND)


def _cases() -> list[Case]:
    text = Path(__file__).with_name("cases.json").read_text(encoding="utf-8")
    cases: list[Case] = json.loads(text)
    return cases


def _fits(case: Case, request: Request) -> bool:
    return (
        case["operation"] == request["operation"]
        and case["arguments"].items() <= request["arguments"].items()
    )


def _answer(case: Case, arguments: Mapping[str, object]) -> Mapping[str, object]:
    data = case["response"].get("data")
    if not isinstance(data, dict):
        return case["response"]
    given = {f"${name}": value for name, value in arguments.items()}
    filled = {
        name: given.get(value, value) if isinstance(value, str) else value
        for name, value in data.items()
    }
    return {**case["response"], "data": filled}

"""The golden cases: AppSync events in ``events/``, what each is answered with in ``responses/``.

A response that the handler raises is kept as ``{"raised": {"errorType": ..., "message": ...}}``.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.lambda_runtime import invoked

EVENTS = Path(__file__).parent / "events"
RESPONSES = Path(__file__).parent / "responses"


def names(folder: Path) -> list[str]:
    """Give the names of the cases in a folder."""
    return sorted(path.stem for path in folder.glob("*.json"))


def kept(name: str) -> str:
    """Give the kept response to an event, as JSON text; nothing where none is kept."""
    path = RESPONSES / f"{name}.json"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def given(name: str) -> str:
    """Give the response that the handler now gives to an event, as JSON text."""
    event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return json.dumps(invoked(event), indent=2, allow_nan=False) + "\n"

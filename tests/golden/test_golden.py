from __future__ import annotations

import json

import attrs
import pytest

from fanscore_core.policy import DEFAULT_POLICY
from tests.golden.cases import EVENTS, RESPONSES, given, kept, names

MEMBERS = {"arguments", "identity", "source", "request", "prev", "stash", "info"}

SHADOW = attrs.evolve(DEFAULT_POLICY, version="shadow", range=(0, 60), no_history_raw_score=9)


@pytest.mark.parametrize("name", names(EVENTS))
def test_events_are_answered_as_kept(name: str) -> None:
    """An AppSync event, answered from the sample, gives the whole kept response."""
    assert given(name) == kept(name)


@pytest.mark.parametrize("name", names(EVENTS))
def test_shadow_and_receipts_change_no_byte_of_an_answer(name: str) -> None:
    """With a shadow policy and receipts, each event gets the very response that is kept.

    What was decided has one line each.
    """
    lines: list[str] = []
    assert given(name, SHADOW, lines) == kept(name)
    assert len({json.loads(line)["leaf"] for line in lines}) == len(lines)


def test_every_response_answers_an_event() -> None:
    """No response is kept whose event is gone."""
    assert names(RESPONSES) == names(EVENTS)


@pytest.mark.parametrize(
    "name", [name for name in names(EVENTS) if not name.startswith("event-is")]
)
def test_events_have_the_documented_shape(name: str) -> None:
    """Golden events are whole ones, as a direct Lambda resolver gets them."""
    document = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    for event in document if isinstance(document, list) else [document]:
        if name not in {"batch-mixed", "info-missing", "info-missing-envelope"}:
            assert set(event) - {"envelope"} == MEMBERS

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.events import (
    ENVELOPED,
    MEGABYTE,
    OWNER,
    SERVICE,
    WRONG,
    Document,
    Path,
    changed,
    junk,
    nested_list,
    nested_object,
    paths,
    spoiled,
    without,
)
from tests.hostile.stage import Stage, refusals, set_stage

DEEP = 10_000
MAX_BATCH = 2_000

by_path = pytest.mark.parametrize(
    "path", list(paths(SERVICE)), ids=lambda path: ".".join(map(str, path)) or "event"
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Give the app on a database file with the sample data."""
    return set_stage(str(tmp_path_factory.mktemp("hostile") / "fans.db"))


def thrown(stage: Stage, event: Document) -> list[str]:
    """Throw an event at the app; check its answer and that nothing was written."""
    found = refusals(event, stage.answer(event))
    assert stage.contents() == stage.at_first
    return found


def thrown_every_way(stage: Stage, event: Document) -> None:
    """Throw an event at the app alone, in an envelope, and in a batch among good ones."""
    kinds = thrown(stage, event)
    if isinstance(event, dict):
        assert thrown(stage, {**event, "envelope": True}) == kinds
    batch = [OWNER, event, SERVICE]
    answers = stage.answer(batch)
    assert isinstance(answers, list)
    assert [answers[0], answers[2]] == [
        {"data": stage.answer(OWNER)},
        {"data": stage.answer(SERVICE)},
    ]
    assert refusals([event], answers[1:2]) == (["400"] if isinstance(event, list) else kinds)


@given(event=junk)
def test_what_is_no_event(stage: Stage, event: Document) -> None:
    """Whatever is no event is a typed error, or a batch of them, and writes nothing."""
    found = thrown(stage, event)
    assert found == ["400"] * (len(event) if isinstance(event, list) else 1)


@given(event=spoiled())
def test_spoiled_events(stage: Stage, event: Document) -> None:
    """An event with things changed, left out or added comes to data or a typed error."""
    thrown(stage, event)


@given(events=st.lists(spoiled() | junk, max_size=8))
def test_spoiled_batches(stage: Stage, events: list[Document]) -> None:
    """A batch of bad items is a list of as many answers, each as the item's own would be."""
    thrown(stage, events)


@by_path
def test_wrong_types_everywhere(stage: Stage, path: Path) -> None:
    """A value of any other kind, at any place of an event, is data or a typed error."""
    for value in WRONG:
        thrown_every_way(stage, changed(SERVICE, path, value))


@pytest.mark.parametrize(
    "path", [path for path in paths(SERVICE) if path], ids=lambda path: ".".join(map(str, path))
)
def test_missing_values(stage: Stage, path: Path) -> None:
    """An event without any one of its values is data or a typed error."""
    thrown_every_way(stage, without(SERVICE, path))


REFUSED_PLACES: list[Path] = [
    (),
    ("arguments",),
    ("arguments", "globalUserId"),
    ("arguments", "memberId"),
    ("arguments", "eventId"),
    ("info",),
    ("info", "fieldName"),
    ("info", "parentTypeName"),
]


@pytest.mark.parametrize("path", REFUSED_PLACES, ids=lambda path: ".".join(path) or "event")
@pytest.mark.parametrize(
    "make",
    [
        lambda: "u" * MEGABYTE,
        lambda: "\ud800" * MEGABYTE,
        lambda: 10**MEGABYTE,
        lambda: nested_object(DEEP),
        lambda: {"u" * MEGABYTE: "u"},
        lambda: ["u" * MEGABYTE],
        lambda: nested_list(DEEP),
    ],
    ids=["text", "surrogates", "digits", "objects", "key", "list", "lists"],
)
def test_huge_values(stage: Stage, path: Path, make: Callable[[], Document]) -> None:
    """A value of a megabyte or 10,000 levels is refused where it matters, in a short answer."""
    event = changed(SERVICE, path, make())
    thrown_every_way(stage, event)
    assert thrown(stage, event) == ["400"]


@by_path
@pytest.mark.parametrize("nested", [nested_list, nested_object])
def test_deep_values_everywhere(
    stage: Stage, path: Path, nested: Callable[[int], Document]
) -> None:
    """A value of 10,000 levels, at any place of an event, is data or a typed error."""
    thrown(stage, changed(SERVICE, path, nested(DEEP)))


@pytest.mark.parametrize(
    "sub",
    ["u" * MEGABYTE, "\ud800", nested_list(DEEP), nested_object(DEEP), float("nan"), None, 1],
    ids=["huge", "surrogate", "lists", "objects", "nan", "null", "number"],
)
def test_hostile_callers(stage: Stage, sub: Document) -> None:
    """A caller whose sub cannot be an id is refused, and is nobody else by accident."""
    assert thrown(stage, changed(OWNER, ("identity", "sub"), sub)) == ["400"]


def test_an_unknown_argument_of_a_megabyte(stage: Stage) -> None:
    """An argument that the field does not have is refused in few words."""
    event = changed(SERVICE, ("arguments",), {"globalUserId": "user123", "u" * MEGABYTE: 1})
    assert thrown(stage, event) == ["400"]


def test_a_very_large_batch(stage: Stage) -> None:
    """A batch of 2,000 bad items is 2,000 typed errors, in order."""
    events: list[Document] = [
        WRONG[index % len(WRONG)] if index % 2 else changed(OWNER, ("info",), index)
        for index in range(MAX_BATCH)
    ]
    assert thrown(stage, events) == ["400"] * MAX_BATCH


def test_a_good_item_among_very_many_bad_ones(stage: Stage) -> None:
    """In a batch of 2,000 bad items the only good one is answered."""
    events: list[Document] = [nested_list(50)] * MAX_BATCH
    events[1234] = OWNER
    answers = stage.answer(events)
    assert isinstance(answers, list)
    assert answers[1234] == {"data": stage.answer(OWNER)}
    assert refusals(events, answers) == ["400"] * (MAX_BATCH - 1)


def test_data_are_json(stage: Stage) -> None:
    """The events that are spoiled here are good ones: they are answered with JSON data."""
    for event in (OWNER, SERVICE, ENVELOPED):
        assert thrown(stage, event) == []
        assert "87" in json.dumps(stage.answer(event), allow_nan=False)

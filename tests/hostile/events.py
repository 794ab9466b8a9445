"""Hostile events: a whole one with one thing wrong, or nothing of an event at all."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from hypothesis import strategies as st

from fanscore_appsync.testing import API_KEY_HEADERS, appsync_event, service, user

FIELD = "VFApi.accountFanscore"
ARGUMENTS = {"globalUserId": "user123", "memberId": None, "eventId": "evt456"}
HEADERS = {**API_KEY_HEADERS, "host": "example.com", "accept": ["one", "two"]}

OWNER = appsync_event(FIELD, ARGUMENTS, user("user123", ["fans"]), headers=HEADERS)
SERVICE = appsync_event(FIELD, {**ARGUMENTS, "memberId": "member123"}, service(), headers=HEADERS)
ENVELOPED = appsync_event(FIELD, ARGUMENTS, user("user123"), headers=HEADERS, envelope=True)

Document: TypeAlias = Any
"""Whatever JSON can say, and what Python adds to it."""

Path: TypeAlias = tuple[str | int, ...]

MEGABYTE = 1_000_000
WRONG: Sequence[Document] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    float("nan"),
    float("inf"),
    10**400,
    "",
    " ",
    "x",
    "user\n123",
    "user#123",
    "user123 ",
    "..",
    "\u202euser",
    "user%123",
    "\x00",
    "\ud800",
    "\U0010ffff",
    [],
    [None],
    ["user123"],
    {},
    {"": None},
    {"id": "user123"},
    {"\ud800": "\udfff"},
)
"""A value of each kind that may stand where another is expected."""


def paths(document: Document, so_far: Path = ()) -> Iterator[Path]:
    """Give the path of every value in a document, the document itself included."""
    yield so_far
    if isinstance(document, dict):
        for name in document:
            yield from paths(document[name], (*so_far, name))
    elif isinstance(document, list):
        for index, item in enumerate(document):
            yield from paths(item, (*so_far, index))


def changed(document: Document, path: Path, value: Document) -> Document:
    """Give a document with another value at a path."""
    if not path:
        return value
    changed_document = copy.copy(document)
    changed_document[path[0]] = changed(document[path[0]], path[1:], value)
    return changed_document


def without(document: Document, path: Path) -> Document:
    """Give a document without what stands at a path."""
    changed_document = copy.copy(document)
    if len(path) == 1:
        del changed_document[path[0]]
    else:
        changed_document[path[0]] = without(document[path[0]], path[1:])
    return changed_document


def nested_list(depth: int) -> Document:
    """Give a list of lists of lists."""
    document: Document = []
    for _ in range(depth):
        document = [document]
    return document


def nested_object(depth: int) -> Document:
    """Give an object of objects of objects."""
    document: Document = {}
    for _ in range(depth):
        document = {"a": document}
    return document


_texts = st.text() | st.text(st.characters()) | st.sampled_from(["\ud800", "a\udfffb"])

junk: st.SearchStrategy[Document] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts | st.sampled_from(WRONG),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=10,
)


@st.composite
def spoiled(draw: st.DrawFn) -> Document:
    """Give a whole event with one to three things changed, left out or added."""
    event: Document = draw(st.sampled_from([OWNER, SERVICE, ENVELOPED]))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(paths(event))))
        leave_out = draw(st.booleans())
        value = draw(junk)
        event = without(event, path) if path and leave_out else changed(event, path, value)
        if isinstance(event, dict) and draw(st.booleans()):
            event = {**event, draw(_texts): draw(junk)}
    return event

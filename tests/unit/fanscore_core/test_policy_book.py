from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import cast

import attrs
import pytest

from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.ids import RULE, EventId
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.policy_book import PolicyBook, as_book

LISTED, MAPPED, OTHER = EventId("evt456"), EventId("disco456"), EventId("evt789")
STRICT = attrs.evolve(DEFAULT_POLICY, version="strict", no_history_raw_score=20)
BOOK = PolicyBook(DEFAULT_POLICY, {LISTED: STRICT})


@pytest.mark.parametrize(
    ("event_id", "policy"),
    [
        (LISTED, STRICT),
        (MAPPED, DEFAULT_POLICY),
        (OTHER, DEFAULT_POLICY),
        (None, DEFAULT_POLICY),
        (EventId("default"), DEFAULT_POLICY),
        (EventId("EVT456"), DEFAULT_POLICY),
    ],
)
def test_an_event_has_its_own_policy(event_id: EventId | None, policy: ScorePolicy) -> None:
    """An id that the book lists, as it is asked, has its policy; all else has the default."""
    assert BOOK.policy_for(event_id) == policy


def test_both_ids_of_an_event_can_be_listed() -> None:
    """One policy may stand under several ids, in two equal copies too."""
    book = PolicyBook(DEFAULT_POLICY, {LISTED: STRICT, MAPPED: attrs.evolve(STRICT)})
    assert book.policy_for(LISTED) == book.policy_for(MAPPED) == STRICT


def test_a_plain_policy_is_a_book() -> None:
    """A policy stands for the book that has it alone, and a book for itself."""
    assert as_book(STRICT) == PolicyBook(STRICT) == PolicyBook(STRICT, {})
    assert as_book(BOOK) is BOOK
    assert PolicyBook(STRICT).policy_for(LISTED) is STRICT


def test_a_book_cannot_be_changed() -> None:
    """What a book was made of can change, and the book stays as it was checked."""
    events = {LISTED: STRICT}
    book = PolicyBook(DEFAULT_POLICY, events)
    events[OTHER] = attrs.evolve(STRICT, no_history_raw_score=21)
    assert book == BOOK
    assert isinstance(book.events, MappingProxyType)


def same_version(policy: ScorePolicy) -> ScorePolicy:
    """Make another policy under a policy's version."""
    return attrs.evolve(policy, no_history_raw_score=21)


def no_id(text: object) -> EventId:
    """Pass for an event id."""
    return cast("EventId", text)


TAKEN = "another policy of this book has this version"

REFUSED: list[tuple[Callable[[], object], type[InvalidInput], str]] = [
    (
        lambda: PolicyBook(DEFAULT_POLICY, {LISTED: same_version(DEFAULT_POLICY)}),
        InvalidInput,
        f"events['evt456'].version: {TAKEN}",
    ),
    (
        lambda: PolicyBook(DEFAULT_POLICY, {LISTED: STRICT, OTHER: same_version(STRICT)}),
        InvalidInput,
        f"events['evt789'].version: {TAKEN}",
    ),
    (
        lambda: PolicyBook(DEFAULT_POLICY, {LISTED: STRICT, no_id(" a#b"): STRICT}),
        InvalidId,
        f"events: key 2 of 2: {RULE}",
    ),
    (
        lambda: PolicyBook(DEFAULT_POLICY, {no_id(""): STRICT}),
        InvalidId,
        f"events: key 1 of 1: {RULE}",
    ),
    (
        lambda: PolicyBook(DEFAULT_POLICY, {no_id(None): STRICT}),
        InvalidId,
        f"events: key 1 of 1: {RULE}",
    ),
    (
        lambda: PolicyBook(cast("ScorePolicy", BOOK)),
        InvalidInput,
        "default: expected a ScorePolicy, got PolicyBook",
    ),
    (
        lambda: as_book(cast("ScorePolicy", {"default": DEFAULT_POLICY})),
        InvalidInput,
        "default: expected a ScorePolicy, got dict",
    ),
    (
        lambda: PolicyBook(DEFAULT_POLICY, {LISTED: cast("ScorePolicy", None)}),
        InvalidInput,
        "events['evt456']: expected a ScorePolicy, got NoneType",
    ),
]


@pytest.mark.parametrize(("make", "kind", "refused"), REFUSED, ids=range(len(REFUSED)))
def test_a_bad_book_is_refused(
    make: Callable[[], object], kind: type[InvalidInput], refused: str
) -> None:
    """A book whose parts do not fit is refused, with the path of the mistake."""
    with pytest.raises(kind) as error:
        make()
    assert (type(error.value), str(error.value)) == (kind, refused)

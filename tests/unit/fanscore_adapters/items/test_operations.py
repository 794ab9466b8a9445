from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest

from fanscore_adapters.items.keys import Key, identity
from fanscore_adapters.items.operations import (
    Item,
    Lookup,
    Put,
    Refused,
    if_stored,
    put_outcome,
    refusal,
)
from fanscore_core.engine.question import Question
from fanscore_core.ids import GlobalUserId
from fanscore_core.ports.fan_identity import FanIdentity
from fanscore_core.ports.put_outcome import PutOutcome

ASKED = FanIdentity(GlobalUserId("user123"))
ITEM: Item = {"PK": "fan:user123", "SK": "identity", "count": 2}


def count_of(item: Item) -> object:
    """Read an item."""
    return item["count"]


LOOKUP = Lookup(
    FanIdentity,
    "t",
    lambda asked: identity(asked.global_user_id),
    if_stored(count_of),
)


def test_a_row_says_how_its_question_is_answered() -> None:
    """A row knows its question, its table, its key and its answer; reads are eventual."""
    said = (LOOKUP.question, LOOKUP.table, LOOKUP.key(ASKED), LOOKUP.make(ITEM), LOOKUP.consistent)
    assert said == (FanIdentity, "t", Key("fan:user123", "identity"), 2, False)


def test_a_row_can_be_varied() -> None:
    """``attrs.evolve`` makes another row of one, which stays what it was."""
    varied = attrs.evolve(LOOKUP, consistent=True)
    assert (varied.consistent, LOOKUP.consistent) == (True, False)
    assert attrs.evolve(varied, consistent=False) == LOOKUP


@pytest.mark.parametrize(("item", "answer"), [(ITEM, 2), (None, None)])
def test_items_that_may_be_missing(item: Item | None, answer: object) -> None:
    """What is not there is read as ``None``, and only then."""
    assert if_stored(count_of)(item) == answer


@pytest.mark.parametrize(
    ("refused", "outcome"),
    [
        (None, PutOutcome[object](written=True)),
        (Refused(ITEM), PutOutcome[object](written=False, stored=2)),
        (Refused(None), PutOutcome[object](written=False)),
    ],
)
def test_the_outcome_of_a_put(refused: Refused | None, outcome: PutOutcome[object]) -> None:
    """A write that was refused says what lies there instead, or that nothing does."""
    effect: Question[object] = ASKED
    assert put_outcome(count_of)(effect, refused) == outcome


OURS: Item = {"PK": "a", "SK": "b", "n": 1}
OTHER: Item = {"PK": "a", "SK": "b", "n": 2}


@pytest.mark.parametrize(
    ("found", "count", "refused"),
    [
        ([OURS], 1, None),
        ([OURS, OURS], 2, None),
        ([OTHER], 1, Refused(OTHER)),
        ([None], 1, Refused(None)),
        ([OURS], 2, Refused(OURS)),
        ([OURS, OTHER], 2, Refused(OTHER)),
        ([OURS, None, OTHER], 4, Refused(None)),
    ],
)
def test_what_refuses_a_write(
    found: Sequence[Item | None], count: int, refused: Refused | None
) -> None:
    """Only a write of which all items lie there already counts as made."""
    put = Put(OURS, None)
    assert refusal([(put, each) for each in found], count) == refused

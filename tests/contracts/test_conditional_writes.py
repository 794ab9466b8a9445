"""A write is made only over what was read: the same condition, whatever the store."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import attrs
import pytest

from fanscore_adapters.items.consumers import mark_item, profile_item, read_profile
from fanscore_core.consumer_mark import Consumer, Mark, MarkStatus
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.ports.consumers import ConsumerMark, FanProfile, PutMark, PutProfile
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.user_events import UserEvent
from tests.contracts.asking import said
from tests.contracts.generated import Item
from tests.contracts.own_answers import (
    OWN_TABLE,
    Badges,
    Points,
    PutBadges,
    PutPoints,
    points_item,
)
from tests.contracts.stores import Store, open_store, store

__all__ = ["open_store", "store"]

TABLE = "fan_identity_table"
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAN = GlobalUserId("user123")
EVENT = UserEvent("e-1", NOW, FAN, MemberId("m-1"), CampaignId("c-1"))
MARK = Mark("e-1", Consumer.SYNC, "me", NOW)

NOBODY = {"PK": "fan:user123", "SK": "identity"}
MAIL = {**NOBODY, "email": "a@b.example"}
SCORED = {**MAIL, "score": Decimal("72.5"), "attributes": {"list": "[1]"}}


def profile_put(read: Item | None) -> PutProfile:
    """Write an event over a profile that was read."""
    return PutProfile(EVENT, None if read is None else read_profile(read), 0)


def mark_put(read: Mark | None) -> PutMark:
    """Write a mark over one that was read."""
    return PutMark(MARK, read, 0)


@pytest.mark.parametrize(
    ("read", "stored"),
    [
        (None, None),
        (SCORED, SCORED),
        (SCORED, {**SCORED, "score": Decimal("72.50")}),
        (NOBODY, NOBODY),
        (NOBODY, {**NOBODY, "email": None}),
        ({**NOBODY, "email": None}, NOBODY),
        ({**NOBODY, "email": None}, {**NOBODY, "email": None}),
        (NOBODY, {**NOBODY, "another": 1}),
    ],
    ids=range(8),
)
def test_what_is_as_it_was_read_is_replaced(
    store: Store, read: Item | None, stored: Item | None
) -> None:
    """A put is made where what it replaces is as it was read; no value is as good as null."""
    store.load({TABLE: [] if stored is None else [stored]})
    assert said(store.adapter, profile_put(read)) == [(PutOutcome(written=True), TABLE)]
    written = profile_item(EVENT, None if read is None else read_profile(read))
    assert said(store.adapter, FanProfile(FAN)) == [(read_profile(written), TABLE)]


@pytest.mark.parametrize(
    ("read", "stored"),
    [
        (None, NOBODY),
        (NOBODY, None),
        (SCORED, None),
        (NOBODY, MAIL),
        ({**NOBODY, "email": None}, MAIL),
        (MAIL, NOBODY),
        (MAIL, {**NOBODY, "email": None}),
        (MAIL, {**NOBODY, "email": "A@b.example"}),
        (MAIL, SCORED),
        (SCORED, MAIL),
        (SCORED, {**SCORED, "score": Decimal("72.6")}),
        (SCORED, {**SCORED, "score": None}),
        (SCORED, {**SCORED, "attributes": {"list": "[2]"}}),
    ],
    ids=range(13),
)
def test_what_is_otherwise_stays(store: Store, read: Item | None, stored: Item | None) -> None:
    """A put is not made over anything else, nor over nothing, and is told what lies there."""
    store.load({TABLE: [] if stored is None else [stored]})
    found = None if stored is None else read_profile(stored)
    refused = PutOutcome(written=False, stored=found)
    assert said(store.adapter, profile_put(read)) == [(refused, TABLE)]
    assert said(store.adapter, FanProfile(FAN)) == [(found, TABLE)]


@pytest.mark.parametrize(
    ("read", "stored", "is_written"),
    [
        (None, None, True),
        (None, 7, False),
        (7, 7, True),
        (7, Decimal("7.0"), True),
        (7, 8, False),
        (7, None, False),
        (None, 9, True),
        (7, 9, True),
        (-1, -1, True),
        (10**30, 10**30, True),
    ],
)
def test_a_condition_of_ones_own(
    store: Store, read: int | None, stored: int | Decimal | None, is_written: bool
) -> None:
    """A write that somebody else declared is made over what was read, or not at all.

    What lies there already counts as written: an attempt may be repeated when its reply is lost.
    """
    store.load({OWN_TABLE: [] if stored is None else [points_item(FAN, stored)]})
    outcome = PutOutcome[object](is_written, None if is_written else stored)
    assert said(store.adapter, PutPoints(FAN, 9, read)) == [(outcome, OWN_TABLE)]
    assert said(store.adapter, Points(FAN)) == [(9 if is_written else stored, OWN_TABLE)]


def test_several_items_of_ones_own(store: Store) -> None:
    """Several items are written together or not at all, even if only one condition is not met."""
    first = PutBadges(FAN, "a", ("x", "y"))
    assert said(store.adapter, first, first) == [(True, OWN_TABLE)] * 2
    for names in (("y", "z"), ("z", "x"), ("x", "y", "z")):
        assert said(store.adapter, PutBadges(FAN, "a", names)) == [(False, OWN_TABLE)]
    assert said(store.adapter, Badges(FAN)) == [(("a/x", "a/y"), OWN_TABLE)]


FREED = attrs.evolve(MARK, owner="other", status=MarkStatus.FREE)


@pytest.mark.parametrize(
    ("read", "stored", "is_written"),
    [
        (None, None, True),
        (FREED, FREED, True),
        (FREED, None, False),
        (None, FREED, False),
        (FREED, attrs.evolve(FREED, owner="third"), False),
        (FREED, attrs.evolve(FREED, status=MarkStatus.FINISHED), False),
    ],
    ids=range(6),
)
def test_a_condition_on_values_alone(
    store: Store, read: Mark | None, stored: Mark | None, is_written: bool
) -> None:
    """A condition may be on some attributes that must have a value: each of them must have it."""
    store.load({TABLE: [] if stored is None else [mark_item(stored)]})
    outcome = PutOutcome[Mark](is_written, None if is_written else stored)
    assert said(store.adapter, mark_put(read)) == [(outcome, TABLE)]
    left = MARK if is_written else stored
    assert said(store.adapter, ConsumerMark("e-1", Consumer.SYNC)) == [(left, TABLE)]

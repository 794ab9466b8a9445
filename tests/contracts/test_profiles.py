from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import attrs
import pytest

from fanscore_core.canonical import canonical_json
from fanscore_core.consumer_mark import StoredProfile, is_news
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.ports.consumers import FanProfile, PutProfile
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.scalars import Email, Locale
from fanscore_core.user_events import UserEvent
from tests.contracts.asking import said
from tests.contracts.stores import Open, Store, open_store, store

__all__ = ["Open", "open_store", "store"]

TABLE = "fan_identity_table"
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
FAN = GlobalUserId("user123")
SCORED = {"PK": "fan:user123", "SK": "identity", "score": Decimal("72.5"), "other": [1]}
FIRST = UserEvent("e-1", NOW, FAN, MemberId("m-1"), CampaignId("c-1"), locale=Locale("en-GB"))
EVENTS = (
    FIRST,
    attrs.evolve(FIRST, id="e-2", locale=None, attributes='{"age":42}', email=Email("a@b.example")),
    attrs.evolve(
        FIRST, id="e-0", occurred_at=NOW + timedelta(microseconds=1), locale=None, email=None
    ),
)
"""Two of one moment, and a later one that says least."""


def consume(store: Store, event: UserEvent) -> None:
    """Do what the consumer does with an event, without its mark."""
    ((stored, _),) = said(store.adapter, FanProfile(event.global_user_id))
    assert stored is None or isinstance(stored, StoredProfile)
    if is_news(event, stored):
        put = PutProfile(event, stored, 0)
        written = PutOutcome[StoredProfile](written=True)
        assert said(store.adapter, put) == [(written, TABLE)]


@pytest.mark.parametrize("is_known", [False, True])
def test_any_order_of_events_gives_one_item(store: Store, is_known: bool) -> None:
    """Whatever the order, and however often each comes, one item lies there in the end."""
    items = []
    for number, order in enumerate(permutations(EVENTS)):
        fan = GlobalUserId(f"fan-{number}")
        if is_known:
            store.load({TABLE: [{**SCORED, "PK": f"fan:{fan}"}]})
        for event in (*order, *order[:2]):
            consume(store, attrs.evolve(event, global_user_id=fan))
        ((profile, _),) = said(store.adapter, FanProfile(fan))
        assert isinstance(profile, StoredProfile)
        items.append({name: value for name, value in profile.record.items() if name != "PK"})
    expected = {
        **({"score": Decimal("72.5"), "other": [1]} if is_known else {}),
        "SK": "identity",
        "memberId": "m-1",
        "locale": "en-GB",
        "email": "a@b.example",
        "attributes": {"age": "42"},
        "profileAt": "2026-11-01T08:00:00.000001Z",
        "stamps": {
            "memberId": ["2026-11-01T08:00:00.000001Z", "e-0"],
            "locale": ["2026-11-01T08:00:00Z", "e-1"],
            "email": ["2026-11-01T08:00:00Z", "e-2"],
            "attributes": ["2026-11-01T08:00:00Z", "e-2"],
        },
    }
    texts = [json.loads(canonical_json(item)) for item in items]
    assert texts == [json.loads(canonical_json(expected))] * len(items)

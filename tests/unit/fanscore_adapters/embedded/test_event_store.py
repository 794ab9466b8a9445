from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from fanscore_adapters.embedded.event_bus import DELIVERY_LEASE, MAX_ATTEMPTS, delay
from fanscore_adapters.embedded.event_store import LONGEST_WAIT, EventStore
from fanscore_core.ids import GlobalUserId

FAN, OTHER_FAN = GlobalUserId("user123"), GlobalUserId("user1234")
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def about(fan: str) -> str:
    """Write what is posted about a fan."""
    return json.dumps({"globalUserId": fan})


def publish(events: EventStore, event_id: str, fan: str) -> None:
    """Publish an event about a fan to two consumers, one of which has failed for good."""
    event = json.dumps({"detail": {"globalUserId": fan}})
    events.publish(event_id, event, ["profile", "sync"], NOW)
    claimed = events.claim("sync", NOW, LATER)
    assert claimed is not None
    events.bury(claimed, "declared out of order", NOW)
    events.record_post(event_id, "notification_endpoint", about(fan), NOW)


def test_times_of_a_clock_that_was_a_day_ahead_are_corrected() -> None:
    """What lies further ahead than any delivery is put off is due; what may be put off is not."""
    with EventStore(":memory:") as events:
        for moment in (NOW + LONGEST_WAIT, NOW + timedelta(days=1)):
            events.publish(moment.isoformat(), about(FAN), ["sync"], moment)
        events.correct_times(NOW)
        claimed = events.claim("sync", NOW, LATER)
        assert claimed is not None
        assert claimed.event_id == (NOW + timedelta(days=1)).isoformat()
        assert events.claim("sync", NOW, LATER) is None


def test_no_delivery_is_put_off_for_longer() -> None:
    """Neither a claim nor a pause is as long as what is no longer believed."""
    longest_pause = delay(MAX_ATTEMPTS - 1)
    assert max(DELIVERY_LEASE, longest_pause) < LONGEST_WAIT


ALL = {"deliveries": 1, "dead_letters": 1, "user_events": 1, "posts": 1}


def test_what_is_about_a_fan_is_erased() -> None:
    """Events, deliveries, dead letters and posts of the fan go, and none of others."""
    with EventStore(":memory:") as events:
        publish(events, "e-1", FAN)
        publish(events, "e-2", OTHER_FAN)
        assert [events.count_of(fan) for fan in (FAN, OTHER_FAN)] == [ALL, ALL]
        events.erase(FAN)
        events.erase(FAN)
        assert [events.count_of(fan) for fan in (FAN, OTHER_FAN)] == [{}, ALL]
        assert [each.event_id for each in events.undelivered()] == ["e-2", "e-2"]
        assert [key for key, _, _ in events.posts()] == ["e-2"]


def test_a_delivery_that_had_begun_leaves_nothing() -> None:
    """A delivery that comes to its end after its event was erased leaves no trace of it."""
    with EventStore(":memory:") as events:
        events.publish("e-1", json.dumps({"detail": {"globalUserId": FAN}}), ["sync"], NOW)
        claimed = events.claim("sync", NOW, LATER)
        assert claimed is not None
        events.erase(FAN)
        events.put_off(claimed, "declared out of order", LATER)
        events.bury(claimed, "declared out of order", NOW)
        events.succeed(claimed)
        assert (events.undelivered(), events.retry(None, NOW)) == ((), 0)
        assert events.claim("sync", LATER, LATER) is None

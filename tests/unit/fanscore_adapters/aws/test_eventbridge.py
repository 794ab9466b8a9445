from __future__ import annotations

import json
from contextlib import closing

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.aws.eventbridge import MAX_BYTES, MAX_ENTRIES, EventBridge
from fanscore_adapters.documents.user_event import detail_document
from fanscore_core.engine.question import Ask
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.systems import UPSERT_USER
from fanscore_core.user_events import UserEvent
from tests.aws.clients import aws_client
from tests.aws.replies import Replies, refusal, reply
from tests.demand_samples import START
from tests.virtual_time import VirtualTime

pytestmark = pytest.mark.usefixtures("made_up_credentials")

EVENT = UserEvent("event-0", START, GlobalUserId("fan1"), MemberId("member1"), CampaignId("camp1"))
TAKEN = {"EventId": "1"}
NOT_TAKEN = {"ErrorCode": "canary", "ErrorMessage": "canary"}


def ask(number: int, size: int = 0) -> Ask:
    """Ask for an event to be published, with attributes of about a size."""
    attributes = json.dumps({"text": "x" * size}) if size else None
    event = attrs.evolve(EVENT, id=f"event-{number}", attributes=attributes)
    return Ask(PublishUserEvent(event))


def size_of(asked: Ask) -> int:
    """Count the bytes of the detail."""
    assert isinstance(asked.question, PublishUserEvent)
    return len(json.dumps(detail_document(asked.question.event)).encode())


@given(st.lists(st.one_of(st.just(0), st.integers(1, MAX_BYTES)), max_size=40))
def test_how_events_are_split(sizes: list[int]) -> None:
    """Each event goes in one call, in order; a call has at most ten, and is small enough."""
    asks = [ask(number, size) for number, size in enumerate(sizes)]
    groups = EventBridge(aws_client("events"), "bus").split(asks)
    assert [index for group in groups for index in group] == list(range(len(asks)))
    for group in groups:
        assert 1 <= len(group) <= MAX_ENTRIES == 10
        assert len(group) == 1 or sum(size_of(asks[index]) for index in group) <= MAX_BYTES


def test_events_that_are_published() -> None:
    """Events go out with their envelope, and only those again that were not taken."""
    replies = Replies(
        [
            reply({"FailedEntryCount": 1, "Entries": [TAKEN, NOT_TAKEN, TAKEN]}),
            reply({"FailedEntryCount": 0, "Entries": [TAKEN]}),
        ]
    )
    time = VirtualTime()
    asks = [ask(number) for number in range(3)]
    with closing(aws_client("events", prepare=replies.prepare)) as client:
        answered = EventBridge(client, "our-bus", time.wait, time.clock).fetch(asks)
    assert [(each.answer, each.source, each.calls) for each in answered] == [
        (None, UPSERT_USER, 2),
        (None, UPSERT_USER, 0),
        (None, UPSERT_USER, 0),
    ]
    entries = [
        {
            "EventBusName": "our-bus",
            "Source": "fanscore",
            "DetailType": "user.upsert",
            "Detail": json.dumps(detail_document(attrs.evolve(EVENT, id=f"event-{number}"))),
        }
        for number in range(3)
    ]
    assert replies.asked == [{"Entries": entries}, {"Entries": [entries[1]]}]
    assert len(time.waits_s) == 1


def test_events_whose_second_attempt_fails() -> None:
    """What was taken at the first attempt is published, whatever becomes of the second."""
    replies = Replies(
        [reply({"Entries": [TAKEN, NOT_TAKEN]}), refusal("InternalException", message="canary")]
    )
    time = VirtualTime()
    with closing(aws_client("events", prepare=replies.prepare)) as client:
        adapter = EventBridge(client, "bus", time.wait, time.clock)
        first, second = adapter.fetch([ask(0), ask(1)])
    assert (first.answer, repr(second.answer)) == (
        None,
        "Unavailable(system='upsert_user', reason='refused with InternalException')",
    )

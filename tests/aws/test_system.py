"""The deployed functions on the server, each in a process of its own, with the real adapters."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import takewhile

from fanscore_adapters.documents.user_event import detail_document
from fanscore_adapters.embedded.stand_in_vendor import session_of
from fanscore_adapters.items.operations import Item
from fanscore_appsync.testing import appsync_event, user
from fanscore_core.consumer_mark import Consumer
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.systems import DEMAND, FAN_IDENTITY, IDV_CHECK_LIVENESS, VERIFICATION
from fanscore_core.user_events import SOURCE, UPSERT, UserEvent
from tests.aws.functions import Answer, invoke
from tests.aws.system import RESOLVER, AwsSystem
from tests.aws.waiting import wait_for
from tests.event_ids import entry_id

CAMPAIGN = CampaignId("camp1")
FINISHED = {
    f"consumer#{consumer.value}": "FINISHED"
    for consumer in Consumer
    if consumer is not Consumer.ENTRY  # whose merge needs no mark
}


def of_fan(items: Sequence[Item], fan: str) -> Sequence[Item]:
    """Give the items of a fan."""
    return [item for item in items if item["PK"] == f"fan:{fan}"]


def marks(system: AwsSystem, event_id: str) -> Mapping[object, object]:
    """Give how far each consumer is with an event."""
    stored = system.tables.stored(FAN_IDENTITY)
    return {item["SK"]: item["status"] for item in stored if item["PK"] == f"event:{event_id}"}


def posts_of(system: AwsSystem, event_id: str) -> Sequence[tuple[str, object]]:
    """Give where an event was posted, and what."""
    posts = [
        (post.path, post.document)
        for post in system.parties.posts
        if isinstance(post.document, dict) and post.document["id"] == event_id
    ]
    return sorted(posts, key=lambda post: post[0])


def asked(system: AwsSystem, field: str, arguments: Mapping[str, object], fan: str) -> Answer:
    """Ask the resolver function as a fan."""
    return invoke(system.aws, RESOLVER, appsync_event(field, arguments, user(fan), envelope=True))


def test_identity_verification_starts_a_session(system: AwsSystem) -> None:
    """The function starts a session with Rekognition and stores it, once for one token."""
    arguments = {"globalUserId": "liveness-fan", "token": "token-1"}
    call = {"operation": "startSession", "arguments": arguments}
    first, again = (invoke(system.aws, IDV_CHECK_LIVENESS, call) for _ in range(2))
    stored = of_fan(system.tables.stored(VERIFICATION), "liveness-fan")
    session = session_of("token-1")
    assert first == again
    assert [item["SK"] for item in stored] == ["liveness", f"liveness#{session}"]
    assert [item.get("sessionId") for item in stored] == [session, None]


def test_an_event_is_consumed_by_all(system: AwsSystem) -> None:
    """A published event is posted to both endpoints and updates the fan's profile."""
    event = UserEvent(
        "event-1",
        datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        GlobalUserId("entered-fan"),
        MemberId("member-entered"),
        CAMPAIGN,
    )
    detail = detail_document(event)
    entry = {"EventBusName": system.bus.name, "Source": SOURCE, "DetailType": UPSERT}
    system.aws.client("events").put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])
    wait_for(lambda: marks(system, event.id) == FINISHED)
    assert posts_of(system, event.id) == [("/notification", detail), ("/sync", detail)]
    [profile] = of_fan(system.tables.stored(FAN_IDENTITY), "entered-fan")
    assert {name: profile.get(name) for name in ("SK", "memberId", "profileAt")} == {
        "SK": "identity",
        "memberId": "member-entered",
        "profileAt": "2026-11-20T09:30:00Z",
    }


def test_the_resolver_answers_from_aws(system: AwsSystem) -> None:
    """The example of the user's document comes out: 75 becomes 87."""
    arguments = {"globalUserId": "user123", "eventId": "evt456"}
    answer = asked(system, "VFApi.accountFanscore", arguments, "user123")
    match answer:
        case Answer({"data": {"score": score, "rawScore": raw_score, "degraded": degraded}}, None):
            assert (score, raw_score, degraded) == (87, 75, [])
        case _:
            raise AssertionError(answer)


def test_a_fan_becomes_a_member(system: AwsSystem) -> None:
    """A membership is read from LNAA and activated there."""
    member = {"isMember": True, "tier": "STANDARD", "since": "2026-11-01"}
    none = {"isMember": False, "tier": None, "since": None}
    assert asked(system, "VFApi.lnaaMembership", {}, "new-fan") == Answer({"data": none}, None)
    assert asked(system, "Mutation.lnaaActivate", {}, "new-fan") == Answer({"data": member}, None)


def entries_of(system: AwsSystem, fan: str) -> list[tuple[object, bool, object]]:
    """Give the key of each entry of a fan, whether it is withdrawn, and its version."""
    return [
        (item["SK"], "deletedAt" in item, item["version"])
        for item in of_fan(system.tables.stored(DEMAND), fan)
    ]


def test_an_entry_reaches_the_consumers(system: AwsSystem) -> None:
    """What a fan enters is published, and every consumer is done with it soon; so with leaving."""
    entry = {"input": {"campaignId": CAMPAIGN, "requestId": "request-1"}}
    event_id = entry_id("entering-fan", "request-1")
    answer = asked(system, "Mutation.upsertEntry", entry, "entering-fan")
    assert answer == Answer({"data": {"status": "ACCEPTED", "eventId": event_id}}, None)
    wait_for(lambda: marks(system, event_id) == FINISHED)
    assert [path for path, _ in posts_of(system, event_id)] == ["/notification", "/sync"]
    wait_for(lambda: entries_of(system, "entering-fan") == [("entry#camp1", False, 1)])
    withdraw = {"input": {"campaignId": CAMPAIGN, "requestId": "request-2"}}
    asked(system, "Mutation.entryWithdraw", withdraw, "entering-fan")
    wait_for(lambda: entries_of(system, "entering-fan") == [("entry#camp1", True, 2)])


def test_aws_local_says_what_to_export() -> None:
    """``make aws-local`` prints lines for a shell, runs until Ctrl-C, and ends cleanly then."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.aws.local"], stdout=subprocess.PIPE, text=True
    ) as local:
        assert local.stdout is not None
        exports = list(takewhile(str.strip, local.stdout))
        local.send_signal(signal.SIGINT)
        rest = local.stdout.read()
    names = [line.split()[1].partition("=")[0] for line in exports if line.startswith("export ")]
    assert {"FANSCORE_BACKEND", "AWS_ENDPOINT_URL", "FANSCORE_LNAA_URL"} <= set(names)
    assert rest == "Stopped; nothing is kept.\n"
    assert local.returncode == 0

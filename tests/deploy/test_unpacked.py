from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fanscore_adapters.documents.user_event import detail_document, event_document
from fanscore_adapters.embedded.stand_in_vendor import session_of
from fanscore_appsync.testing import appsync_event, user
from fanscore_core.consumer_mark import Consumer
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.systems import FAN_IDENTITY
from fanscore_core.user_events import UserEvent
from tests.aws.functions import CONSUMER_HANDLERS, HANDLER, IDV_HANDLER
from tests.aws.parties import Post
from tests.aws.system import AwsSystem
from tests.deploy.unpacked import Unpacked

EMBEDDED = {"FANSCORE_BACKEND": "embedded"}
PUBLISHED_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

ASKED = appsync_event(
    "VFApi.accountFanscore",
    {"globalUserId": "user123", "eventId": "evt456"},
    user("user123"),
    envelope=True,
)
MEMBERSHIP = appsync_event("VFApi.lnaaMembership", {}, user("user123"), envelope=True)
STARTED = {
    "operation": "startSession",
    "arguments": {"globalUserId": "unpacked-fan", "token": "unpacked-token"},
}


def event_for(consumer: Consumer) -> UserEvent:
    """Make the event of a fan that no other test knows."""
    return UserEvent(
        f"unpacked-{consumer.value}",
        PUBLISHED_AT,
        GlobalUserId(f"unpacked-{consumer.value}"),
        MemberId("member-unpacked"),
        CampaignId("camp1"),
    )


def check_score(answer: object) -> None:
    """See that an answer is the example of the user's document."""
    match answer:
        case {"data": {"score": score, "rawScore": raw_score, "degraded": degraded}}:
            assert (score, raw_score, degraded) == (87, 75, [])
        case _:
            raise AssertionError(answer)


def check_session(answer: object) -> None:
    """See that an answer is the session that was asked for."""
    match answer:
        case {"data": {"sessionId": session, "status": status}}:
            assert (session, status) == (session_of("unpacked-token"), "CREATED")
        case _:
            raise AssertionError(answer)


def test_the_resolver_runs_alone(alone: Unpacked) -> None:
    """With only what the package contains, the example of the user's document comes out."""
    check_score(alone.invoke(HANDLER, ASKED, EMBEDDED))


def test_identity_verification_runs_alone(alone: Unpacked) -> None:
    """With only what the package contains, a session is started."""
    check_session(alone.invoke(IDV_HANDLER, STARTED, EMBEDDED))


@pytest.mark.parametrize("consumer", Consumer)
def test_a_consumer_runs_alone(alone: Unpacked, consumer: Consumer) -> None:
    """With only what the package contains, every consumer takes an event."""
    event = event_document(event_for(consumer), PUBLISHED_AT)
    assert alone.invoke(CONSUMER_HANDLERS[consumer], event, EMBEDDED) is None


def test_the_resolver_runs_alone_on_aws(alone: Unpacked, system: AwsSystem) -> None:
    """The adapters of DynamoDB, Lambda and LNAA work with only what the package contains."""
    check_score(alone.invoke(HANDLER, ASKED, system.environ))
    member = {"isMember": True, "tier": "GOLD", "since": "2024-05-01"}
    assert alone.invoke(HANDLER, MEMBERSHIP, system.environ) == {"data": member}


def test_the_resolver_publishes_alone_on_aws(alone: Unpacked, system: AwsSystem) -> None:
    """The adapter of EventBridge works with only what the package contains."""
    arguments = {"input": {"campaignId": "camp1", "requestId": "unpacked-1"}}
    entry = appsync_event("Mutation.upsertEntry", arguments, user("unpacked-fan"), envelope=True)
    match alone.invoke(HANDLER, entry, system.environ):
        case {"data": {"status": status}}:
            assert status == "ACCEPTED"
        case answer:
            raise AssertionError(answer)


def test_identity_verification_runs_alone_on_aws(alone: Unpacked, system: AwsSystem) -> None:
    """The adapter of Rekognition works with only what the package contains."""
    check_session(alone.invoke(IDV_HANDLER, STARTED, system.environ))


def test_a_profile_is_updated_alone_on_aws(alone: Unpacked, system: AwsSystem) -> None:
    """The consumer that writes the profile does so with only what the package contains."""
    consumer = Consumer.PROFILE
    document = event_document(event_for(consumer), PUBLISHED_AT)
    assert alone.invoke(CONSUMER_HANDLERS[consumer], document, system.environ) is None
    [profile] = [
        item
        for item in system.tables.stored(FAN_IDENTITY)
        if item["PK"] == f"fan:{event_for(consumer).global_user_id}"
    ]
    assert (profile["SK"], profile["memberId"]) == ("identity", "member-unpacked")


@pytest.mark.parametrize("consumer", [Consumer.NOTIFICATION, Consumer.SYNC])
def test_an_event_is_posted_alone_on_aws(
    alone: Unpacked, system: AwsSystem, consumer: Consumer
) -> None:
    """The consumers that post do so with only what the package contains."""
    event = event_for(consumer)
    document = event_document(event, PUBLISHED_AT)
    assert alone.invoke(CONSUMER_HANDLERS[consumer], document, system.environ) is None
    assert detail_document(event) in posted(system, f"/{consumer.value}")


def posted(system: AwsSystem, path: str) -> list[object]:
    """Give what was posted to an endpoint."""
    posts: list[Post] = system.parties.posts
    return [post.document for post in posts if post.path == path]

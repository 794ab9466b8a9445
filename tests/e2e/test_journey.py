from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from fanscore_adapters.embedded.event_store import EventStore
from fanscore_adapters.items import keys
from fanscore_adapters.sqlite.tables import SqliteTables
from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import appsync_event, user
from fanscore_appsync.wiring.embedded import connect_bus, write_sample
from fanscore_core.canonical import stable_id
from fanscore_core.ids import CampaignId, GlobalUserId, RequestId
from tests.e2e.lambda_runtime import invoked
from tests.event_ids import entry_id, withdrawal_id

FAN = GlobalUserId("identity-fan")
HEADERS: Mapping[str, object] = {"authorization": "Bearer token"}
DEMAND: Mapping[str, object] = {"eventId": "disco456", "saleId": "sale789"}
ENTRY: Mapping[str, object] = {
    "campaignId": "camp1",
    "email": "fan@example.com",
    "phoneNumber": "+44 20 7183-8750",
    "locale": "en_GB",
    "attributes": {"seats": 2, "price": 99.5},
    "requestId": "request-1",
}
ENTRY_EVENT = entry_id(
    FAN,
    "request-1",
    email="fan@example.com",
    phoneNumber="+442071838750",
    locale="en-GB",
    attributes='{"price":99.5,"seats":2}',
)
IDEMPOTENCY_KEYS = {
    system: stable_id(name, FAN, RequestId(ENTRY_EVENT))
    for name, system in (("notification", "notification_endpoint"), ("sync", "sync_endpoint"))
}

IDENTITY = {
    "PK": "fan:identity-fan",
    "SK": "identity",
    "memberId": "member-identity",
    "score": 72.5,
    "rawScore": 70.5,
    "updatedAt": "2026-10-01T08:00:00Z",
}
"""The fan's identity record in the sample."""


@attrs.frozen
class Journey:
    """A fan at the handler, on a database file.

    Attributes:
        database: its path.
    """

    database: str

    def call(self, field: str, **arguments: object) -> object:
        """Give what AppSync learns of a call."""
        return invoked(appsync_event(field, arguments, user(FAN), headers=HEADERS))

    def score(self) -> tuple[object, object]:
        """Give the fan's score for the show, by its other id, and the reason of its boost."""
        answer = self.call("VFApi.accountFanscore", globalUserId=FAN, eventId="evt456")
        assert isinstance(answer, dict)
        (event,) = (each for each in answer["reasons"] if each["code"].startswith("EVENT_"))
        return answer["score"], (event["code"], event["points"])

    def deliver(self) -> None:
        """Deliver what was published, beside the handler, which delivers in the background."""
        with connect_bus(Settings(database=self.database)) as bus:
            while left := bus.undelivered():
                assert [each.reason for each in left] == [None] * len(left)
                bus.deliver_due(datetime.now(UTC))

    def identity(self) -> Mapping[str, object]:
        """Give the fan's identity record."""
        with SqliteTables(self.database) as tables:
            (text,) = tables.look_up("fan_identity_table", [keys.identity(FAN)])
        assert text is not None
        item: Mapping[str, object] = json.loads(text)
        return item

    def entry(self) -> Mapping[str, object]:
        """Give the fan's entry."""
        with SqliteTables(self.database) as tables:
            (text,) = tables.look_up("demand_table", [keys.entry(FAN, CampaignId("camp1"))])
        assert text is not None
        item: Mapping[str, object] = json.loads(text)
        return item

    def posts(self) -> Mapping[str, tuple[str, Mapping[str, object]]]:
        """Give what each endpoint was posted: the idempotency key and the document."""
        with EventStore(self.database) as events:
            posts = events.posts()
        assert len(posts) == len({system for _, system, _ in posts})
        return {system: (key, json.loads(document)) for key, system, document in posts}


@pytest.fixture
def journey(
    fresh_app: None,  # noqa: ARG001  # the environment is set after it is emptied
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Journey:
    """Let the handler's environment name a database with the sample in it."""
    database = str(tmp_path / "fanscore.db")
    monkeypatch.setenv("FANSCORE_DB", database)
    write_sample(Settings(database=database))
    return Journey(database)


def test_a_fan_looks_around(journey: Journey) -> None:
    """A fan finds an open campaign, may enter it, and sees the show that it is for."""
    campaign = journey.call("VFApi.campaign", campaignId="camp1")
    assert isinstance(campaign, dict)
    assert (campaign["status"], campaign["eventIds"]) == ("OPEN", ["disco456"])
    eligible = {"campaignId": "camp1", "eligible": True, "reasons": []}
    assert journey.call("VFApi.eligibility", campaignId="camp1") == eligible
    event = journey.call("Demand.eventDetails", eventId="disco456")
    assert isinstance(event, dict)
    assert [sale["id"] for sale in event["sales"]] == ["sale789", "sale790"]


def test_demand_boosts_the_score_until_it_is_deleted(journey: Journey) -> None:
    """Demand saved for the discovery id boosts the score for the mapped id, until it is deleted."""
    assert journey.score() == (71, ("EVENT_NO_DEMAND", 0))
    saved = journey.call("Mutation.demandRecordSave", input={**DEMAND, "email": "fan@example.com"})
    assert isinstance(saved, dict)
    assert saved["status"] == "SUCCESS"
    assert journey.call("Demand.records") == {
        "items": [saved["record"]],
        "nextToken": None,
    }
    assert journey.score() == (75, ("EVENT_DEMAND", 4))
    deleted = journey.call("Mutation.demandRecordDelete", input=DEMAND)
    assert deleted == {"status": "DELETED", "record": None}
    assert journey.call("Demand.records", eventId="disco456") == {
        "items": [],
        "nextToken": None,
    }
    assert journey.score() == (71, ("EVENT_NO_DEMAND", 0))


def test_an_entry_reaches_the_consumers(journey: Journey) -> None:
    """An entry is kept, updates the profile and not the score, and is posted twice, once each."""
    began_at = datetime.now(UTC)
    receipt = journey.call("Mutation.upsertEntry", input=ENTRY)
    assert receipt == {"status": "ACCEPTED", "eventId": ENTRY_EVENT}
    journey.deliver()
    identity = journey.identity()
    profile_at = str(identity["profileAt"])
    assert began_at <= datetime.fromisoformat(profile_at) <= datetime.now(UTC)
    assert identity == {
        **IDENTITY,
        "memberId": "identity-fan",
        "email": "fan@example.com",
        "phoneNumber": "+442071838750",
        "locale": "en-GB",
        "attributes": {"seats": "2", "price": "99.5"},
        "profileAt": profile_at,
        "stamps": {
            name: [profile_at, ENTRY_EVENT]
            for name in ("attributes", "email", "locale", "memberId", "phoneNumber")
        },
    }
    detail = {
        "schemaVersion": 2,
        "id": ENTRY_EVENT,
        "occurredAt": profile_at,
        "globalUserId": FAN,
        "memberId": "identity-fan",
        **{name: value for name, value in ENTRY.items() if name != "requestId"},
        "phoneNumber": "+442071838750",
        "locale": "en-GB",
        "defaulted": [],
    }
    posts = {system: (key, detail) for system, key in IDEMPOTENCY_KEYS.items()}
    assert journey.posts() == posts
    assert journey.call("Mutation.upsertEntry", input=ENTRY) == receipt
    journey.deliver()
    assert (journey.identity(), journey.posts()) == (identity, posts)
    assert journey.entry() == {
        "PK": "fan:identity-fan",
        "SK": "entry#camp1",
        "campaignId": "camp1",
        "fanId": "identity-fan",
        "email": "fan@example.com",
        "phoneNumber": "+442071838750",
        "locale": "en-GB",
        "attributes": {"seats": "2", "price": "99.5"},
        "requestedAt": profile_at,
        "updatedAt": profile_at,
        "version": 1,
        "requests": [[ENTRY_EVENT, ""]],
        "stamps": {
            name: [profile_at, ENTRY_EVENT]
            for name in ("attributes", "email", "locale", "phoneNumber", "record")
        },
    }


def test_a_fan_withdraws(journey: Journey) -> None:
    """A withdrawal leaves nothing that the fan said, and nor does the same entry sent again."""
    withdrawal = {"campaignId": "camp1", "requestId": "request-2"}
    for field, given in (
        ("upsertEntry", ENTRY),
        ("entryWithdraw", withdrawal),
        ("upsertEntry", ENTRY),
        ("entryWithdraw", withdrawal),
    ):
        receipt = journey.call(f"Mutation.{field}", input=given)
        assert isinstance(receipt, dict)
        assert receipt["status"] == "ACCEPTED"
        journey.deliver()
    entry = journey.entry()
    withdrawn_by = withdrawal_id(FAN, "request-2")
    assert entry == {
        "PK": "fan:identity-fan",
        "SK": "entry#camp1",
        "campaignId": "camp1",
        "fanId": "identity-fan",
        "requestedAt": entry["requestedAt"],
        "updatedAt": entry["updatedAt"],
        "version": 2,
        "requests": [[ENTRY_EVENT, ""], [withdrawn_by, ""]],
        "stamps": {},
        "deletedAt": [entry["updatedAt"], withdrawn_by],
    }
    assert journey.identity()["email"] == "fan@example.com"


def test_a_fan_shows_their_face(journey: Journey) -> None:
    """A liveness check is started once, finishes once, and stays as it finished."""
    started = journey.call("Mutation.checkLiveness", input={"requestId": "request-1"})
    assert isinstance(started, dict)
    assert (started["status"], started["confidence"]) == ("CREATED", None)
    assert journey.call("Mutation.checkLiveness") == started
    finished = {**started, "status": "SUCCEEDED", "confidence": 99.1}
    session = {"sessionId": started["sessionId"]}
    assert journey.call("VFApi.livenessSession", **session) == finished
    assert journey.call("VFApi.livenessSession", **session) == finished
    again = journey.call("Mutation.checkLiveness", input={"requestId": "request-1"})
    assert again == finished
    other = journey.call("Mutation.checkLiveness", input={"requestId": "request-2"})
    assert isinstance(other, dict)
    assert other["sessionId"] != started["sessionId"]


def test_the_whole_way(journey: Journey) -> None:
    """One fan does all of it on one database, and no part disturbs another."""
    before = journey.score()
    journey.call("Mutation.demandRecordSave", input=DEMAND)
    boosted = journey.score()
    journey.call("Mutation.upsertEntry", input=ENTRY)
    journey.deliver()
    after_entry = journey.score()
    started = journey.call("Mutation.checkLiveness")
    assert isinstance(started, dict)
    finished = journey.call("VFApi.livenessSession", sessionId=started["sessionId"])
    after_liveness = journey.score()
    journey.call("Mutation.demandRecordDelete", input=DEMAND)
    assert (before, boosted, after_entry, after_liveness, journey.score()) == (
        (71, ("EVENT_NO_DEMAND", 0)),
        (75, ("EVENT_DEMAND", 4)),
        (75, ("EVENT_DEMAND", 4)),
        (75, ("EVENT_DEMAND", 4)),
        (71, ("EVENT_NO_DEMAND", 0)),
    )
    assert finished == {**started, "status": "SUCCEEDED", "confidence": 99.1}

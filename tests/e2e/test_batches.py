from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import pytest

from fanscore_appsync.fields import FIELDS
from fanscore_core.policy import DEFAULT_POLICY
from fanscore_core.systems import DEMAND
from tests.e2e.calls import CALLS, RECORD_KEY, SESSION, call
from tests.e2e.local_system import LocalSystem, local_system
from tests.stored_receipts import receipt, stored
from tests.unit.fanscore_appsync.samples import SCORE

ID_RULE = (
    "expected 1 to 128 characters, at most 400 bytes, "
    "with no control characters, and no white space at either end"
)
PHONE_RULE = "expected a phone number, with country code or North American"


def data(value: object) -> Mapping[str, object]:
    """Make the item of a batch that is data."""
    return {"data": value}


def error(kind: str, code: str, message: str, **info: object) -> Mapping[str, object]:
    """Make the item of a batch that is an error."""
    members = {"data": None, "errorMessage": message, "errorType": kind}
    return {**members, "errorInfo": {"code": code, **info}}


def bad_id(where: str) -> Mapping[str, object]:
    """Make the item of a batch whose id is none."""
    return error("400", "INVALID_ID", f"{where}: {ID_RULE}")


def bad_input(where: str, problem: str) -> Mapping[str, object]:
    """Make the item of a batch whose argument is bad."""
    return error("400", "INVALID_INPUT", f"{where}: {problem}")


def listed(*records: Mapping[str, object]) -> Mapping[str, object]:
    """Make the only page of some records."""
    return {"items": list(records), "nextToken": None}


def not_found(what: str) -> Mapping[str, object]:
    """Make the item of a batch that asks for what is not there."""
    return error("404", "NOT_FOUND", f"No such {what}")


def not_allowed(field: str) -> Mapping[str, object]:
    """Make the item of a batch whose caller is of a wrong kind."""
    return error("403", "NOT_ALLOWED", f"This caller may not use {field}")


NOT_LOGGED_IN = error("401", "NOT_LOGGED_IN", "User not logged in")
NOT_OWNER = error("403", "NOT_OWNER", "Only the owner may ask for this")

NEW_FAN = {
    "globalUserId": "new-fan",
    "score": 50,
    "rawScore": 50,
    "boosts": {"arm": 0, "event": 0, "model": 0},
    "reasons": [
        {"code": "NO_HISTORY", "points": 50, "message": "Nothing is known of the fan yet"},
        {
            "code": "ARM_NO_SCORE",
            "points": 0,
            "message": "ARM risk scoring knows no score for the fan",
        },
        {"code": "EVENT_NOT_ASKED", "points": 0, "message": "Demand for the event was not asked"},
        {
            "code": "MODEL_NO_VERDICT",
            "points": 0,
            "message": "The bot model has no verdict on the fan",
        },
    ],
    "policyVersion": "2026-11-01",
    "degraded": [],
}
CAMPAIGN = {
    "id": "camp1",
    "name": "The Great Show",
    "status": "OPEN",
    "opensAt": "2026-11-01T08:00:00Z",
    "closesAt": "2026-12-01T08:00:00Z",
    "eventIds": ["disco456"],
}
CLOSED_CAMPAIGN: Mapping[str, object] = {
    "id": "camp-closed",
    "name": "The Last Show",
    "status": "CLOSED",
    "opensAt": None,
    "closesAt": None,
    "eventIds": [],
}
PHONE = {
    "phoneNumber": "+442071838750",
    "risk": 12,
    "recommendation": "ALLOW",
    "lineType": "FIXED_LINE",
    "updatedAt": "2026-10-30T12:00:00Z",
}
OTHER_PHONE = {
    "phoneNumber": "+12025550123",
    "risk": 55,
    "recommendation": "FLAG",
    "lineType": None,
    "updatedAt": None,
}
SMALL_SHOW = {
    "id": "evt123",
    "name": "The Small Show",
    "startDateTime": None,
    "venue": None,
    "sales": [
        {"id": "sale456", "name": "General sale", "startDateTime": None, "endDateTime": None}
    ],
}
GREAT_SHOW = {
    "id": "disco456",
    "name": "The Great Show",
    "startDateTime": "2027-06-01T19:00:00Z",
    "venue": {
        "id": "venue1",
        "name": "Great Hall",
        "city": "London",
        "countryCode": "GB",
        "timezone": "Europe/London",
    },
    "sales": [
        {
            "id": "sale789",
            "name": "Presale",
            "startDateTime": "2026-12-05T09:00:00Z",
            "endDateTime": "2026-12-06T09:00:00Z",
        },
        {
            "id": "sale790",
            "name": "General sale",
            "startDateTime": "2026-12-07T09:00:00Z",
            "endDateTime": None,
        },
    ],
}
STARTED = {
    "sessionId": SESSION,
    "status": "CREATED",
    "createdAt": "2026-11-01T08:00:00Z",
    "expiresAt": "2026-11-01T08:03:00Z",
    "confidence": None,
}
ALIVE = {**STARTED, "status": "SUCCEEDED", "confidence": 99.1}
MEMBER = {"isMember": True, "tier": "GOLD", "since": "2024-05-01"}
NO_MEMBER = {"isMember": False, "tier": None, "since": None}
ACTIVATED = {"isMember": True, "tier": "STANDARD", "since": "2026-11-01"}
STORED = {
    "eventId": "disco456",
    "saleId": "sale789",
    "fanId": "user123",
    "email": None,
    "contactMethod": None,
    "locale": None,
    "attributes": None,
    "requestedAt": "2026-10-20T09:30:00Z",
    "updatedAt": "2026-10-20T09:30:00Z",
    "version": 1,
}
SAVED = {
    **STORED,
    "eventId": "evt123",
    "saleId": "sale456",
    "email": "fan@example.com",
    "requestedAt": "2026-11-01T08:00:00Z",
    "updatedAt": "2026-11-01T08:00:00Z",
}


def eligibility(campaign: str, *reasons: str) -> Mapping[str, object]:
    """Make an ``Eligibility``."""
    return {"campaignId": campaign, "eligible": not reasons, "reasons": list(reasons)}


@attrs.frozen
class Item:
    """One item of a batch.

    Attributes:
        answer: what it is answered with.
        arguments: of the field; ``None`` for those of a good call.
        caller: who asks.
    """

    answer: Mapping[str, object]
    arguments: Mapping[str, object] | None = None
    caller: str = "owner"


DECIDED = {
    **{name: each for name, each in SCORE.items() if name != "boosts"},
    "eventId": "evt456",
    "decidedAt": "2026-11-01T07:30:00.000000Z",
    "policyDigest": DEFAULT_POLICY.digest,
    "leaf": receipt().leaf,
    "document": None,
    "hints": [
        {
            "code": "REGISTER_DEMAND",
            "message": "Register demand for another sale of the event",
            "points": 2,
        }
    ],
}
GOOD_SESSION = Item(data(ALIVE))
QUERIES: Mapping[str, Sequence[Item]] = {
    "VFApi.accountFanscore": (
        Item(data(SCORE)),
        Item(bad_id("arguments.globalUserId"), {"globalUserId": "user\n123"}),
        Item(NOT_OWNER, caller="other fan"),
        Item(data(NEW_FAN), {"globalUserId": "new-fan"}, "IAM role"),
        Item(data(SCORE), caller="IAM role"),
    ),
    "VFApi.decisionReceipt": (
        Item(data(DECIDED)),
        Item(bad_id("arguments.eventId"), {"globalUserId": "user123", "eventId": "evt\n"}),
        Item(NOT_OWNER, caller="other fan"),
        Item(not_found("receipt"), {"globalUserId": "new-fan"}, "IAM role"),
        Item(data({**DECIDED, "document": receipt().canonical_bytes.decode()}), caller="IAM role"),
    ),
    "VFApi.campaign": (
        Item(data(CAMPAIGN)),
        Item(bad_id("arguments.campaignId"), {"campaignId": ""}),
        Item(not_allowed("VFApi.campaign"), caller="nobody"),
        Item(not_found("campaign"), {"campaignId": "camp-unknown"}),
        Item(data(CLOSED_CAMPAIGN), {"campaignId": "camp-closed"}, "api key"),
    ),
    "VFApi.eligibility": (
        Item(data(eligibility("camp1"))),
        Item(bad_input("arguments.campaignId", "required"), {}),
        Item(NOT_LOGGED_IN, caller="api key"),
        Item(data(eligibility("camp-unknown")), {"campaignId": "camp-unknown"}),
        Item(
            data(eligibility("camp-closed", "CAMPAIGN_CLOSED")),
            {"campaignId": "camp-closed"},
            "other fan",
        ),
    ),
    "VFApi.phoneScore": (
        Item(data(PHONE)),
        Item(bad_input("arguments.phoneNumber", PHONE_RULE), {"phoneNumber": "1110004444"}),
        Item(NOT_LOGGED_IN, caller="identity pool"),
        Item(data(OTHER_PHONE), {"phoneNumber": "+12025550123"}, "IAM role"),
    ),
    "VFApi.livenessSession": (
        GOOD_SESSION,
        Item(bad_id("arguments.sessionId"), {"sessionId": ["session"]}),
        Item(NOT_LOGGED_IN, caller="IAM role"),
        Item(not_found("liveness session"), {"sessionId": "session-unknown"}),
        Item(not_found("liveness session"), caller="other fan"),
        GOOD_SESSION,
    ),
    "VFApi.lnaaMembership": (
        Item(data(MEMBER)),
        Item(
            bad_input("arguments", "unknown key 'globalUserId'"), {"globalUserId": "identity-fan"}
        ),
        Item(not_allowed("VFApi.lnaaMembership"), caller="OIDC"),
        Item(data(NO_MEMBER), caller="other fan"),
    ),
    "Demand.eventDetails": (
        Item(data(SMALL_SHOW)),
        Item(bad_id("arguments.eventId"), {"eventId": 123}),
        Item(not_allowed("Demand.eventDetails"), caller="identity pool"),
        Item(not_found("event"), {"eventId": "evt456"}),
        Item(data(GREAT_SHOW), {"eventId": "disco456"}, "api key"),
        Item(data(SMALL_SHOW), caller="IAM role"),
    ),
    "Demand.records": (
        Item(data(listed(STORED))),
        Item(bad_id("arguments.eventId"), {"eventId": "disco\n456"}),
        Item(NOT_LOGGED_IN, caller="nobody"),
        Item(data(listed()), {"eventId": "disco45"}),
        Item(data(listed()), caller="other fan"),
        Item(data(listed(STORED)), {}),
        Item(data(listed(STORED)), {"globalUserId": "user123"}, "IAM role"),
        Item(bad_input("arguments.globalUserId", "required of a service"), {}, "IAM role"),
        Item(not_allowed("arguments.globalUserId"), {"globalUserId": "user123"}),
        Item(bad_input("arguments.nextToken", "not a token of this list"), {"nextToken": "x"}),
        Item(bad_input("arguments.limit", "expected an integer from 1 to 1000"), {"limit": 0}),
    ),
    "Demand.entries": (
        Item(data(listed())),
        Item(NOT_LOGGED_IN, caller="nobody"),
        Item(data(listed()), {"globalUserId": "user123"}, "IAM role"),
        Item(bad_input("arguments.globalUserId", "required of a service"), {}, "IAM role"),
        Item(not_allowed("arguments.globalUserId"), {"globalUserId": "user123"}),
        Item(bad_input("arguments.nextToken", "not a token of this list"), {"nextToken": "x"}),
        Item(bad_input("arguments.limit", "expected an integer from 1 to 1000"), {"limit": 1001}),
    ),
    "DemandRecord.event": (
        Item(data(SMALL_SHOW)),
        Item(bad_input("source.eventId", "required"), {"saleId": "sale456"}),
        Item(NOT_LOGGED_IN, caller="api key"),
        Item({"data": None}, {"eventId": "evt456"}),
        Item(data(GREAT_SHOW), STORED),
        Item(data(SMALL_SHOW), SAVED, "other fan"),
    ),
}


def save_input(**given: object) -> Mapping[str, object]:
    """Make the arguments of a save."""
    return {"input": {**RECORD_KEY, "requestId": "request-1", **given}}


def conflict(request: str) -> Mapping[str, object]:
    """Make the item of a batch that reuses a request id."""
    message = "This request id was used for another request"
    return error("409", "CONFLICT", message, requestId=request)


def success(**record: object) -> Mapping[str, object]:
    """Make the item of a batch that saved."""
    return data({"status": "SUCCESS", "record": {**SAVED, **record}})


DELETED = data({"status": "DELETED", "record": None})
RECEIPT = data({"status": "ACCEPTED", "eventId": "e1949e11-bc68-5e90-a778-cacdba0ce4ea"})
WITHDRAWN = data({"status": "ACCEPTED", "eventId": "8444da67-31d9-5c61-8b9e-5c4dd4c15084"})
MUTATIONS: Mapping[str, Sequence[Item]] = {
    "Mutation.demandRecordSave": (
        Item(success()),
        Item(bad_input("arguments.input.email", "expected a mail address"), save_input(email="x")),
        Item(NOT_LOGGED_IN, caller="api key"),
        Item(success(saleId="sale-2"), save_input(saleId="sale-2")),
    ),
    "Mutation.demandRecordDelete": (
        Item(DELETED, {"input": {"eventId": "disco456", "saleId": "sale789"}}),
        Item(bad_input("arguments.input.saleId", "required"), {"input": {"eventId": "evt123"}}),
        Item(NOT_LOGGED_IN, caller="IAM role"),
        Item(DELETED),
    ),
    "Mutation.entryWithdraw": (
        Item(WITHDRAWN),
        Item(bad_id("arguments.input.campaignId"), {"input": {"campaignId": "camp 1 "}}),
        Item(not_allowed("Mutation.entryWithdraw"), caller="OIDC"),
        Item(NOT_LOGGED_IN, caller="IAM role"),
        Item(WITHDRAWN),
    ),
    "Mutation.upsertEntry": (
        Item(RECEIPT),
        Item(bad_id("arguments.input.campaignId"), {"input": {"campaignId": "camp 1 "}}),
        Item(not_allowed("Mutation.upsertEntry"), caller="OIDC"),
        Item(
            error(
                "403",
                "NOT_ELIGIBLE",
                "Not eligible for this campaign",
                reasons=["CAMPAIGN_CLOSED"],
            ),
            {"input": {"campaignId": "camp-closed"}},
        ),
        Item(RECEIPT),
    ),
    "Mutation.checkLiveness": (
        Item(data(STARTED)),
        Item(bad_id("arguments.input.eventId"), {"input": {"eventId": "evt\u2028456"}}),
        Item(NOT_LOGGED_IN, caller="nobody"),
        Item(data(STARTED)),
    ),
    "Mutation.lnaaActivate": (
        Item(data(ACTIVATED)),
        Item(bad_input("arguments", "unknown key 'input'"), {"input": {}}),
        Item(NOT_LOGGED_IN, caller="identity pool"),
        Item(data(ACTIVATED), caller="other fan"),
    ),
}
EVERY = [(field, items) for field, items in {**QUERIES, **MUTATIONS}.items()]


def batch(field: str, items: Sequence[Item]) -> list[object]:
    """Make the events of a batch."""
    return [call(field, item.arguments, item.caller) for item in items]


def prepared(system: LocalSystem, field: str) -> LocalSystem:
    """Start the owner's liveness session or store a receipt, if the field reads it."""
    if field == "VFApi.decisionReceipt":
        system.tables.load(DEMAND, [stored(receipt())])
    if field == "VFApi.livenessSession":
        system.answer(call("Mutation.checkLiveness"))
    return system


def test_every_field_has_a_batch() -> None:
    """There is a batch for each field of the API."""
    assert dict(EVERY).keys() == FIELDS.keys() == {name for name in CALLS if "Query." not in name}


@pytest.mark.parametrize(("field", "items"), EVERY)
def test_a_batch_answers_each_item_in_order(field: str, items: Sequence[Item]) -> None:
    """A batch that mixes good, bad, denied and missing items answers each, whole and in order."""
    with local_system() as system:
        answer = prepared(system, field).answer(batch(field, items))
    assert answer == [item.answer for item in items]


@pytest.mark.parametrize(("field", "items"), EVERY)
def test_a_batch_in_another_order(field: str, items: Sequence[Item]) -> None:
    """An item's answer does not depend on its place, nor on what it stands beside."""
    backwards = items[::-1]
    with local_system() as system:
        answer = prepared(system, field).answer(batch(field, backwards))
    assert answer == [item.answer for item in backwards]


@pytest.mark.parametrize(("field", "items"), EVERY)
def test_a_batch_beside_what_is_no_event(field: str, items: Sequence[Item]) -> None:
    """An item that is no event at all spoils none of the others."""
    events = [None, *batch(field, items), 5]
    with local_system() as system:
        answer = prepared(system, field).answer(events)
    none = bad_input("event", "expected an object")
    assert answer == [none, *(item.answer for item in items), none]


def test_one_bad_mutation_spoils_none() -> None:
    """The good saves of a batch are stored, and nothing is of those that were refused."""
    items = MUTATIONS["Mutation.demandRecordSave"]
    with local_system() as system:
        system.answer(batch("Mutation.demandRecordSave", items))
        records = system.answer(call("Demand.records", {"eventId": "evt123"}))
    assert records == listed({**SAVED, "saleId": "sale-2"}, SAVED)


def test_mutations_of_one_request_in_a_batch() -> None:
    """Of two saves by one request id, the same counts once and another is a conflict."""
    field = "Mutation.demandRecordSave"
    with local_system() as system:
        system.answer(call(field, save_input(locale="en-GB")))
        answer = system.answer(
            [
                call(field, save_input(locale="en-GB")),
                call(field, save_input(locale="fr-FR")),
                call(field, save_input(locale="en-GB")),
            ]
        )
    saved = success(locale="en-GB")
    assert answer == [saved, conflict("request-1"), saved]


def test_mutations_of_one_record_in_a_batch() -> None:
    """Two saves of one record in one batch both count, one after the other."""
    field = "Mutation.demandRecordSave"
    with local_system() as system:
        system.answer(
            [
                call(field, {"input": {**RECORD_KEY, "locale": "en-GB"}}),
                call(field, {"input": {**RECORD_KEY, "contactMethod": "SMS"}}),
            ]
        )
        records = system.answer(call("Demand.records", {"eventId": "evt123"}))
    assert records == listed({**SAVED, "locale": "en-GB", "contactMethod": "SMS", "version": 2})


@pytest.mark.parametrize("field", ["Demand.eventDetails", "DemandRecord.event"])
def test_equal_items_ask_once(field: str) -> None:
    """The items of a batch that ask the same share one question, and each has the answer."""
    with local_system() as system:
        answer = system.answer([call(field)] * 100)
        assert answer == [data(SMALL_SHOW)] * 100
        assert len(system.asked) == 1


def test_a_batch_of_mixed_fields() -> None:
    """Items of several fields are answered in the batch's order too."""
    firsts = [(field, items[0]) for field, items in QUERIES.items()]
    with local_system() as system:
        for field in QUERIES:
            prepared(system, field)
        answer = system.answer([call(field, item.arguments) for field, item in firsts[::-1]])
    assert answer == [item.answer for _, item in firsts[::-1]]


def test_an_outage_in_a_batch() -> None:
    """Where a system is out of order, each item that needs it says so, and no other does."""
    field = "Mutation.upsertEntry"
    down = error(
        "503",
        "UNAVAILABLE",
        "check_eligibility is unavailable",
        system="check_eligibility",
        requestId="request-1",
    )
    items = MUTATIONS[field]
    with local_system() as system:
        system.outages = frozenset({"check_eligibility"})
        answer = system.answer(batch(field, (items[0], items[1], items[2], items[0])))
    assert answer == [down, items[1].answer, items[2].answer, down]

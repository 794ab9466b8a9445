"""A system whose tables, services and calls are full of canaries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256

import attrs

from fanscore_adapters.embedded.stand_ins import Case, parse_sample
from fanscore_appsync.testing import unchecked_event
from tests.e2e.calls import CHILD
from tests.e2e.local_system import LocalSystem, local_system
from tests.hostile.canaries import CANARY, FAN, HEADERS, OWNER, PHONE
from tests.stored_receipts import receipt, stored

EMAIL = "canary@example.com"
SHOWN = {"email": EMAIL, "locale": "en-canary", "attributes": {CANARY: CANARY, EMAIL: [EMAIL]}}
RECORD_KEY = {"eventId": "canary-event", "saleId": "canary-sale", "requestId": "canary-request"}
ENTRY = {"campaignId": "canary-campaign", "phoneNumber": PHONE, "requestId": "canary-request"}

CALLS: Mapping[str, Mapping[str, object]] = {
    "VFApi.accountFanscore": {"globalUserId": FAN, "eventId": "canary-event"},
    "VFApi.decisionReceipt": {"globalUserId": FAN},
    "VFApi.campaign": {"campaignId": "canary-campaign"},
    "VFApi.eligibility": {"campaignId": "canary-campaign"},
    "VFApi.phoneScore": {"phoneNumber": PHONE},
    "VFApi.livenessSession": {"sessionId": "canary-session"},
    "VFApi.lnaaMembership": {},
    "Demand.eventDetails": {"eventId": "canary-event"},
    "Demand.records": {"eventId": "canary-event"},
    "Demand.entries": {},
    "DemandRecord.event": {**SHOWN, "eventId": "canary-event"},
    "Mutation.demandRecordSave": {"input": {**RECORD_KEY, **SHOWN, "contactMethod": "SMS"}},
    "Mutation.demandRecordDelete": {"input": RECORD_KEY},
    "Mutation.upsertEntry": {"input": {**ENTRY, **SHOWN}},
    "Mutation.entryWithdraw": {
        "input": {"campaignId": "canary-campaign", "requestId": "canary-request"}
    },
    "Mutation.checkLiveness": {"input": {"eventId": "canary-event", "requestId": "canary-1"}},
    "Mutation.lnaaActivate": {},
}
"""What each field is called with."""

ITEMS: Mapping[str, Mapping[str, object]] = {
    "identity": {
        "PK": "fan:canary-fan",
        "SK": "identity",
        "memberId": "canary-stored-member",
        "email": EMAIL,
        "phoneNumber": PHONE,
        "attributes": {CANARY: '"canary"'},
        "score": 70,
    },
    "cursor": {"PK": "botornot", "SK": "cursor", "cursor": "canary-run"},
    "verdict": {"PK": "fan:canary-fan", "SK": "botornot#canary-run", "botScore": 0},
    "pointer": {
        "PK": "fan:canary-fan",
        "SK": "liveness",
        "sessionId": "canary-session",
        "expiresAt": "2026-11-01T08:02:00Z",
    },
    "session": {
        "PK": "fan:canary-fan",
        "SK": "liveness#canary-session",
        "status": "IN_PROGRESS",
        "createdAt": "2026-11-01T07:59:00Z",
        "expiresAt": "2026-11-01T08:02:00Z",
        "token": "canary-token",
    },
    "mapping": {"PK": "event:canary-event", "SK": "disco", "discoEventId": "canary-event"},
    "record": {
        "PK": "fan:canary-fan",
        "SK": "demand#canary%2Devent-canary-sale",
        "eventId": "canary-event",
        "saleId": "canary-sale",
        "fanId": FAN,
        "email": EMAIL,
        "attributes": {CANARY: '"canary"'},
        "updatedAt": "2026-10-20T09:30:00Z",
        "requestedAt": "2026-10-20T09:30:00Z",
        "version": 1,
        "requests": [["canary-stored-request", CANARY]],
    },
    "entry": {
        "PK": "fan:canary-fan",
        "SK": "entry#canary-campaign",
        "campaignId": "canary-campaign",
        "fanId": FAN,
        "email": EMAIL,
        "attributes": {CANARY: '"canary"'},
        "defaults": {"email": EMAIL},
        "updatedAt": "2026-10-20T09:30:00Z",
        "requestedAt": "2026-10-20T09:30:00Z",
        "version": 1,
        "requests": [["canary-stored-event", CANARY]],
    },
    "receipt": stored(receipt(FAN, None)),
    "erased": {
        "PK": f"erased:{sha256(FAN.encode()).hexdigest()}",
        "SK": "erased",
        "erasedAt": "2026-10-20T09:30:00Z",
        "ttl": 1795600800,
    },
}
"""What is stored, by a name of its own."""

TABLE_OF = {
    "identity": "fan_identity_table",
    "cursor": "fan_identity_table",
    "verdict": "fan_identity_table",
    "pointer": "verification_table",
    "session": "verification_table",
    "mapping": "demand_table",
    "record": "demand_table",
    "entry": "demand_table",
    "receipt": "demand_table",
    "erased": "fan_identity_table",
}

_MEMBER = {"isMember": True, "tier": CANARY}
_NAMED = {"id": "canary-event", "name": CANARY}
SERVICES: Mapping[str, Sequence[tuple[str, Mapping[str, object], Mapping[str, object]]]] = {
    "arm_scoring": [("armScore", {}, {"data": {"armScore": 1, "note": CANARY}})],
    "proxy_tm_account_service": [
        (
            "accountInfo",
            {"globalUserId": "canary-logged-out"},
            {"error": {"code": 401, "message": "canary: session of canary@example.com is over"}},
        ),
        (
            "accountInfo",
            {"globalUserId": "canary-impostor"},
            {"data": {"globalUserId": "canary-else", "memberId": "canary-m", "email": EMAIL}},
        ),
        (
            "accountInfo",
            {},
            {"data": {"globalUserId": "$globalUserId", "memberId": "canary-m", "email": EMAIL}},
        ),
    ],
    "proxy_campaign_service": [
        (
            "campaign",
            {"campaignId": "canary-campaign"},
            {"data": {"id": "$campaignId", "name": CANARY, "status": "OPEN", "eventIds": []}},
        )
    ],
    "check_eligibility": [
        (
            "eligibility",
            {"globalUserId": "canary-blocked"},
            {"data": {"campaignId": "$campaignId", "eligible": False, "reasons": ["BLOCKED"]}},
        ),
        (
            "eligibility",
            {},
            {"data": {"campaignId": "$campaignId", "eligible": True, "reasons": []}},
        ),
    ],
    "event_details": [
        ("eventDetails", {"eventId": "canary-event"}, {"data": {**_NAMED, "sales": []}})
    ],
    "get_updated_phonescore": [
        (
            "phoneScore",
            {},
            {"data": {"phoneNumber": "$phoneNumber", "risk": 5, "recommendation": "FLAG"}},
        )
    ],
    "lnaa_api": [("membership", {}, {"data": _MEMBER}), ("activation", {}, {"data": _MEMBER})],
}


def call(
    field: str,
    arguments: Mapping[str, object] | None = None,
    identity: Mapping[str, object] | None = OWNER,
) -> Mapping[str, object]:
    """Make a call that is full of canaries: a good one, unless it says otherwise."""
    given = CALLS[field] if arguments is None else arguments
    event = unchecked_event(field, {} if field == CHILD else given, identity, headers=HEADERS)
    other = {place: {CANARY: "canary-value"} for place in ("prev", "stash")}
    return {**event, **other, "source": dict(given) if field == CHILD else {CANARY: CANARY}}


@contextmanager
def canary_system(*outages: str) -> Iterator[LocalSystem]:
    """Set the system up."""
    tables = {
        table: [item for name, item in ITEMS.items() if TABLE_OF[name] == table]
        for table in set(TABLE_OF.values())
    }
    services = {
        service: [
            {"operation": operation, "arguments": arguments, "response": response}
            for operation, arguments, response in cases
        ]
        for service, cases in SERVICES.items()
    }
    sample = parse_sample(json.dumps({"tables": tables, "services": services}))
    with local_system(sample, *outages) as system:
        yield system


def answering(system: LocalSystem, service: str, response: Mapping[str, object]) -> LocalSystem:
    """Give the system with a service that gives one answer to everything."""
    operations = {operation for operation, _, _ in SERVICES[service]}
    cases = [Case(operation, {}, response) for operation in operations]
    services = {**system.sample.services, service: cases}
    return attrs.evolve(system, sample=attrs.evolve(system.sample, services=services))

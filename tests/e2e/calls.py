"""A good call of each field, by fan ``user123`` of the sample, and who else may come along."""

from __future__ import annotations

from collections.abc import Mapping

from fanscore_adapters.embedded.stand_in_vendor import session_of
from fanscore_appsync.testing import API_KEY_HEADERS, pool_identity, service, unchecked_event, user
from fanscore_core.canonical import stable_id
from fanscore_core.ids import GlobalUserId, RequestId

FAN = GlobalUserId("user123")
REQUEST = RequestId("request-1")
SESSION = session_of(stable_id("checkLiveness", FAN, REQUEST))
"""The liveness session that the good call of ``checkLiveness`` starts."""

CHILD = "DemandRecord.event"
"""The field that gets its parent object instead of arguments."""

RECORD_KEY: Mapping[str, object] = {"eventId": "evt123", "saleId": "sale456"}

CALLS: Mapping[str, Mapping[str, object]] = {
    "Query.api": {},
    "Query.demand": {},
    "VFApi.accountFanscore": {"globalUserId": FAN, "eventId": "evt456"},
    "VFApi.decisionReceipt": {"globalUserId": FAN, "eventId": "evt456"},
    "VFApi.campaign": {"campaignId": "camp1"},
    "VFApi.eligibility": {"campaignId": "camp1"},
    "VFApi.phoneScore": {"phoneNumber": "+442071838750"},
    "VFApi.livenessSession": {"sessionId": SESSION},
    "VFApi.lnaaMembership": {},
    "Demand.eventDetails": {"eventId": "evt123"},
    "Demand.records": {"eventId": "disco456"},
    "Demand.entries": {},
    "DemandRecord.event": {"eventId": "evt123"},
    "Mutation.demandRecordSave": {"input": {**RECORD_KEY, "requestId": REQUEST}},
    "Mutation.demandRecordDelete": {"input": {**RECORD_KEY, "requestId": "request-2"}},
    "Mutation.upsertEntry": {"input": {"campaignId": "camp1", "requestId": REQUEST}},
    "Mutation.entryWithdraw": {"input": {"campaignId": "camp1", "requestId": REQUEST}},
    "Mutation.checkLiveness": {"input": {"requestId": REQUEST}},
    "Mutation.lnaaActivate": {},
}
"""What each field is called with; the child field, what its parent object holds."""

OIDC: Mapping[str, object] = {
    "sub": FAN,
    "issuer": "https://login.example.com",
    "claims": {"sub": FAN},
}

CALLERS: Mapping[str, Mapping[str, object] | None] = {
    "nobody": None,
    "api key": None,
    "other fan": user("identity-fan"),
    "owner": user(FAN),
    "IAM role": service(),
    "identity pool": pool_identity(),
    "OIDC": OIDC,
}

OF_SERVICES: Mapping[str, Mapping[str, object]] = {
    "Demand.records": {"globalUserId": FAN},
    "Demand.entries": {"globalUserId": FAN},
}
"""What a good call by a service names besides: whose data it wants."""


def call(
    field: str,
    arguments: Mapping[str, object] | None = None,
    caller: str = "owner",
    *,
    envelope: bool = False,
) -> dict[str, object]:
    """Make the event of a call: a good one by the owner, unless it says otherwise.

    Args:
        field: parent type and name.
        arguments: of the field; the parent object, of the child field.
        caller: one of ``CALLERS``.
        envelope: whether a response handler stands between.
    """
    by_service = OF_SERVICES.get(field, {}) if caller == "IAM role" else {}
    given = {**CALLS[field], **by_service} if arguments is None else arguments
    headers = {"authorization": "Bearer token", **(API_KEY_HEADERS if caller == "api key" else {})}
    event = unchecked_event(
        field,
        {} if field == CHILD else given,
        CALLERS[caller],
        headers=headers,
        envelope=envelope,
    )
    return {**event, "source": dict(given)} if field == CHILD else event

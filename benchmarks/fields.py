"""What the handler takes for each field of the API, on the sample in memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import attrs

from benchmarks.fans import TIME_LEFT_S
from benchmarks.findings import Finding, Number
from benchmarks.processes import in_process
from benchmarks.timing import in_turns
from fanscore_adapters.embedded.stand_in_vendor import session_of
from fanscore_appsync.app import App
from fanscore_appsync.fields import FIELDS
from fanscore_appsync.settings import Settings
from fanscore_appsync.testing import API_KEY_HEADERS, appsync_event, user
from fanscore_appsync.wiring.apps import connect
from fanscore_core.canonical import stable_id
from fanscore_core.ids import GlobalUserId, RequestId

FAN = GlobalUserId("user123")
REQUEST = RequestId("request1")
SESSION = session_of(stable_id("checkLiveness", FAN, REQUEST))


@attrs.frozen
class Call:
    """A call of a field by the fan, which can be made any number of times.

    Attributes:
        arguments: of the field; what is under ``input`` for most mutations.
        shows: some of what it is answered with; of a list, some of its first item.
        has_login: whether the fan is logged in; an API key if not.
        source: the parent object, for a child field.
    """

    arguments: Mapping[str, object]
    shows: Mapping[str, object]
    has_login: bool = True
    source: Mapping[str, object] | None = None

    def event(self, field: str) -> dict[str, object]:
        """Make the event that AppSync sends."""
        identity = user(FAN) if self.has_login else None
        headers = None if self.has_login else API_KEY_HEADERS
        event = appsync_event(field, self.arguments, identity, headers=headers)
        return {**event, "source": self.source}


# The session of checkLiveness is the one that livenessSession asks for, after it. An entry that is
# repeated is published again, which changes nothing: no consumer is at work meanwhile.
CALLS: Mapping[str, Call] = {
    "VFApi.accountFanscore": Call({"globalUserId": FAN, "eventId": "evt456"}, {"score": 87}),
    "VFApi.campaign": Call({"campaignId": "camp1"}, {"status": "OPEN"}, has_login=False),
    "VFApi.eligibility": Call({"campaignId": "camp1"}, {"eligible": True}),
    "VFApi.phoneScore": Call({"phoneNumber": "+442071838750"}, {"risk": 12}),
    "VFApi.lnaaMembership": Call({}, {"isMember": True, "tier": "GOLD"}),
    "Demand.eventDetails": Call({"eventId": "evt123"}, {"id": "evt123"}, has_login=False),
    "Demand.records": Call({"eventId": "disco456"}, {"nextToken": None}),
    "DemandRecord.event": Call({}, {"id": "evt123"}, source={"eventId": "evt123"}),
    "Mutation.demandRecordSave": Call(
        {"input": {"eventId": "evt123", "saleId": "sale456", "email": "fan@example.com"}},
        {"status": "SUCCESS"},
    ),
    "Mutation.demandRecordDelete": Call(
        {"input": {"eventId": "evt123", "saleId": "sale457"}}, {"status": "DELETED"}
    ),
    "Mutation.upsertEntry": Call(
        {"input": {"campaignId": "camp1", "email": "fan@example.com", "requestId": REQUEST}},
        {"status": "ACCEPTED"},
    ),
    "Mutation.entryWithdraw": Call(
        {"input": {"campaignId": "camp1", "requestId": REQUEST}}, {"status": "ACCEPTED"}
    ),
    "Mutation.checkLiveness": Call({"input": {"requestId": REQUEST}}, {"sessionId": SESSION}),
    "VFApi.livenessSession": Call({"sessionId": SESSION}, {"status": "SUCCEEDED"}),
    "Mutation.lnaaActivate": Call({}, {"isMember": True, "tier": "STANDARD"}),
}


def each_field() -> list[Finding]:
    """Time a call of every field, from the event to the response."""
    return [
        Number(f"handler: {field}: CPU", took_s * 1e6, "µs")
        for field, took_s in in_process(_time_fields).items()
    ]


def _time_fields(repetitions: int = 7, calls: int = 50) -> dict[str, float]:
    """Give the CPU time of a call of each field, in seconds."""
    assert CALLS.keys() == FIELDS.keys()
    app = connect(Settings())
    for field, call in CALLS.items():
        _check(app, field, call)
    times_s = in_turns(
        *(partial(app.answer, call.event(field), TIME_LEFT_S) for field, call in CALLS.items()),
        repetitions=repetitions,
        calls=calls,
    )
    for field, call in CALLS.items():
        _check(app, field, call)
    return dict(zip(CALLS, times_s, strict=True))


def _check(app: App, field: str, call: Call) -> None:
    response = app.answer(call.event(field), TIME_LEFT_S).response
    shown = response[0] if isinstance(response, list) else response
    assert isinstance(shown, dict)
    assert call.shows.items() <= shown.items(), f"{field}: {shown}"

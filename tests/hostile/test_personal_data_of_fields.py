from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest

from fanscore_appsync.fields import FIELDS
from fanscore_appsync.report import report
from fanscore_appsync.testing import API_KEY_HEADERS, pool_identity
from fanscore_core.errors import DeadlineExceeded, Unavailable
from tests.hostile.canaries import (
    CANARY,
    FAN,
    OWNER,
    REASON,
    TIME_LEFT_S,
    TRUSTED,
    Watch,
    fan_identity,
)
from tests.hostile.canary_world import (
    CALLS,
    EMAIL,
    ENTRY,
    ITEMS,
    RECORD_KEY,
    TABLE_OF,
    answering,
    call,
    canary_system,
)
from tests.hostile.events import changed, paths
from tests.stored_receipts import receipt, stored
from tests.unit.fanscore_appsync.samples import Faulty, app_of

SAVE, DELETE, ENTER, WITHDRAW = (
    f"Mutation.{name}"
    for name in ("demandRecordSave", "demandRecordDelete", "upsertEntry", "entryWithdraw")
)
ACCOUNT = "proxy_tm_account_service"
NEEDS: Sequence[tuple[str, str, str]] = (
    ("VFApi.accountFanscore", "arm_scoring", "data"),
    ("VFApi.campaign", "proxy_campaign_service", "503"),
    ("VFApi.eligibility", "check_eligibility", "503"),
    ("VFApi.phoneScore", "get_updated_phonescore", "503"),
    ("VFApi.lnaaMembership", "lnaa_api", "503"),
    ("Demand.eventDetails", "event_details", "503"),
    ("DemandRecord.event", "event_details", "503"),
    (SAVE, ACCOUNT, "503"),
    (DELETE, ACCOUNT, "503"),
    (ENTER, ACCOUNT, "503"),
    (ENTER, "check_eligibility", "503"),
    (WITHDRAW, ACCOUNT, "503"),
    ("Mutation.checkLiveness", "arm_scoring", "data"),
    ("Mutation.lnaaActivate", "lnaa_api", "503"),
)
"""The services that each field needs, and what their outage comes to."""

ALL = sorted(CALLS)


def test_every_field_is_here() -> None:
    """There is a call full of canaries for every field."""
    assert CALLS.keys() == FIELDS.keys()


@pytest.mark.parametrize("field", ALL)
def test_successes(watch: Watch, field: str) -> None:
    """A call that succeeds logs nothing, though its data are full of what is the caller's own."""
    with canary_system() as system:
        assert watch.answers(system.app, call(field), TIME_LEFT_S) == ["data"] * 4
    assert watch.reports == 0


@pytest.mark.parametrize(
    ("field", "service", "status"),
    [
        *NEEDS,
        ("VFApi.livenessSession", "idv_check_liveness", "503"),
        ("Mutation.checkLiveness", "idv_check_liveness", "503"),
    ],
)
def test_outages(watch: Watch, field: str, service: str, status: str) -> None:
    """The outage of a service names the service, and nothing of the fan."""
    with canary_system(service) as system:
        assert watch.answers(system.app, call(field), TIME_LEFT_S) == [status] * 4


VENDORS_TEXTS: Sequence[Mapping[str, object]] = (
    {"error": {"code": 500, "message": "canary: nothing known of canary@example.com"}},
    {"error": {"code": CANARY, "message": CANARY}},
    {"error": CANARY},
    {"data": CANARY},
    {"data": {CANARY: CANARY}},
    {"data": {"id": "canary id", "campaignId": [CANARY], "globalUserId": EMAIL}},
    {CANARY: CANARY},
)


@pytest.mark.parametrize("response", VENDORS_TEXTS, ids=range(len(VENDORS_TEXTS)))
@pytest.mark.parametrize(("field", "service", "status"), NEEDS)
def test_vendors_texts(
    watch: Watch, field: str, service: str, status: str, response: Mapping[str, object]
) -> None:
    """What a vendor says instead of an answer is not passed on."""
    with canary_system() as system:
        app = answering(system, service, response).app
        assert watch.answers(app, call(field), TIME_LEFT_S) == [status] * 4


@pytest.mark.parametrize("field", ALL)
def test_no_time_left(watch: Watch, field: str) -> None:
    """Running out of time says of which system, and nothing of the fan."""
    with canary_system() as system:
        assert watch.answers(system.app, call(field), 0.0) == ["504"] * 4


CALLERS: Mapping[str, Mapping[str, object] | None] = {
    "nobody": None,
    "other": fan_identity("canary-other"),
    "bad": fan_identity("canary sub"),
    "service": TRUSTED,
    "pool": {**pool_identity(), "username": CANARY, "userArn": CANARY},
    "oidc": {"sub": FAN, "issuer": CANARY, "claims": {"email": EMAIL}},
    "authorizer": {"resolverContext": {CANARY: EMAIL}},
}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("field", ALL)
def test_callers(watch: Watch, field: str, caller: str) -> None:
    """Whoever calls, nothing of them or of the fan whom they ask for is told."""
    with canary_system() as system:
        found = watch.answers(system.app, call(field, None, CALLERS[caller]), TIME_LEFT_S)
    assert len(set(found)) == 1
    assert found[0] in {"data", "400", "401", "403", "404"}


@pytest.mark.parametrize("field", ALL)
def test_api_keys(watch: Watch, field: str) -> None:
    """An API key is not told either."""
    headers = {**API_KEY_HEADERS, "x-api-key": "da2-canary"}
    event = {**call(field, None, None), "request": {"headers": headers}}
    with canary_system() as system:
        found = watch.answers(system.app, event, TIME_LEFT_S)
    assert set(found) <= {"data", "401"}


# No key here looks like a field's name: an error may repeat those, for whoever mistyped one.
BAD_VALUES: Sequence[object] = (
    "canary value @ {",
    "canary value\n",
    "\u202ecanary",
    '{"canary": canary}',
    '{"canary": 1, "canary": 2}',
    {"canary@example.com": CANARY},
    {"canary@example.com": float("nan")},
    {f"canary-{index}": EMAIL for index in range(65)},
    {"canary 1": CANARY * 5_000},
    {"canary\ud800": CANARY},
    {"canary 1": "canary\ud800"},
    [CANARY],
    [[EMAIL]],
    CANARY * 100,
)


def spoiled(arguments: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Give arguments with each bad value in each place, and with an argument too many."""
    for path in paths(arguments):
        if path:
            yield from (changed(arguments, path, value) for value in BAD_VALUES)
    yield {**arguments, EMAIL: CANARY}
    given = arguments.get("input")
    if isinstance(given, dict):
        yield {"input": {**given, EMAIL: CANARY}}


@pytest.mark.parametrize("field", [field for field in ALL if "lnaa" not in field])
def test_bad_arguments(watch: Watch, field: str) -> None:
    """No argument is quoted in the error that says what is wrong with it."""
    found = set()
    with canary_system() as system:
        for arguments in spoiled(CALLS[field]):
            found.update(watch.answers(system.app, call(field, arguments), TIME_LEFT_S))
    assert "400" in found
    assert found <= {"data", "400", "403", "404", "409"}


MALFORMED: Sequence[tuple[str, Mapping[str, object]]] = (
    ("identity", {"memberId": "canary\nmember"}),
    ("identity", {"score": CANARY}),
    ("identity", {"score": {CANARY: CANARY}}),
    ("cursor", {"cursor": [CANARY]}),
    ("verdict", {"botScore": CANARY}),
    ("mapping", {"discoEventId": "canary\ndisco"}),
    ("pointer", {"sessionId": "canary\nsession"}),
    ("pointer", {"expiresAt": CANARY}),
    ("session", {"status": CANARY}),
    ("session", {"status": [CANARY]}),
    ("session", {"createdAt": CANARY}),
    ("session", {"confidence": CANARY}),
    ("session", {"token": [CANARY]}),
    ("record", {"email": CANARY}),
    ("record", {"email": [EMAIL]}),
    ("record", {"contactMethod": CANARY}),
    ("record", {"attributes": CANARY}),
    ("record", {"attributes": {"canary@example.com": "{canary"}}),
    ("record", {"attributes": {"canary@example.com": [CANARY]}}),
    ("record", {"version": CANARY}),
    ("record", {"fanId": "canary-else"}),
    ("record", {"requests": [[CANARY]]}),
    ("record", {"stamps": {"canary@example.com": CANARY}}),
    ("record", {"stamps": {"attributes.canary@example.com": [CANARY, CANARY]}}),
    ("record", {"deletedAt": [CANARY, CANARY]}),
    ("entry", {"email": [EMAIL]}),
    ("entry", {"version": CANARY}),
    ("entry", {"stamps": {"canary@example.com": CANARY}}),
    ("receipt", {"receipt": CANARY}),
    ("receipt", {"receipt": '{"canary":"canary"}'}),
    ("receipt", {"receipt": stored(receipt("canary-else", None))["receipt"]}),
    ("receipt", {"leaf": CANARY}),
    ("receipt", {"leaf": [CANARY]}),
)
READERS = {
    "identity": {"VFApi.accountFanscore": "503", "Mutation.checkLiveness": "data"},
    "cursor": {"VFApi.accountFanscore": "data"},
    "verdict": {"VFApi.accountFanscore": "data"},
    "mapping": {"VFApi.accountFanscore": "data"},
    "pointer": {"Mutation.checkLiveness": "503"},
    "session": {"VFApi.livenessSession": "503", "Mutation.checkLiveness": "503"},
    "record": {"Demand.records": "503", SAVE: "503", DELETE: "503"},
    "entry": {"Demand.entries": "503"},
    "receipt": {"VFApi.decisionReceipt": "503"},
}
"""Which fields read an item, and what they come to where it is malformed."""


@pytest.mark.parametrize(("name", "members"), MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_items(watch: Watch, name: str, members: Mapping[str, object]) -> None:
    """A malformed item is not quoted, whether it ends the answer or degrades it."""
    found = {}
    with canary_system() as system:
        system.tables.load(TABLE_OF[name], [{**ITEMS[name], **members}])
        for field in READERS[name]:
            (found[field],) = set(watch.answers(system.app, call(field), TIME_LEFT_S))
    assert found == READERS[name]


@pytest.mark.parametrize(
    ("sub", "field", "status"),
    [
        ("canary-logged-out", SAVE, "401"),
        ("canary-logged-out", DELETE, "401"),
        ("canary-logged-out", ENTER, "401"),
        ("canary-logged-out", WITHDRAW, "401"),
        ("canary-impostor", SAVE, "403"),
        ("canary-impostor", DELETE, "403"),
        ("canary-impostor", ENTER, "403"),
        ("canary-impostor", WITHDRAW, "403"),
        ("canary-blocked", ENTER, "403"),
        ("canary-other", "VFApi.livenessSession", "404"),
    ],
)
def test_fans_who_are_refused(watch: Watch, sub: str, field: str, status: str) -> None:
    """Who is not logged in, somebody else or not eligible is refused without a word of them."""
    with canary_system() as system:
        found = watch.answers(system.app, call(field, None, fan_identity(sub)), TIME_LEFT_S)
    assert found == [status] * 4


@pytest.mark.parametrize(
    ("field", "arguments", "status"),
    [
        ("VFApi.campaign", {"campaignId": "canary-unknown"}, "404"),
        ("VFApi.decisionReceipt", {"globalUserId": FAN, "eventId": "canary-unknown"}, "404"),
        ("Demand.eventDetails", {"eventId": "canary-unknown"}, "404"),
        ("DemandRecord.event", {"eventId": "canary-unknown"}, "data"),  # null
        ("VFApi.livenessSession", {"sessionId": "canary-unknown"}, "404"),
    ],
)
def test_what_is_not_there(
    watch: Watch, field: str, arguments: Mapping[str, object], status: str
) -> None:
    """What is not found is not named."""
    with canary_system() as system:
        assert watch.answers(system.app, call(field, arguments), TIME_LEFT_S) == [status] * 4


@pytest.mark.parametrize("field", [SAVE, DELETE])
def test_conflicts(watch: Watch, field: str) -> None:
    """A request id that was used before is given back for a retry, and nothing else is told."""
    arguments = {"input": {**RECORD_KEY, "requestId": "canary-stored-request"}}
    with canary_system() as system:
        assert watch.answers(system.app, call(field, arguments), TIME_LEFT_S) == ["409"] * 4


FAILURES: Sequence[tuple[object, set[str]]] = (
    (Unavailable("system", REASON), {"503", "data"}),
    (DeadlineExceeded("system"), {"503", "504", "data"}),
    (ValueError("canary"), {"500", "503", "data"}),
    ((KeyError("canary", EMAIL),), {"500", "503", "data"}),
    ("canary answer", {"500", "503", "data"}),
    (object(), {"500", "503", "data"}),
)


@pytest.mark.parametrize(("answer", "statuses"), FAILURES, ids=range(len(FAILURES)))
@pytest.mark.parametrize("field", ALL)
def test_failures_in_every_step(
    watch: Watch, field: str, answer: object, statuses: set[str]
) -> None:
    """Wherever a step, or a function behind it, is told nonsense, nobody learns of whom."""
    with canary_system() as system:
        system.now = datetime(2026, 11, 1, 8, 10, tzinfo=UTC)  # the stored session is over
        watch.answers(system.app, call(field), TIME_LEFT_S)
        kinds = {type(question) for question in system.asked}
    assert kinds
    for kind in kinds:
        with canary_system() as system:
            system.now = datetime(2026, 11, 1, 8, 10, tzinfo=UTC)
            system.instead = {kind: answer}
            found = watch.answers(system.app, call(field), TIME_LEFT_S)
            assert set(found) <= statuses


@pytest.mark.parametrize("field", ALL)
@pytest.mark.parametrize(
    "source", [Faulty(OSError(2, CANARY, "canary.db")), Faulty([CANARY] * 9), Faulty(CANARY)]
)
def test_sources_that_fail(watch: Watch, field: str, source: Faulty) -> None:
    """What a source raises, or answers instead of a value, is in no answer and in no log."""
    app = app_of(lambda _: source, report)
    assert watch.answers(app, call(field), TIME_LEFT_S) == ["500"] * 4
    assert watch.reports == 4


def test_a_bus_that_is_closed(watch: Watch) -> None:
    """A bus that cannot keep an event does not tell of the event."""
    with canary_system() as system:
        system.events.close()
        found = watch.answers(system.app, call(ENTER, {"input": ENTRY}), TIME_LEFT_S)
    assert found == ["503"] * 4


def test_the_owner_is_one() -> None:
    """The caller of the good calls is the fan whose data they are."""
    assert OWNER["sub"] == FAN

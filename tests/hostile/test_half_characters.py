"""Half of a surrogate pair, which JSON can spell and Lambda's runtime cannot write (UTF-8)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import attrs
import httpx
import pytest

from fanscore_adapters.documents.proxies import CALLS, LNAA_CALLS
from fanscore_adapters.dynamodb.values import read_item
from fanscore_adapters.embedded.stand_ins import Case, Sample, parse_sample
from fanscore_adapters.http.lnaa import Lnaa
from fanscore_adapters.items.operations import Item
from fanscore_adapters.items.tables import LOOKUPS
from fanscore_appsync.api import API
from fanscore_appsync.testing import appsync_event, user
from fanscore_core.engine.question import Ask, Question
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import CampaignId, EventId, GlobalUserId, MemberId, SaleId, SessionId
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.consumers import FanProfile
from fanscore_core.ports.demand import DiscoEventId
from fanscore_core.ports.demand_records import DemandSaleRecord
from fanscore_core.ports.entries import FanEntry
from fanscore_core.ports.fan_identity import BotOrNotCursor, FanIdentity
from fanscore_core.ports.lnaa import Membership
from fanscore_core.ports.verification import LastLivenessSession, StoredLivenessSession
from fanscore_core.systems import TABLES
from tests.e2e.lambda_runtime import posted
from tests.e2e.local_system import SAMPLE, local_system
from tests.golden.cases import EVENTS, STORED, event_of, given, names
from tests.hostile.events import changed, paths

HALF = "Show \ud83d"
FAN = GlobalUserId("top-fan")
STAMP = ["2026-11-01T08:00:00Z", "r"]


def spoiled_texts(document: object) -> Iterator[object]:
    """Give a document once for each text in it, with half a character there instead."""
    for path in paths(document):
        value = document
        for step in path:
            value = value[step]  # type: ignore[index]  # a path of this document
        if isinstance(value, str):
            yield changed(document, path, HALF)


def whole(response: object) -> object:
    """Read a response that was posted, and so can be."""
    document: object = json.loads(posted(response))
    return document


def rich_sample() -> Sample:
    """Give the shipped sample, with every text that a service may say."""
    more: Mapping[str, Sequence[Case]] = {
        "lnaa_api": [Case("membership", {}, {"data": {"isMember": True, "tier": "gold"}})],
        "check_eligibility": [
            Case(
                "eligibility",
                {},
                {"data": {"campaignId": "c", "eligible": False, "reasons": ["x"]}},
            )
        ],
    }
    return Sample(SAMPLE.tables, {**SAMPLE.services, **more})


RICH = rich_sample()
SPOILED_CASES = [
    (service, case.operation, response)
    for service, cases in RICH.services.items()
    for case in cases
    if isinstance(case.response.get("data"), dict)
    for response in spoiled_texts(case.response)
]


@pytest.mark.parametrize(("service", "operation", "response"), SPOILED_CASES)
def test_answers_of_services(service: str, operation: str, response: object) -> None:
    """Whatever text of a service's answer is cut, the answer is malformed and names the service."""
    (call,) = (
        each
        for each in {**CALLS, **LNAA_CALLS}.values()
        if (each.service, each.operation) == (service, operation)
    )
    answer = call.answer(response)
    assert isinstance(answer, Unavailable)
    assert answer.system == service


def test_lnaa() -> None:
    """What LNAA says over HTTP is checked as every other answer."""
    reply = httpx.Response(200, content=b'{"isMember": true, "tier": "gold \\ud83d"}')
    with httpx.Client(transport=httpx.MockTransport(lambda _: reply)) as client:
        ask = Ask(cast("Question[object]", Membership(FAN)))
        (answered,) = Lnaa("http://lnaa.test", "token", client).fetch([ask])
    assert repr(answered.answer) == repr(
        Unavailable(
            "lnaa_api", "malformed answer: data.tier: expected text without half characters"
        )
    )


READ_BY: Mapping[str, Question[object]] = cast(
    "Mapping[str, Question[object]]",
    {
        "demand#disco456-sale791": DemandSaleRecord(FAN, EventId("disco456"), SaleId("sale791")),
        "liveness#session-of-top-fan": StoredLivenessSession(FAN, SessionId("session-of-top-fan")),
        "liveness": LastLivenessSession(FAN),
        "identity": FanIdentity(FAN),
        "score#account": AccountScore(MemberId("member-top")),
        "cursor": BotOrNotCursor(),
        "disco": DiscoEventId(EventId("evt456")),
    },
)
"""The question that reads each kind of item, by sort key."""

NOT_READ: Mapping[str, frozenset[str]] = {
    "identity": frozenset({"updatedAt"}),
    "score#account": frozenset({"modelVersion", "updatedAt"}),
}
"""What of an item is kept, but not read."""

ITEMS: Sequence[Item] = [
    *(item for items in STORED.values() for item in items if item["PK"] == f"fan:{FAN}"),
    *(item for table in TABLES for item in SAMPLE.tables[table]),
]


def as_it_is(item: Item) -> Item:
    """Parse nothing: the item is one."""
    return item


@pytest.mark.parametrize("sort_key", READ_BY)
def test_stored_items(sort_key: str) -> None:
    """Whatever text of an item is cut that is read, the item is malformed, and names its table."""
    item = next(each for each in ITEMS if each["SK"] == sort_key)
    stamps = {"stamps": {"email": STAMP}} if "requests" in item else {}
    unread = NOT_READ.get(sort_key, frozenset())
    known = {name: each for name, each in {**item, **stamps}.items() if name not in unread}
    check_spoiled(READ_BY[sort_key], known)


SAID: Item = {
    "email": "fan@example.com",
    "phoneNumber": "+442071838750",
    "locale": "en-GB",
    "attributes": '{"seats":2}',
    "stamps": {"email": STAMP},
}
"""What a fan has said in events."""


@pytest.mark.parametrize(
    ("question", "item"),
    [
        (FanProfile(FAN), {"SK": "identity", "memberId": "member-top", "profileAt": STAMP[0]}),
        (
            FanEntry(FAN, CampaignId("camp1")),
            {
                "SK": "entry#camp1",
                "campaignId": "camp1",
                "fanId": FAN,
                "version": 1,
                "requests": [["e-1", ""]],
                "requestedAt": STAMP[0],
                "updatedAt": STAMP[0],
                "defaults": {"locale": "en-GB"},
                "attributes": {"seats": "2"},
            },
        ),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_consumers_stored(question: Question[object], item: Item) -> None:
    """What consumers read of a fan is checked in the same way."""
    check_spoiled(question, {"PK": f"fan:{FAN}", **SAID, **item})


def check_spoiled(question: Question[object], item: Item) -> None:
    """Check that an item is read, and is not with half a character in any of its texts."""
    lookup, known = LOOKUPS[type(question)], dict(item)
    keys = {name: known.pop(name) for name in ("PK", "SK")}
    assert not isinstance(lookup.answer({**known, **keys}, as_it_is), Unavailable)
    spoiled = [{**cast("Item", each), **keys} for each in spoiled_texts(known)]
    answers = [lookup.answer(each, as_it_is) for each in spoiled]
    assert [each for each in answers if not isinstance(each, Unavailable)] == []


def test_a_name_in_an_item() -> None:
    """Names that are data, those of attributes and stamps, are checked as values are."""
    question = READ_BY["demand#disco456-sale791"]
    lookup = LOOKUPS[type(question)]
    item = next(each for each in ITEMS if each["SK"] == "demand#disco456-sale791")
    for more in (
        {"attributes": {HALF: "1"}},
        {"attributes": {"note": '"\\ud83d"'}},
        {"stamps": {HALF: ["2026-11-01T08:00:00Z", "r"]}},
    ):
        answer = lookup.answer({**item, **more}, as_it_is)
        assert isinstance(answer, Unavailable)


def test_an_item_of_dynamodb() -> None:
    """Half a character in what DynamoDB answers is no reason not to read its other items."""
    assert read_item({"name": {"S": HALF}}) == {"name": HALF}


def test_a_key_in_a_sample() -> None:
    """A sample's item whose key no store can hold is refused when the sample is read."""
    with pytest.raises(InvalidInput) as refused:
        parse_sample('{"tables": {"demand_table": [{"PK": "\\ud83d", "SK": "x"}]}, "services": {}}')
    assert str(refused.value) == "sample.tables.demand_table[0]: expected an item with PK and SK"


@pytest.mark.parametrize("name", names(EVENTS))
def test_golden_answers_can_be_posted(name: str) -> None:
    """Lambda's runtime can write the answer to every golden event, and says the same by it."""
    answer = json.loads(given(name))
    assert whole(answer) == answer


@pytest.mark.parametrize("name", names(EVENTS))
def test_hostile_events(name: str) -> None:
    """Wherever in an event half a character stands, the answer can be posted."""
    event = event_of(name)
    event = event[:1] if isinstance(event, list) else event
    with local_system(RICH) as system:
        for each in spoiled_texts(event):
            answer = system.answer(each)
            assert whole(answer) == answer


CASES = Case("eventDetails", {"eventId": "cut"}, {"data": {"id": "cut", "name": HALF, "sales": []}})


def test_a_batch_loses_nothing_else() -> None:
    """One event whose name is cut is 503, and the others of its batch are answered as ever."""
    details = (CASES, *SAMPLE.services["event_details"])
    sample = Sample(SAMPLE.tables, {**SAMPLE.services, "event_details": details})
    events = [
        appsync_event("DemandRecord.event", {}, user("user123"), source={"eventId": each})
        for each in ("disco456", "cut", "disco456")
    ]
    with local_system() as system:
        (good,) = cast("Sequence[object]", system.answer(events[:1]))
    with local_system(sample) as system:
        answer = whole(system.answer(events))
    bad = {
        "data": None,
        "errorMessage": "event_details is unavailable",
        "errorType": "503",
        "errorInfo": {"code": "UNAVAILABLE", "system": "event_details"},
    }
    assert answer == [good, bad, good]


def test_a_field_of_ones_own() -> None:
    """What a field makes of its result itself is 500 where it cannot be posted."""
    name = "VFApi.cutName"
    own = attrs.evolve(API.fields["VFApi.accountFanscore"], write=lambda _: {"name": HALF})
    api = API.extended_by(fields={name: own})
    arguments = {"globalUserId": "user123"}
    event = appsync_event(name, arguments, user("user123"), envelope=True, api=api)
    with local_system() as system:
        system.api = api
        answer = cast("Mapping[str, Mapping[str, object]]", whole(system.answer(event)))
    assert answer["error"]["errorType"] == "500"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("VFApi.accountFanscore", {"globalUserId": "user123", "eventId": HALF}),
        ("VFApi.phoneScore", {"phoneNumber": HALF}),
        ("Mutation.demandRecordSave", {"input": {"eventId": "e", "saleId": "s", "email": HALF}}),
        ("Mutation.demandRecordSave", {"input": {"eventId": "e", "saleId": "s", "locale": HALF}}),
        (
            "Mutation.demandRecordSave",
            {"input": {"eventId": "e", "saleId": "s", "requestId": HALF}},
        ),
        (
            "Mutation.demandRecordSave",
            {"input": {"eventId": "e", "saleId": "s", "contactMethod": HALF}},
        ),
        (
            "Mutation.demandRecordSave",
            {"input": {"eventId": "e", "saleId": "s", "attributes": {"a": [HALF]}}},
        ),
        (
            "Mutation.demandRecordSave",
            {"input": {"eventId": "e", "saleId": "s", "attributes": {HALF: 1}}},
        ),
        ("Mutation.upsertEntry", {"input": {"campaignId": "c", "attributes": {"a": HALF}}}),
    ],
)
def test_arguments(name: str, arguments: Mapping[str, object]) -> None:
    """Half a character in an argument is 400, whatever the argument."""
    with local_system() as system:
        event = appsync_event(name, arguments, user("user123"), envelope=True)
        answer = cast("Mapping[str, Mapping[str, object]]", whole(system.answer(event)))
    assert answer["error"]["errorType"] == "400"

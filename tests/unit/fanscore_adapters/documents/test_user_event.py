from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.documents.user_event import (
    detail_document,
    detail_text,
    event_document,
    read_event,
    read_replay,
    with_replay,
)
from fanscore_core.canonical import canonical_json
from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.ids import RULE, CampaignId, GlobalUserId, MemberId
from fanscore_core.scalars import EMAIL_RULE, PHONE_RULE, Email, Locale, PhoneNumber
from fanscore_core.user_events import UserEvent, UserWithdrawal

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
BARE = UserEvent("e-1", NOW, GlobalUserId("user123"), MemberId("m-1"), CampaignId("c-1"))
FULL = attrs.evolve(
    BARE,
    email=Email("fan@example.com"),
    phone_number=PhoneNumber("+15550100123"),
    locale=Locale("en-GB"),
    attributes='{"seats":[1.5,null]}',
)
DETAIL: Mapping[str, object] = {
    "schemaVersion": 1,
    "id": "e-1",
    "occurredAt": "2026-11-01T08:00:00Z",
    "globalUserId": "user123",
    "memberId": "m-1",
    "campaignId": "c-1",
    "email": "fan@example.com",
    "phoneNumber": "+15550100123",
    "locale": "en-GB",
    "attributes": {"seats": [1.5, None]},
}
BARE_DETAIL = {**DETAIL, "email": None, "phoneNumber": None, "locale": None, "attributes": None}
ENVELOPE: Mapping[str, object] = {
    "version": "0",
    "id": "e-1",
    "detail-type": "user.upsert",
    "source": "fanscore",
    "account": "000000000000",
    "time": "2026-11-01T08:00:01Z",
    "region": "local",
    "resources": [],
    "detail": DETAIL,
}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(), parts, max_size=3),
    max_leaves=8,
)
attribute_texts = st.dictionaries(st.text(), json_values, max_size=4).map(canonical_json)
moments = st.integers(0, 10**15).map(lambda count: NOW + timedelta(microseconds=count))
user_events = st.builds(
    lambda at, attributes, defaulted: attrs.evolve(
        FULL, occurred_at=at, attributes=attributes, defaulted=defaulted
    ),
    moments,
    st.none() | attribute_texts,
    st.none() | st.lists(st.sampled_from(("email", "locale", "new")), unique=True).map(tuple),
)


def test_an_event_is_an_eventbridge_event() -> None:
    """An event is written as EventBridge hands it over, with the detail of the contract."""
    published_at = NOW + timedelta(seconds=1, milliseconds=500)
    assert event_document(FULL, published_at) == ENVELOPE


def test_the_time_of_an_event_is_in_utc() -> None:
    """Times are written in UTC, whatever their offset."""
    vienna = datetime(2026, 11, 1, 9, tzinfo=timezone(timedelta(hours=1)))
    document = event_document(attrs.evolve(FULL, occurred_at=vienna), vienna)
    assert document == {**ENVELOPE, "time": "2026-11-01T08:00:00Z"}


def test_fields_without_value_are_null() -> None:
    """Every field stands in the detail, those that a fan left out as null."""
    assert detail_document(BARE) == BARE_DETAIL


def test_the_detail_as_text() -> None:
    """EventBridge and endpoints get the detail as JSON text."""
    assert json.loads(detail_text(FULL)) == DETAIL


@given(user_events, moments)
def test_events_survive(event: UserEvent, published_at: datetime) -> None:
    """An event that is written, sent as JSON text and read again is the same event."""
    text = json.dumps(event_document(event, published_at))
    assert read_event(json.loads(text)) == event


def test_what_is_not_known_is_passed_over() -> None:
    """Other keys of the envelope and new keys of the detail are no mistake."""
    document = {
        "detail": {**DETAIL, "new": 1},
        "detail-type": "user.upsert",
        "source": "fanscore",
        "replay-name": "archive",
    }
    assert read_event(document) == FULL


def test_the_name_of_a_replay() -> None:
    """It stands beside the detail, as EventBridge writes it; most events have none."""
    assert read_replay(ENVELOPE) is None
    assert read_replay(with_replay(ENVELOPE, "replay-1")) == "replay-1"
    assert read_replay({"replay-name": None}) is None
    assert read_replay("no event") is None


@pytest.mark.parametrize("name", [7, "", ["replay"], "\ud800"])
def test_what_is_no_name_of_a_replay(name: object) -> None:
    """What is not text is refused: nobody could tell the replay from another."""
    with pytest.raises(InvalidInput) as refused:
        read_replay({**ENVELOPE, "replay-name": name})
    assert str(refused.value) == "event.replay-name: expected a name"


def test_a_missing_field_is_null() -> None:
    """A field that a fan may leave out may be missing."""
    detail = {name: value for name, value in BARE_DETAIL.items() if value is not None}
    assert read_event({**ENVELOPE, "detail": detail}) == BARE


@pytest.mark.parametrize(
    ("name", "text", "canonical", "event"),
    [
        (
            "email",
            "a,b@example.com",
            "a,b@example.com",
            attrs.evolve(FULL, email=Email("a,b@example.com")),
        ),
        (
            "phoneNumber",
            "+1 111 000 4444",
            "+11110004444",
            attrs.evolve(FULL, phone_number=PhoneNumber("+11110004444")),
        ),
        (
            "phoneNumber",
            "202-555-0123",
            "+12025550123",
            attrs.evolve(FULL, phone_number=PhoneNumber("+12025550123")),
        ),
        ("locale", "en_GB", "en-GB", FULL),
        ("locale", "en-12", "en-12", attrs.evolve(FULL, locale=Locale("en-12"))),
    ],
)
def test_what_was_legal_when_it_was_published(
    name: str, text: str, canonical: str, event: UserEvent
) -> None:
    """An event of an earlier release can be read, and what is posted of it is canonical."""
    assert read_event({**ENVELOPE, "detail": {**DETAIL, name: text}}) == event
    assert detail_document(event) == {**DETAIL, name: canonical}


def test_a_number_in_an_event_is_canonical() -> None:
    """However a number is spelled, the event has it in the form of E.164."""
    event = attrs.evolve(FULL, phone_number=PhoneNumber("+1 555 010-0123"))
    assert event == FULL
    assert attrs.evolve(BARE, phone_number=None) == BARE


DATE_TIME_RULE = "expected a date and time with offset, such as 2026-11-01T08:00:00Z"


@pytest.mark.parametrize(
    ("document", "where", "problem"),
    [
        (None, "event", "expected source, detail-type and detail"),
        ([ENVELOPE], "event", "expected source, detail-type and detail"),
        ({"detail": DETAIL}, "event", "expected source, detail-type and detail"),
        ({**ENVELOPE, "source": "aws.s3"}, "event.source", "expected fanscore"),
        (
            {**ENVELOPE, "detail-type": ["x"]},
            "event.detail-type",
            "expected user.upsert or user.withdraw",
        ),
        ({**ENVELOPE, "detail": None}, "event.detail", "expected an object"),
        ({**ENVELOPE, "detail": json.dumps(DETAIL)}, "event.detail", "expected an object"),
    ],
)
def test_what_is_no_user_event_is_refused(document: object, where: str, problem: str) -> None:
    """An event of another source, type or form is refused, with what is wrong."""
    with pytest.raises(InvalidInput) as refused:
        read_event(document)
    assert (refused.value.where, refused.value.problem) == (where, problem)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("schemaVersion", 3, "expected 1 or 2"),
        ("schemaVersion", 0, "expected 1 or 2"),
        ("schemaVersion", True, "expected 1 or 2"),
        ("schemaVersion", 1.0, "expected 1 or 2"),
        ("schemaVersion", None, "expected 1 or 2"),
        ("id", 5, "expected a string"),
        ("id", "a\nb", RULE),
        ("occurredAt", "2026-11-01T08:00:00", DATE_TIME_RULE),
        ("occurredAt", 1793520000, DATE_TIME_RULE),
        ("globalUserId", None, RULE),
        ("memberId", "", RULE),
        ("campaignId", 7, RULE),
        ("email", "canary", EMAIL_RULE),
        ("phoneNumber", 5550100, PHONE_RULE),
        ("attributes", "{}", "expected an object"),
        ("attributes", [], "expected an object"),
        ("attributes", {"a": float("nan")}, "expected JSON"),
    ],
)
def test_malformed_details_are_refused(name: str, value: object, problem: str) -> None:
    """A field that is not what it must be is refused by its path, and its value is not told."""
    with pytest.raises(InvalidInput) as refused:
        read_event({**ENVELOPE, "detail": {**DETAIL, name: value}})
    assert (refused.value.where, refused.value.problem) == (f"event.detail.{name}", problem)
    assert isinstance(refused.value, InvalidId) is (problem == RULE)


@pytest.mark.parametrize("name", ["id", "occurredAt", "globalUserId", "memberId", "campaignId"])
def test_missing_fields_are_refused(name: str) -> None:
    """What every event has may not be missing."""
    detail = {each: value for each, value in DETAIL.items() if each != name}
    with pytest.raises(InvalidInput) as refused:
        read_event({**ENVELOPE, "detail": detail})
    assert (refused.value.where, refused.value.problem) == (f"event.detail.{name}", "required")


WITHDRAWAL = UserWithdrawal("w-1", NOW, GlobalUserId("user123"), CampaignId("c-1"))
WITHDRAWN: Mapping[str, object] = {
    "schemaVersion": 2,
    "id": "w-1",
    "occurredAt": "2026-11-01T08:00:00Z",
    "globalUserId": "user123",
    "campaignId": "c-1",
}


def test_an_event_tells_what_comes_from_the_account() -> None:
    """An event of schema 2 names what the fan did not say, or nothing."""
    told = attrs.evolve(FULL, defaulted=("email",))
    detail = {**DETAIL, "schemaVersion": 2, "defaulted": ["email"]}
    assert detail_document(told) == detail
    assert read_event({**ENVELOPE, "detail": detail}) == told
    nothing = attrs.evolve(FULL, defaulted=())
    assert detail_document(nothing) == {**detail, "defaulted": []}
    assert read_event({**ENVELOPE, "detail": {**detail, "defaulted": []}}) == nothing
    assert read_event({**ENVELOPE, "detail": {**detail, "defaulted": None}}) == nothing


def test_an_event_of_schema_1_tells_nothing_of_it() -> None:
    """What is not a member of schema 1 is passed over there."""
    assert read_event({**ENVELOPE, "detail": {**DETAIL, "defaulted": ["email"]}}) == FULL


@pytest.mark.parametrize("defaulted", ["email", {"email": 1}, [5], [None]])
def test_malformed_names_are_refused(defaulted: object) -> None:
    """What is defaulted is a list of names."""
    detail = {**DETAIL, "schemaVersion": 2, "defaulted": defaulted}
    with pytest.raises(InvalidInput) as refused:
        read_event({**ENVELOPE, "detail": detail})
    assert refused.value.where.startswith("event.detail.defaulted")


def test_a_withdrawal_is_an_event_of_its_own() -> None:
    """A withdrawal has a type of its own, and of the fan its id alone."""
    document = {**ENVELOPE, "id": "w-1", "detail-type": "user.withdraw", "detail": WITHDRAWN}
    published_at = NOW + timedelta(seconds=1)
    assert event_document(WITHDRAWAL, published_at) == document
    assert read_event(document) == WITHDRAWAL


@pytest.mark.parametrize("version", [1, 3, None, True])
def test_a_withdrawal_is_of_schema_2(version: object) -> None:
    """There is no withdrawal of schema 1."""
    detail = {**WITHDRAWN, "schemaVersion": version}
    with pytest.raises(InvalidInput) as refused:
        read_event({**ENVELOPE, "detail-type": "user.withdraw", "detail": detail})
    assert (refused.value.where, refused.value.problem) == (
        "event.detail.schemaVersion",
        "expected 2",
    )

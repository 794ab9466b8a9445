from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial

import attrs
import pytest

from fanscore_appsync.testing import service, user
from fanscore_core.canonical import digest_of
from fanscore_core.engine.question import Answered, Ask
from fanscore_core.errors import DeadlineExceeded
from fanscore_core.ids import GlobalUserId
from tests.demand_desk import SAMPLE, DemandDesk, demand_desk
from tests.demand_samples import FAN, at

INPUT: Mapping[str, object] = {
    "eventId": "evt123",
    "saleId": "sale456",
    "email": "fan@example.com",
    "requestId": "request-1",
}
KEY: Mapping[str, object] = {"eventId": "evt123", "saleId": "sale456"}

RECORD: Mapping[str, object] = {
    "eventId": "evt123",
    "saleId": "sale456",
    "fanId": "user123",
    "email": "fan@example.com",
    "contactMethod": None,
    "locale": None,
    "attributes": None,
    "requestedAt": "2026-11-01T08:00:00Z",
    "updatedAt": "2026-11-01T08:00:00Z",
    "version": 1,
}
"""What comes of ``INPUT``."""

DELETED = {"data": {"status": "DELETED", "record": None}}


def success(**changed: object) -> object:
    """Make the answer to a save of ``INPUT`` whose record is changed."""
    return {"data": {"status": "SUCCESS", "record": {**RECORD, **changed}}}


def error(kind: str, message: str, **info: object) -> object:
    """Make the answer that is an error."""
    body = {"message": message, "errorType": kind, "data": None, "errorInfo": info}
    return {"error": body}


def outdated(request: str) -> object:
    """Make the answer to a change that loses against what is stored."""
    return error("409", "Something newer is stored", code="CONFLICT", requestId=request)


@pytest.fixture
def desk() -> Iterator[DemandDesk]:
    """Open a desk."""
    with demand_desk() as opened:
        yield opened


def test_the_example_of_the_users_document(desk: DemandDesk) -> None:
    """The seed's save succeeds and gives the record."""
    answer = desk.save({"eventId": "evt123", "saleId": "sale456", "email": "fan@example.com"})
    assert answer == success()


def test_an_uncontended_save_is_three_rounds(desk: DemandDesk) -> None:
    """A save asks the account, then reads the store once, then writes once."""
    desk.save(INPUT)
    assert [(asked.round, type(asked.question).__name__, asked.source) for asked in desk.asked] == [
        (0, "AccountInfo", "proxy_tm_account_service"),
        (1, "DemandSaleRecord", "demand_table"),
        (1, "DemandRecords", "demand_table"),
        (2, "PutDemandRecord", "demand_table"),
    ]


def request_ids(desk: DemandDesk) -> list[str]:
    """Give the ids of the requests that are kept."""
    item = desk.stored("evt123", "sale456")
    assert item is not None
    requests = item["requests"]
    assert isinstance(requests, list)
    assert all(len(digest) == 64 for _, digest in requests)
    return [request for request, _ in requests]


def stored(desk: DemandDesk) -> Mapping[str, object]:
    """Give what is stored, without the requests."""
    item = desk.stored("evt123", "sale456")
    assert item is not None
    return {name: value for name, value in item.items() if name != "requests"}


def test_a_stored_record(desk: DemandDesk) -> None:
    """A save leaves the item of docs/reference/tables-and-keys.md."""
    desk.save({**INPUT, "attributes": {"seats": 2}})
    written = ["2026-11-01T08:00:00Z", "request-1"]
    assert request_ids(desk) == ["request-1"]
    assert stored(desk) == {
        "PK": "fan:user123",
        "SK": "demand#evt123-sale456",
        "eventId": "evt123",
        "saleId": "sale456",
        "fanId": "user123",
        "email": "fan@example.com",
        "attributes": {"seats": "2"},
        "requestedAt": "2026-11-01T08:00:00Z",
        "updatedAt": "2026-11-01T08:00:00Z",
        "version": 1,
        "stamps": {"record": written, "email": written, "attributes.seats": written},
    }


def test_every_field(desk: DemandDesk) -> None:
    """A record shows all that was asked for; attributes are JSON text."""
    given = {
        **INPUT,
        "contactMethod": "SMS",
        "locale": "en-GB",
        "attributes": {"b": {"row": None, "at": [1, 1.5]}, "a": "é", "none": None},
    }
    assert desk.save(given) == success(
        contactMethod="SMS",
        locale="en-GB",
        attributes='{"a":"\\u00e9","b":{"at":[1,1.5],"row":null}}',
    )


def test_a_locale_with_an_underscore(desk: DemandDesk) -> None:
    """A locale is stored and shown with hyphens; a retry is the same however it was stored."""
    given = {**INPUT, "locale": "en_GB"}
    assert desk.save(given) == success(locale="en-GB")
    assert stored(desk)["locale"] == "en-GB"
    assert desk.save(given) == success(locale="en-GB")


def test_a_locale_is_digested_as_it_was_given(desk: DemandDesk) -> None:
    """A request is known by the digest that earlier releases made of it."""
    desk.save({**INPUT, "locale": "en_GB"})
    asked = [{"email": '"fan@example.com"', "locale": '"en_GB"'}, None, False]
    digest = digest_of(["Mutation.demandRecordSave", ["user123", "evt123", "sale456"], asked])
    item = desk.stored("evt123", "sale456")
    assert item is not None
    assert item["requests"] == [["request-1", digest]]


def test_attributes_as_text(desk: DemandDesk) -> None:
    """Attributes that come as JSON text are read as strictly, and numbers survive as they are."""
    text = '{"price": 12.345678901234567890, "big": 123456789012345678901234567890, "e": 1e400}'
    answer = desk.save({**INPUT, "attributes": text})
    assert isinstance(answer, dict)
    assert "data" in answer
    shown = json.loads(answer["data"]["record"]["attributes"], parse_float=Decimal)
    assert shown == {
        "price": Decimal("12.345678901234567890"),
        "big": 123456789012345678901234567890,
        "e": Decimal("1e400"),
    }


def test_a_second_save_changes_what_it_names(desk: DemandDesk) -> None:
    """What is absent stays, ``null`` clears, the rest changes; versions and times go on."""
    desk.save({**INPUT, "locale": "fr", "contactMethod": "SMS", "attributes": {"a": 1, "b": 2}})
    desk.now += timedelta(seconds=1.25)
    changed = {**KEY, "contactMethod": None, "locale": "nl", "attributes": {"b": None, "c": 3}}
    assert desk.save(changed) == success(
        locale="nl",
        attributes='{"a":1,"c":3}',
        updatedAt="2026-11-01T08:00:01.250000Z",
        version=2,
    )


def test_clearing_all_attributes(desk: DemandDesk) -> None:
    """``attributes: null`` clears them all; an empty object changes none."""
    desk.save({**INPUT, "attributes": {"a": 1}})
    desk.now = at(1)
    assert desk.save({**KEY, "attributes": {}}) == success(
        attributes='{"a":1}', updatedAt="2026-11-01T08:00:01Z", version=2
    )
    desk.now = at(2)
    assert desk.save({**KEY, "attributes": None}) == success(
        updatedAt="2026-11-01T08:00:02Z", version=3
    )


def test_defaults(desk: DemandDesk) -> None:
    """Holes are filled from the newest other record of the event, then from the account."""
    desk.save({**KEY, "saleId": "s1", "email": "s1@example.com", "locale": "fr"})
    desk.now = at(1)
    desk.save({**KEY, "saleId": "s2", "email": None, "locale": "nl"})
    desk.save({"eventId": "evt124", "saleId": "s3", "contactMethod": "SMS"})
    moment = "2026-11-01T08:00:01Z"
    assert desk.save(KEY) == success(
        email="s1@example.com", locale="nl", requestedAt=moment, updatedAt=moment
    )


def test_the_mail_address_of_the_account(desk: DemandDesk) -> None:
    """A fan who gives no address is reached at the account's; one who clears it is not."""
    assert desk.save(KEY) == success()
    assert desk.save({**KEY, "email": None}) == success(email=None, version=2)


def test_a_save_that_is_sent_again(desk: DemandDesk) -> None:
    """A known request, however it is written, answers what is stored and writes nothing."""
    desk.save(INPUT)
    item = desk.stored("evt123", "sale456")
    desk.now = at(99)
    assert desk.save(dict(list(INPUT.items())[::-1])) == success()
    assert desk.stored("evt123", "sale456") == item
    assert [type(asked.question).__name__ for asked in desk.asked] == [
        "AccountInfo",
        "DemandSaleRecord",
        "DemandRecords",
    ]


@pytest.mark.parametrize(
    "other",
    [
        {**INPUT, "email": "other@example.com"},
        {**INPUT, "email": None},
        {**KEY, "requestId": "request-1"},
        {**INPUT, "attributes": None},
    ],
    ids=["another value", "null", "absent", "null where nothing was"],
)
def test_a_request_id_of_another_request(desk: DemandDesk, other: Mapping[str, object]) -> None:
    """A known request id with another input is a conflict that names it, and nothing is written."""
    desk.save(INPUT)
    item = desk.stored("evt123", "sale456")
    reused = "This request id was used for another request"
    conflict = error("409", reused, code="CONFLICT", requestId="request-1")
    assert desk.save(other) == conflict
    assert desk.delete({**KEY, "requestId": "request-1"}) == conflict
    assert desk.stored("evt123", "sale456") == item


def test_a_request_id_is_of_one_record(desk: DemandDesk) -> None:
    """Another record may be saved under a request id that is in use."""
    desk.save(INPUT)
    assert desk.save({**INPUT, "saleId": "s2"}) == success(saleId="s2")


def test_a_request_id_is_made_where_none_is_given(desk: DemandDesk) -> None:
    """Two saves without a request id are two requests."""
    desk.save(KEY)
    desk.save({**KEY, "requestId": None})
    assert request_ids(desk) == ["minted-0", "minted-1"]


def test_the_last_64_requests_are_known(desk: DemandDesk) -> None:
    """A request is known until 64 others have been made; beyond that it is applied anew."""
    for index in range(65):
        desk.now = at(index)
        desk.save({**KEY, "requestId": f"r-{index}"})
    requests = ("r-1", "r-64", "r-0", "r-2", "r-1")
    answers = []
    for index, name in enumerate(requests, 65):
        desk.now = at(index)
        answers.append(desk.save({**KEY, "requestId": name}))
    assert answers == [
        success(version=version, updatedAt=f"2026-11-01T08:01:{second:02}Z")
        for version, second in ((65, 4), (65, 4), (66, 7), (66, 7), (67, 9))
    ]


def test_a_delete(desk: DemandDesk) -> None:
    """A deleted record is no longer there, and its tombstone tells nothing of the fan."""
    desk.save({**INPUT, "locale": "fr", "attributes": {"phone": "+442071838750"}})
    desk.now = at(5)
    assert desk.delete({**KEY, "requestId": "request-2"}) == DELETED
    assert desk.records() == {"data": []}
    assert request_ids(desk) == ["request-1", "request-2"]
    assert stored(desk) == {
        "PK": "fan:user123",
        "SK": "demand#evt123-sale456",
        "eventId": "evt123",
        "saleId": "sale456",
        "fanId": "user123",
        "requestedAt": "2026-11-01T08:00:00Z",
        "updatedAt": "2026-11-01T08:00:05Z",
        "deletedAt": ["2026-11-01T08:00:05Z", "request-2"],
        "version": 2,
        "stamps": {},
        "ttl": int(at(5).timestamp()) + 30 * 24 * 60 * 60,
    }


def test_a_delete_of_nothing(desk: DemandDesk) -> None:
    """Deleting what is not there succeeds, once and again."""
    given = {**KEY, "requestId": "request-1"}
    assert [desk.delete(given), desk.delete(given), desk.delete(KEY)] == [DELETED] * 3


def test_a_save_after_a_delete(desk: DemandDesk) -> None:
    """A newer save makes a record live again, without what it had, and continues its version."""
    desk.save({**INPUT, "locale": "fr"})
    desk.now = at(1)
    desk.delete(KEY)
    desk.now = at(2)
    assert desk.save({**KEY, "email": "new@example.com"}) == success(
        email="new@example.com", updatedAt="2026-11-01T08:00:02Z", version=3
    )


def test_a_late_save_after_a_delete(desk: DemandDesk) -> None:
    """A save that was made before the delete, by a clock that is behind, changes nothing."""
    desk.now = at(5)
    desk.delete(KEY)
    desk.now = at(4)
    assert desk.save(INPUT) == outdated("request-1")
    assert desk.records() == {"data": []}


def test_a_delete_after_a_clock_that_was_a_day_ahead(desk: DemandDesk) -> None:
    """A delete that leaves the record live is no success; asked again later, it is one."""
    desk.now = at(86_400)
    desk.save({**INPUT, "requestId": "ahead"})
    desk.now = at(5)
    before = stored(desk)
    assert desk.delete({**KEY, "requestId": "mine"}) == outdated("mine")
    assert stored(desk) == before
    desk.now = at(86_401)
    assert desk.delete({**KEY, "requestId": "mine"}) == DELETED


def test_a_lost_reply(desk: DemandDesk) -> None:
    """A write whose reply is lost is known again, and was one write."""
    desk.source.lose_replies.append(True)
    assert desk.save(INPUT) == success()
    assert desk.source.attempts == [0]


def test_a_conflict_that_persists(desk: DemandDesk) -> None:
    """After five more attempts a save is a conflict, whose request id can be sent again."""
    rivals = {**KEY, "email": "rival@example.com"}
    desk.source.rivals.extend([lambda: desk.rival().save(rivals)] * 6)
    given = {**INPUT, "requestId": "request-2"}
    message = "Others kept changing this"
    assert desk.save(given) == error("409", message, code="CONFLICT", requestId="request-2")
    assert desk.source.attempts == [0, 1, 2, 3, 4, 5]
    desk.now = at(1)
    assert desk.save(given) == success(updatedAt="2026-11-01T08:00:01Z", version=7)


def test_conflicts_that_pass(desk: DemandDesk) -> None:
    """After five rivals the sixth attempt succeeds, and nothing of theirs is lost."""
    saves = [{**KEY, "attributes": {f"a{index}": index}} for index in range(5)]
    desk.source.rivals.extend(partial(desk.rival().save, given) for given in saves)
    attributes = '{"a0":0,"a1":1,"a2":2,"a3":3,"a4":4}'
    assert desk.save(INPUT) == success(attributes=attributes, version=6)


@pytest.mark.parametrize("field", ["demandRecordSave", "demandRecordDelete"])
@pytest.mark.parametrize("given", ["mine", None])
def test_out_of_order(field: str, given: str | None) -> None:
    """A mutation that a system kept from happening names the request id to try again with."""
    with demand_desk("proxy_tm_account_service") as desk:
        arguments = {"input": {**KEY, "requestId": given}}
        assert desk.call(f"Mutation.{field}", arguments) == error(
            "503",
            "proxy_tm_account_service is unavailable",
            code="UNAVAILABLE",
            system="proxy_tm_account_service",
            requestId=given or "minted-0",
        )


class Late:
    """A source that has no time left."""

    def fetch(self, asks: Sequence[Ask], /) -> Sequence[Answered]:
        """Answer nothing in time."""
        return [Answered(DeadlineExceeded("demand_table"))] * len(asks)


def test_out_of_time(desk: DemandDesk) -> None:
    """A mutation that ran out of time names the request id to try again with."""
    late = attrs.evolve(desk, source=Late())  # type: ignore[arg-type]  # no counter
    assert late.save(INPUT) == error(
        "504",
        "Out of time while waiting for demand_table",
        code="DEADLINE_EXCEEDED",
        system="demand_table",
        requestId="request-1",
    )


@pytest.mark.parametrize(
    ("field", "arguments", "retry"),
    [
        ("Mutation.demandRecordSave", {"input": KEY}, {"requestId": "minted-0"}),
        ("Mutation.demandRecordDelete", {"input": KEY}, {"requestId": "minted-0"}),
        ("Demand.records", {}, {}),
    ],
)
def test_a_malformed_item(
    desk: DemandDesk, field: str, arguments: Mapping[str, object], retry: Mapping[str, object]
) -> None:
    """A malformed stored record makes the table unavailable, and is not written over."""
    desk.save(INPUT)
    item = {**(desk.stored("evt123", "sale456") or {}), "version": "1"}
    desk.tables.load("demand_table", [item])
    unavailable = {"code": "UNAVAILABLE", "system": "demand_table"}
    answer = error("503", "demand_table is unavailable", **unavailable, **retry)
    assert desk.call(field, arguments) == answer
    assert desk.stored("evt123", "sale456") == item


@pytest.mark.parametrize("field", ["save", "delete"])
def test_no_session(desk: DemandDesk, field: str) -> None:
    """A caller whose session is no login is told to log in, and nothing else is asked."""
    mutation = f"Mutation.demandRecord{field.title()}"
    answer = desk.call(mutation, {"input": KEY}, user("logged-out-fan"))
    assert answer == error("401", "User not logged in", code="NOT_LOGGED_IN")
    assert [type(asked.question).__name__ for asked in desk.asked] == ["AccountInfo"]
    assert desk.stored("evt123", "sale456", GlobalUserId("logged-out-fan")) is None


def test_records(desk: DemandDesk) -> None:
    """A fan's records are their own live ones, of one event or of all, as they were saved."""
    desk.save(INPUT)
    desk.save({**INPUT, "saleId": "s2", "attributes": {"a": 1}})
    desk.save({**INPUT, "eventId": "evt123-4", "saleId": "s3"})
    desk.save({**INPUT, "saleId": "gone"})
    desk.now = at(1)
    desk.delete({**KEY, "saleId": "gone"})
    desk.call("Mutation.demandRecordSave", {"input": INPUT}, user("user124"))
    second = {**RECORD, "saleId": "s2", "attributes": '{"a":1}'}
    third = {**RECORD, "eventId": "evt123-4", "saleId": "s3"}
    assert desk.records("evt123") == {"data": [second, RECORD]}
    assert desk.records("evt123-4") == {"data": [third]}
    assert desk.records("evt") == {"data": []}
    assert desk.records() == {"data": [third, second, RECORD]}


def listed(answer: object) -> tuple[list[str], str | None]:
    """Give the sales of a page, and its token."""
    assert isinstance(answer, dict)
    page = answer["data"]
    return [record["saleId"] for record in page["items"]], page["nextToken"]


def test_pages_of_records(desk: DemandDesk) -> None:
    """Page after page is the list; a tombstone counts, so that a page may be empty."""
    for name in ("a", "b", "c", "d"):
        desk.save({**INPUT, "saleId": name})
    desk.now = at(1)
    desk.delete({**KEY, "saleId": "b"})
    pages: list[list[str]] = []
    token: str | None = None
    while token is not None or not pages:
        more = {} if token is None else {"nextToken": token}
        sales, token = listed(desk.call("Demand.records", {"limit": 1, **more}))
        assert len(desk.asked) == 1
        pages.append(sales)
    assert pages == [["a"], [], ["c"], ["d"]]


def test_a_token_is_of_one_list(desk: DemandDesk) -> None:
    """A token of another fan's list, or of another event's, is refused, and nothing is asked."""
    for name in ("a", "b"):
        desk.save({**INPUT, "saleId": name})
    _, token = listed(desk.call("Demand.records", {"eventId": "evt123", "limit": 1}))
    wrong = error("400", "arguments.nextToken: not a token of this list", code="INVALID_INPUT")
    for arguments, fan in (
        ({"eventId": "evt123"}, "user124"),
        ({"eventId": "evt12"}, FAN),
        ({}, FAN),
    ):
        given = {**arguments, "nextToken": token}
        assert desk.call("Demand.records", given, user(fan)) == wrong
        assert desk.asked == ()
    given = {"eventId": "evt123", "nextToken": token, "globalUserId": FAN}
    assert listed(desk.call("Demand.records", given, service())) == (["b"], None)


@pytest.mark.parametrize("token", [5, ["a"], {}, True])
def test_a_token_that_is_no_text(desk: DemandDesk, token: object) -> None:
    """A token that is no text is refused by its path."""
    wrong = error("400", "arguments.nextToken: expected a string", code="INVALID_INPUT")
    assert desk.call("Demand.records", {"nextToken": token}) == wrong


@pytest.mark.parametrize("limit", ["1", 1.0, True, [1]])
def test_a_limit_that_is_no_integer(desk: DemandDesk, limit: object) -> None:
    """A limit that is no integer is refused by its path."""
    wrong = error("400", "arguments.limit: expected an integer", code="INVALID_INPUT")
    assert desk.call("Demand.records", {"limit": limit}) == wrong


def test_null_is_not_said(desk: DemandDesk) -> None:
    """Arguments that are ``null`` are as good as left out, for a fan too."""
    desk.save(INPUT)
    nulls = dict.fromkeys(("eventId", "limit", "nextToken", "globalUserId"))
    assert desk.call("Demand.records", nulls) == desk.call("Demand.records", {})


def test_a_record_that_others_wrote(desk: DemandDesk) -> None:
    """A record without stamps is shown, changed by what is newer, and not by what is older."""
    desk.tables.load(
        "demand_table",
        [
            {
                "PK": "fan:user123",
                "SK": "demand#evt123-sale456",
                **KEY,
                "fanId": "user123",
                "email": "fan@example.com",
                "locale": "fr",
                "updatedAt": "2026-11-01T08:00:00Z",
                "version": 41,
            }
        ],
    )
    assert desk.records() == {"data": [{**RECORD, "locale": "fr", "version": 41}]}
    desk.now = at(-1)
    earlier = "2026-11-01T07:59:59Z"
    assert desk.save({**KEY, "locale": "nl", "contactMethod": "SMS"}) == success(
        locale="fr", contactMethod="SMS", requestedAt=earlier, version=42
    )
    desk.now = at(0)
    assert desk.save({**KEY, "locale": "nl"}) == success(
        locale="nl", contactMethod="SMS", requestedAt=earlier, version=43
    )


DEEP = "[" * 100_000 + "]" * 100_000
INVALID_IDS: list[tuple[Mapping[str, object], str]] = [
    ({"eventId": None}, "arguments.input.eventId: expected 1 to 128 characters"),
    ({"eventId": 123}, "arguments.input.eventId: expected 1 to 128 characters"),
    ({"saleId": ["s"]}, "arguments.input.saleId: expected 1 to 128 characters"),
    ({"saleId": "a\nb"}, "arguments.input.saleId: expected 1 to 128 characters"),
    ({"saleId": "a\u2028b"}, "arguments.input.saleId: expected 1 to 128 characters"),
    ({"saleId": "s" * 129}, "arguments.input.saleId: expected 1 to 128 characters"),
    ({"saleId": ""}, "arguments.input.saleId: expected 1 to 128 characters"),
    ({"saleId": "\ud800"}, "arguments.input.saleId: expected 1 to 128 characters"),
    ({"requestId": ""}, "arguments.input.requestId: expected 1 to 128 characters"),
    ({"requestId": 1}, "arguments.input.requestId: expected 1 to 128 characters"),
]

INVALID_INPUTS: list[tuple[Mapping[str, object], str]] = [
    ({"email": 5}, "arguments.input.email: expected a mail address"),
    ({"email": True}, "arguments.input.email: expected a mail address"),
    ({"email": ""}, "arguments.input.email: expected a mail address"),
    ({"email": "fan@example"}, "arguments.input.email: expected a mail address"),
    ({"email": "fan\ud800@example.com"}, "arguments.input.email: expected a mail address"),
    ({"contactMethod": "FAX"}, "arguments.input.contactMethod: expected EMAIL or SMS"),
    ({"contactMethod": "email"}, "arguments.input.contactMethod: expected EMAIL or SMS"),
    ({"contactMethod": 1}, "arguments.input.contactMethod: expected EMAIL or SMS"),
    ({"contactMethod": ["SMS"]}, "arguments.input.contactMethod: expected EMAIL or SMS"),
    ({"contactMethod": {}}, "arguments.input.contactMethod: expected EMAIL or SMS"),
    ({"locale": "english"}, "arguments.input.locale: expected a locale such as en-GB"),
    ({"locale": 44}, "arguments.input.locale: expected a locale such as en-GB"),
    ({"attributes": []}, "arguments.input.attributes: expected a JSON object"),
    ({"attributes": 1}, "arguments.input.attributes: expected a JSON object"),
    ({"attributes": "[]"}, "arguments.input.attributes: expected a JSON object"),
    ({"attributes": "{"}, "arguments.input.attributes"),
    ({"attributes": '{"a":1,"a":2}'}, "arguments.input.attributes"),
    ({"attributes": '{"a":NaN}'}, "arguments.input.attributes"),
    ({"attributes": f'{{"a":{DEEP}}}'}, "arguments.input.attributes"),
    ({"attributes": {"a": float("nan")}}, "arguments.input.attributes"),
    ({"attributes": {"a": [float("inf")]}}, "arguments.input.attributes"),
    ({"attributes": {"\ud800": 1}}, "arguments.input.attributes: expected JSON"),
    ({"attributes": {"a": "\ud800"}}, "arguments.input.attributes"),
    ({"attributes": {"a": {"\udfff": 1}}}, "arguments.input.attributes"),
    ({"attributes": '{"a":"\\ud800"}'}, "arguments.input.attributes"),
    (
        {"attributes": {f"a{index}": index for index in range(65)}},
        "arguments.input.attributes: more than 64 keys",
    ),
    ({"attributes": {"a": "x" * 16_384}}, "arguments.input.attributes: over 16384 bytes"),
    ({"attributes": {"x" * 16_384: None}}, "arguments.input.attributes: over 16384 bytes"),
    ({"fanId": "user124"}, "arguments.input: unknown key"),
    ({"version": 1}, "arguments.input: unknown key"),
]

INVALID = [
    *((given, problem, "INVALID_ID") for given, problem in INVALID_IDS),
    *((given, problem, "INVALID_INPUT") for given, problem in INVALID_INPUTS),
]


@pytest.mark.parametrize(("given", "problem", "code"), INVALID, ids=range(len(INVALID)))
def test_bad_input(desk: DemandDesk, given: Mapping[str, object], problem: str, code: str) -> None:
    """What is not as the schema says is refused with its path; nothing is coerced or written."""
    answer = desk.save({**INPUT, **given})
    assert isinstance(answer, dict)
    body = answer["error"]
    assert body == {
        "message": body["message"],
        "errorType": "400",
        "data": None,
        "errorInfo": {"code": code},
    }
    assert body["message"].startswith(problem)
    assert desk.records() == {"data": []}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "arguments.input: required"),
        ({"input": None}, "arguments.input: expected an object"),
        ({"input": []}, "arguments.input: expected an object"),
        ({"input": {"saleId": "sale456"}}, "arguments.input.eventId: required"),
        ({"input": {"eventId": "evt123"}}, "arguments.input.saleId: required"),
        ({"input": KEY, "globalUserId": "user124"}, "arguments: unknown key"),
    ],
)
@pytest.mark.parametrize("field", ["demandRecordSave", "demandRecordDelete"])
def test_bad_arguments(
    desk: DemandDesk, field: str, arguments: Mapping[str, object], problem: str
) -> None:
    """Arguments that are missing, or that no mutation has, are refused with their path."""
    answer = desk.call(f"Mutation.{field}", arguments)
    assert isinstance(answer, dict)
    body = answer["error"]
    assert (body["errorType"], body["errorInfo"]) == ("400", {"code": "INVALID_INPUT"})
    assert body["message"].startswith(problem)
    assert desk.asked == ()


def test_a_delete_takes_a_key_only(desk: DemandDesk) -> None:
    """What a delete cannot use is refused."""
    answer = desk.delete(INPUT)
    assert isinstance(answer, dict)
    assert answer["error"]["errorType"] == "400"


@pytest.mark.parametrize("event", ["", "a\nb", 5, ["evt123"]])
def test_records_of_no_event(desk: DemandDesk, event: object) -> None:
    """An event that has no id is refused."""
    answer = desk.call("Demand.records", {"eventId": event})
    assert isinstance(answer, dict)
    assert answer["error"]["errorInfo"] == {"code": "INVALID_ID"}


def nested(depth: int) -> object:
    """Make lists in lists."""
    value: object = 0
    for _ in range(depth):
        value = [value]
    return value


def test_any_depth_is_stored_or_refused_by_its_path(desk: DemandDesk) -> None:
    """However deep attributes nest, they are either stored or refused with their path."""

    def refusal(depth: int) -> object:
        desk.now += timedelta(seconds=1)
        answer = desk.save({**KEY, "attributes": {"a": nested(depth)}})
        assert isinstance(answer, dict)
        return answer["error"]["message"] if "error" in answer else None

    stored, refused = 1, 100_000
    while refused - stored > 1:
        depth = (stored + refused) // 2
        stored, refused = (stored, depth) if refusal(depth) else (depth, refused)
    around = {refusal(depth) for depth in range(stored - 10, refused + 30)}
    assert around == {None, "arguments.input.attributes: expected JSON"}


def test_the_caller_is_the_fan(desk: DemandDesk) -> None:
    """Whose record it is, is decided by the login alone."""
    desk.call("Mutation.demandRecordSave", {"input": KEY}, user("user124"))
    assert desk.stored("evt123", "sale456", FAN) is None
    assert desk.stored("evt123", "sale456", GlobalUserId("user124")) is not None


def event_reason(desk: DemandDesk) -> object:
    """Give the score's reason for the boost of the show's event, asked for by its other id."""
    arguments = {"globalUserId": "new-fan", "eventId": "evt456"}
    answer = desk.call("VFApi.accountFanscore", arguments, user("new-fan"))
    assert isinstance(answer, dict)
    score = answer["data"]
    [points] = [each["points"] for each in score["reasons"] if each["code"].startswith("EVENT_")]
    assert score["boosts"]["event"] == points
    return points


def test_what_a_fan_saves_is_what_the_score_sees(desk: DemandDesk) -> None:
    """Demand for an event boosts the score for every id of that event, for as long as it lasts."""
    desk.tables.load("demand_table", SAMPLE.tables["demand_table"])
    one = {"eventId": "disco456", "saleId": "sale789"}
    points = [event_reason(desk)]
    for field, given in (
        ("demandRecordSave", one),
        ("demandRecordSave", {**one, "eventId": "disco4567"}),
        ("demandRecordSave", {**one, "saleId": "sale790"}),
        ("demandRecordDelete", one),
    ):
        desk.now += timedelta(seconds=1)
        desk.call(f"Mutation.{field}", {"input": given}, user("new-fan"))
        points.append(event_reason(desk))
    assert points == [0, 4, 4, 6, 4]

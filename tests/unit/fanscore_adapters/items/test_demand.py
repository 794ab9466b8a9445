from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import attrs
import pytest

from fanscore_adapters.documents.json_text import json_text, parse_stored_json
from fanscore_adapters.items import keys
from fanscore_adapters.items.demand import (
    read_record,
    record_item,
)
from fanscore_adapters.items.operations import PageRange, Put, Refused
from fanscore_adapters.items.tables import LOOKUPS, PREFIX_READS, WRITES
from fanscore_core.demand import DemandRecord, StoredDemandRecord, fill
from fanscore_core.errors import InvalidInput, Unavailable
from fanscore_core.ids import EventId, SaleId
from fanscore_core.merging import Stamp, Written, merge
from fanscore_core.pages import Page
from fanscore_core.ports.demand import EventDemandCount
from fanscore_core.ports.demand_records import (
    DemandRecords,
    DemandRecordsPage,
    DemandSaleRecord,
    PutDemandRecord,
)
from fanscore_core.ports.put_outcome import PutOutcome
from tests.demand_samples import (
    EVENT,
    FAN,
    KEY,
    SALE,
    at,
    deleted,
    sale,
    saved,
    stamp,
    stored,
)

MAIL = "fan@example.com"

LIVE = stored(
    fill(
        merge(
            merge(deleted(1, "r-0"), saved(2, "r-1", locale="en-GB", attributes={"a": 1, "b": 2})),
            saved(3.5, "r-2", contactMethod=None, attributes={"a": 1.5, "c": None}),
        ),
        [],
        MAIL,
    ),
    3,
    {"r-0": "digest-0", "r-1": "digest-1", "r-2": "digest-2"},
)

LIVE_ITEM: Mapping[str, object] = {
    "PK": "fan:user123",
    "SK": "demand#evt123-sale456",
    "eventId": "evt123",
    "saleId": "sale456",
    "fanId": "user123",
    "email": "fan@example.com",
    "locale": "en-GB",
    "attributes": {"a": "1.5", "b": "2"},
    "requestedAt": "2026-11-01T08:00:02Z",
    "updatedAt": "2026-11-01T08:00:03.500000Z",
    "deletedAt": ["2026-11-01T08:00:01Z", "r-0"],
    "version": 3,
    "requests": [["r-0", "digest-0"], ["r-1", "digest-1"], ["r-2", "digest-2"]],
    "stamps": {
        "record": ["2026-11-01T08:00:03.500000Z", "r-2"],
        "email": ["2026-11-01T08:00:01Z", LIVE.record.fields["email"].stamp.request_id],
        "contactMethod": ["2026-11-01T08:00:03.500000Z", "r-2"],
        "locale": ["2026-11-01T08:00:02Z", "r-1"],
        "attributes.a": ["2026-11-01T08:00:03.500000Z", "r-2"],
        "attributes.b": ["2026-11-01T08:00:02Z", "r-1"],
        "attributes.c": ["2026-11-01T08:00:03.500000Z", "r-2"],
    },
}

CLEARED = stored(saved(2, email=MAIL, clear_attributes=True))
CLEARED_ITEM: Mapping[str, object] = {
    "PK": "fan:user123",
    "SK": "demand#evt123-sale456",
    "eventId": "evt123",
    "saleId": "sale456",
    "fanId": "user123",
    "email": "fan@example.com",
    "requestedAt": "2026-11-01T08:00:02Z",
    "updatedAt": "2026-11-01T08:00:02Z",
    "version": 1,
    "requests": [["request-1", "digest-1"]],
    "stamps": {
        "record": ["2026-11-01T08:00:02Z", "request-1"],
        "attributes": ["2026-11-01T08:00:02Z", "request-1"],
        "email": ["2026-11-01T08:00:02Z", "request-1"],
    },
}

TOMBSTONE = stored(
    merge(saved(1, "r-1", email=MAIL, locale="fr", attributes={"phone": "x"}), deleted(5, "r-2")),
    2,
    {"r-1": "digest-1", "r-2": "digest-2"},
)
TOMBSTONE_ITEM: Mapping[str, object] = {
    "PK": "fan:user123",
    "SK": "demand#evt123-sale456",
    "eventId": "evt123",
    "saleId": "sale456",
    "fanId": "user123",
    "requestedAt": "2026-11-01T08:00:01Z",
    "updatedAt": "2026-11-01T08:00:05Z",
    "deletedAt": ["2026-11-01T08:00:05Z", "r-2"],
    "ttl": int(datetime(2026, 12, 1, 8, 0, 5, tzinfo=UTC).timestamp()),
    "version": 2,
    "requests": [["r-1", "digest-1"], ["r-2", "digest-2"]],
    "stamps": {},
}

FORMATS = {
    "live": (LIVE, LIVE_ITEM),
    "cleared attributes": (CLEARED, CLEARED_ITEM),
    "tombstone": (TOMBSTONE, TOMBSTONE_ITEM),
}

BARE_ITEM: Mapping[str, object] = {
    "PK": "fan:user123",
    "SK": "demand#evt123-sale456",
    "eventId": "evt123",
    "saleId": "sale456",
    "fanId": "user123",
    "requestedAt": "2026-11-01T08:00:01Z",
    "updatedAt": "2026-11-01T08:00:05Z",
    "version": 7,
}
"""What others wrote, who know nothing of stamps."""


@pytest.mark.parametrize(("record", "item"), FORMATS.values(), ids=list(FORMATS))
def test_the_format_of_an_item(record: StoredDemandRecord, item: Mapping[str, object]) -> None:
    """A record is stored as docs/reference/tables-and-keys.md say, and read back as it was."""
    assert record_item(record) == item
    assert read_record(item) == record
    text = json_text(record_item(record))
    again = parse_stored_json(text)
    assert isinstance(again, dict)
    assert (again, read_record(again)) == (item, record)


def test_a_tombstone_tells_nothing_of_the_fan() -> None:
    """A tombstone holds ids, times and digests, and stays for 30 days."""
    text = json_text(record_item(TOMBSTONE))
    assert not any(told in text for told in (MAIL, "fr", "phone", '"x"', "email", "locale"))
    assert TOMBSTONE_ITEM["ttl"] == at(5).timestamp() + 30 * 24 * 60 * 60


def test_a_delete_of_nothing_is_stored_too() -> None:
    """A tombstone of what was never there was never requested."""
    item = record_item(stored(deleted(5)))
    assert "requestedAt" not in item
    assert read_record(item) == stored(deleted(5))


@pytest.mark.parametrize("event", ["evt-1-2", "-"])
def test_an_event_id_with_hyphens(event: str) -> None:
    """The item of an event whose id has a hyphen lies where it is looked for."""
    key = (FAN, EventId(event), SALE)
    item = record_item(stored(saved(1, key=key)))
    assert (item["PK"], item["SK"]) == keys.demand_record(*key)
    assert read_record(item) == stored(saved(1, key=key))


def test_a_record_without_stamps() -> None:
    """What was stored without stamps counts as stamped ``(updatedAt, "")``."""
    default = Stamp(at(5), "")
    item = {**BARE_ITEM, "email": MAIL, "attributes": {"a": "[1]"}, "locale": None}
    assert read_record(item) == StoredDemandRecord(
        DemandRecord(
            *KEY,
            fields={
                "email": Written(default, f'"{MAIL}"'),
                "attributes.a": Written(default, "[1]"),
            },
            saved=default,
            deleted=None,
            attributes_cleared=None,
            requested_at=at(1),
            updated_at=at(5),
        ),
        version=7,
        requests=(),
    )


def test_a_value_without_a_stamp() -> None:
    """A value that others wrote into a stamped item counts as stamped ``(updatedAt, "")``."""
    read = read_record({**CLEARED_ITEM, "locale": "fr"})
    assert read.record.fields == {
        "email": Written(stamp(2), f'"{MAIL}"'),
        "locale": Written(Stamp(at(2), ""), '"fr"'),
    }


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("email", "a,b@example.com", "a,b@example.com"),
        ("locale", "en_GB", "en-GB"),
        ("locale", "en-12", "en-12"),
    ],
)
def test_what_was_legal_when_it_was_stored(name: str, text: str, read: str) -> None:
    """A value that is no argument any more can still be read; a locale has hyphens."""
    record = read_record({**BARE_ITEM, name: text}).record
    assert (record.value_of(name), list(record.fields)) == (read, [name])


def test_what_is_not_known_is_ignored() -> None:
    """Attributes of an item that are not of a record do not matter."""
    assert read_record({**LIVE_ITEM, "note": "by others"}) == LIVE


MALFORMED: list[tuple[Mapping[str, object], str]] = [
    ({"version": "1"}, "record.version: expected an integer"),
    ({"version": True}, "record.version: expected an integer"),
    ({"version": None}, "record.version: expected an integer"),
    (
        {"updatedAt": "2026-11-01"},
        "record.updatedAt: expected a date and time with offset, such as 2026-11-01T08:00:00Z",
    ),
    (
        {"requestedAt": "yesterday"},
        "record.requestedAt: expected a date and time with offset, such as 2026-11-01T08:00:00Z",
    ),
    ({"requests": [["r-1"]]}, "record.requests[0]: expected a list of 2"),
    ({"requests": {"r-1": "digest"}}, "record.requests: expected a list"),
    ({"requests": [["r\n1", "digest"]]}, "record.requests[0][0]: expected 1 to 128 characters"),
    ({"deletedAt": "2026-11-01T08:00:05Z"}, "record.deletedAt: expected a list"),
    ({"stamps": []}, "record.stamps: expected an object"),
    ({"stamps": {"email": "r-1"}}, "record.stamps.email: expected a time and a request id"),
    (
        {"stamps": {"email": ["now", "r-1"]}},
        "record.stamps.email: expected a date and time with offset, such as 2026-11-01T08:00:00Z",
    ),
    (
        {"stamps": {"email": ["0001-01-01T00:00:00+05:00", "r-1"]}},
        "record.stamps.email: expected a date and time with offset, such as 2026-11-01T08:00:00Z",
    ),
    (
        {"stamps": {"attributes.a": "r-1"}},
        "record.stamps.*: expected a time and a request id",
    ),
    ({"attributes": "{}"}, "record.attributes: expected an object"),
    ({"attributes": {"a": 1}}, "record.attributes.*: expected JSON text"),
    ({"attributes": {"a": "not JSON"}}, "record.attributes.*: "),
    ({"eventId": "evt\n123"}, "record.eventId: expected 1 to 128 characters"),
    ({"email": 5}, "record.email: "),
    ({"email": "nobody"}, "record.email: "),
    ({"contactMethod": "FAX"}, "record.contactMethod: "),
    ({"locale": ["fr"]}, "record.locale: "),
]


@pytest.mark.parametrize(("changed", "problem"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_item(changed: Mapping[str, object], problem: str) -> None:
    """An item that cannot be a record is refused with the path of the mistake."""
    with pytest.raises(InvalidInput) as caught:
        read_record({**BARE_ITEM, **changed})
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize("missing", ["eventId", "saleId", "fanId", "updatedAt", "version"])
def test_what_every_item_has(missing: str) -> None:
    """An item without ids, time or version is no record."""
    item = {name: value for name, value in BARE_ITEM.items() if name != missing}
    with pytest.raises(InvalidInput) as caught:
        read_record(item)
    assert repr(caught.value) == repr(InvalidInput(f"record.{missing}", "required"))


@pytest.mark.parametrize("version", [0, -1])
def test_a_version_counts_writes(version: int) -> None:
    """What is stored was written at least once; 0 stands for nothing stored."""
    with pytest.raises(InvalidInput):
        read_record({**BARE_ITEM, "version": version})


@pytest.mark.parametrize(
    "changed", [{"eventId": "evt124"}, {"saleId": "sale457"}, {"fanId": "user124"}]
)
def test_an_item_under_the_key_of_another(changed: Mapping[str, object]) -> None:
    """An item whose ids are not those of its key is nobody's record."""
    with pytest.raises(InvalidInput):
        read_record({**BARE_ITEM, **changed})


def test_a_record_is_looked_up_by_its_key() -> None:
    """A fan's record for a sale is one item; a tombstone is told as one, its absence as none."""
    asked = DemandSaleRecord(FAN, EVENT, SALE)
    read = LOOKUPS[DemandSaleRecord]
    assert (read.table, read.key(asked)) == (
        "demand_table",
        keys.Key("fan:user123", "demand#evt123-sale456"),
    )
    assert [read.make(item) for item in (LIVE_ITEM, TOMBSTONE_ITEM, None)] == [
        LIVE,
        TOMBSTONE,
        None,
    ]


@pytest.mark.parametrize(
    ("event", "prefix"), [(None, "demand#"), (EventId("evt-1"), "demand#evt%2D1-")]
)
def test_records_are_looked_up_by_a_prefix(event: EventId | None, prefix: str) -> None:
    """A fan's records of an event, or of all, are the items under a prefix, tombstones too."""
    read = PREFIX_READS[DemandRecords]
    asked = DemandRecords(FAN, event)
    assert (read.table, read.key(asked)) == ("demand_table", keys.Key("fan:user123", prefix))
    assert read.make([LIVE_ITEM, TOMBSTONE_ITEM, CLEARED_ITEM]) == (LIVE, TOMBSTONE, CLEARED)


def test_a_malformed_record_spoils_the_list() -> None:
    """A list that would lack a record names the table instead."""
    items: list[Mapping[str, object]] = [LIVE_ITEM, {**BARE_ITEM, "version": "1"}]
    answer = PREFIX_READS[DemandRecords].answer(items, lambda found: found)
    problem = "malformed item: record.version: expected an integer"
    assert repr(answer) == repr(Unavailable("demand_table", problem))


def test_the_number_of_live_records() -> None:
    """A tombstone is no demand."""
    read = PREFIX_READS[EventDemandCount]
    asked = EventDemandCount(FAN, EVENT)
    assert list(read.keys(asked)) == [keys.Key("fan:user123", "demand#evt123-")]
    other = {**CLEARED_ITEM, "SK": "demand#evt123-s-2"}
    assert [read.make(items) for items in ([], [LIVE_ITEM, TOMBSTONE_ITEM, other])] == [0, 2]


def test_a_sale_counts_once_under_two_ids_of_its_event() -> None:
    """Records under the other id of an event count too, each sale once, if one of them is live."""
    read = PREFIX_READS[EventDemandCount]
    asked = EventDemandCount(FAN, EVENT, EventId("evt-9"))
    assert list(read.keys(asked)) == [
        keys.Key("fan:user123", "demand#evt123-"),
        keys.Key("fan:user123", "demand#evt%2D9-"),
    ]
    found: list[Mapping[str, object]] = [
        {"SK": "demand#evt123-s-1"},
        {"SK": "demand#evt123-s2", "ttl": 1},
        {"SK": "demand#evt123-s3", "ttl": 1},
        {"SK": "demand#evt%2D9-s-1"},
        {"SK": "demand#evt%2D9-s2"},
        {"SK": "demand#evt%2D9-s3", "ttl": 1},
        {"SK": "demand#evt%2D9-s-4"},
    ]
    assert read.make(found) == 3


def test_a_record_without_a_sort_key() -> None:
    """What is no item of the table counts for nothing, and is said to be malformed."""
    items: list[Mapping[str, object]] = [{"version": 1}]
    answer = PREFIX_READS[EventDemandCount].answer(items, lambda found: found)
    problem = "malformed item: record.SK: expected text"
    assert repr(answer) == repr(Unavailable("demand_table", problem))


@pytest.mark.parametrize(
    ("event", "after", "start"),
    [
        (None, None, None),
        (None, "evt1-s1", "demand#evt1-s1"),
        (EventId("evt-1"), "s1", "demand#evt%2D1-s1"),
        (EventId("evt1"), "", "demand#evt1-"),
        (EventId("evt1"), "s" * 2000, "demand#evt1-" + "s" * (1024 - 12)),
        (EventId("evt1"), "sÿ" + "\u20ac" * 2000, "demand#evt1-sÿ" + "\u20ac" * 336),
    ],
)
def test_a_page_of_records(event: EventId | None, after: str | None, start: str | None) -> None:
    """A page is read from after where the last one ended; no start is longer than a sort key."""
    read = PREFIX_READS[DemandRecordsPage]
    asked = DemandRecordsPage(FAN, event, 7, after)
    assert read.key(asked) == keys.demand_of_fan(FAN, event)
    assert read.page_range(asked) == PageRange(7, start)
    assert read.answer_page((LIVE_ITEM, TOMBSTONE_ITEM), tuple, "s1") == Page(
        (LIVE, TOMBSTONE), "s1"
    )


def test_a_malformed_record_spoils_its_page() -> None:
    """A page that would lack a record names the table instead."""
    answer = PREFIX_READS[DemandRecordsPage].answer_page(
        [{"version": "1"}], lambda found: found, None
    )
    assert isinstance(answer, Unavailable)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_has_a_limit(limit: int) -> None:
    """A page without items would never come to an end."""
    read = PREFIX_READS[DemandRecordsPage]
    with pytest.raises(ValueError, match="limit"):
        read.page_range(DemandRecordsPage(FAN, EVENT, limit))


def test_a_put_on_the_condition_of_a_version() -> None:
    """A record is written if the stored one still has the version that was read."""
    effect = PutDemandRecord(attrs.evolve(LIVE, version=4), expected_version=3, attempt=2)
    write = WRITES[PutDemandRecord]
    assert list(write.puts(effect)) == [Put({**LIVE_ITEM, "version": 4}, {"version": 3})]
    assert (write.table, write.attempt(effect)) == ("demand_table", 2)


def test_a_first_put() -> None:
    """What was not there when it was read must not be there when it is written."""
    effect = PutDemandRecord(CLEARED, expected_version=0, attempt=0)
    write = WRITES[PutDemandRecord]
    assert list(write.puts(effect)) == [Put(CLEARED_ITEM, None)]
    assert write.attempt(effect) == 0


@pytest.mark.parametrize(
    ("refused", "answer"),
    [
        (None, PutOutcome(written=True)),
        (Refused(TOMBSTONE_ITEM), PutOutcome(written=False, stored=TOMBSTONE)),
        (Refused(None), PutOutcome(written=False, stored=None)),
    ],
)
def test_what_came_of_a_put(
    refused: Refused | None, answer: PutOutcome[StoredDemandRecord]
) -> None:
    """A put that was refused tells what lies there."""
    effect = PutDemandRecord(LIVE, expected_version=3, attempt=0)
    assert WRITES[PutDemandRecord].make(effect, refused) == answer


def test_another_sale_is_another_item() -> None:
    """Two sales of an event do not share an item."""
    items = [record_item(stored(saved(1, key=sale(SaleId(name))))) for name in ("s1", "s1-2")]
    assert [item["SK"] for item in items] == ["demand#evt123-s1", "demand#evt123-s1-2"]

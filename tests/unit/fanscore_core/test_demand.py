from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import attrs
import pytest

from fanscore_core.demand import (
    DemandRecord,
    StoredDemandRecord,
    attributes_text,
    deletion,
    fill,
    next_version,
    save,
)
from fanscore_core.errors import Conflict, ConflictReason
from fanscore_core.ids import EventId, GlobalUserId, RequestId
from fanscore_core.merging import LEAST, DifferentKeysError, Stamp, Written, applied_before, merge
from tests.demand_samples import (
    EVENT,
    FAN,
    KEY,
    SALE,
    at,
    change,
    deleted,
    sale,
    saved,
    stamp,
    stored,
)

MAIL = "fan@example.com"


def seen(record: DemandRecord) -> Mapping[str, object]:
    """Give what the API shows of a record's fields."""
    names = ("email", "contactMethod", "locale")
    values = {name: record.value_of(name) for name in names if record.value_of(name) is not None}
    return {**values, **record.attributes()}


def test_a_save_is_a_record_of_its_own() -> None:
    """A save makes a record whose every field carries the save's stamp."""
    made = save(KEY, {"email": '"fan@example.com"', "attributes.seats": "2"}, stamp(5))
    assert made == DemandRecord(
        FAN,
        EVENT,
        SALE,
        fields={
            "attributes.seats": Written(stamp(5), "2"),
            "email": Written(stamp(5), '"fan@example.com"'),
        },
        saved=stamp(5),
        deleted=None,
        attributes_cleared=None,
        requested_at=at(5),
        updated_at=at(5),
    )
    assert made.is_live


def test_a_save_may_clear_all_attributes() -> None:
    """Clearing all attributes at once is stamped like any write."""
    assert save(KEY, {}, stamp(5), clear_attributes=True) == DemandRecord(
        *KEY, saved=stamp(5), attributes_cleared=stamp(5), requested_at=at(5), updated_at=at(5)
    )


def test_a_delete_is_a_tombstone() -> None:
    """A delete makes a record that holds its stamp and nothing else."""
    made = deletion(KEY, stamp(5))
    assert made == DemandRecord(*KEY, deleted=stamp(5), updated_at=at(5))
    assert not made.is_live


def test_merged_records() -> None:
    """Of each field the newest write counts; the first request and the newest change do too."""
    first = saved(1, "a", email=MAIL, locale="en-GB", attributes={"seats": 2, "row": "A"})
    second = saved(9, "b", email="new@example.com", attributes={"seats": 4})
    assert merge(first, second) == DemandRecord(
        *KEY,
        fields={
            "attributes.row": Written(stamp(1, "a"), '"A"'),
            "attributes.seats": Written(stamp(9, "b"), "4"),
            "email": Written(stamp(9, "b"), '"new@example.com"'),
            "locale": Written(stamp(1, "a"), '"en-GB"'),
        },
        saved=stamp(9, "b"),
        deleted=None,
        attributes_cleared=None,
        requested_at=at(1),
        updated_at=at(9),
    )


def test_of_one_moment_the_greater_request_id_counts() -> None:
    """Writes of one moment are ordered by their request ids."""
    merged = merge(saved(1, "b", locale="fr"), saved(1, "a", locale="zh"))
    assert seen(merged) == {"locale": "fr"}


@pytest.mark.parametrize(("one", "other", "greater"), [("a", "b", "b"), ("b", None, None)])
def test_of_equal_stamps_the_greater_json_counts(
    one: str | None, other: str | None, greater: str | None
) -> None:
    """Of two values with one stamp the one with the greater canonical JSON counts."""
    merged = merge(saved(1, locale=one), saved(1, locale=other))
    assert merged.value_of("locale") == greater


@pytest.mark.parametrize(
    "other",
    [
        (GlobalUserId("user124"), EVENT, SALE),
        (FAN, EventId("evt124"), SALE),
        sale("sale457"),
    ],
)
def test_records_of_different_keys_do_not_merge(other: tuple[GlobalUserId, EventId, str]) -> None:
    """Merging records of two fans, events or sales is a mistake."""
    with pytest.raises(DifferentKeysError):
        merge(saved(1), saved(1, key=other))  # type: ignore[arg-type]  # a sale id is text


def test_an_explicit_null_clears() -> None:
    """``null`` clears a field and a key, and stays against older writes that come late."""
    cleared = saved(5, email=None, attributes={"seats": None})
    late = saved(3, email=MAIL, locale="en-GB", attributes={"seats": 2, "row": "A"})
    assert seen(merge(late, cleared)) == {"locale": "en-GB", "row": '"A"'}


def test_clearing_all_attributes() -> None:
    """Clearing all attributes clears those written before, late ones too, and no newer ones."""
    cleared = saved(5, clear_attributes=True)
    before, after = saved(4, attributes={"a": 1}), saved(6, attributes={"b": 2})
    merged = merge(merge(cleared, after), before)
    assert (seen(merged), merged.attributes_cleared) == ({"b": "2"}, stamp(5))


def test_clearing_all_attributes_clears_nothing_else() -> None:
    """Clearing all attributes leaves the other fields alone."""
    assert seen(merge(saved(1, email=MAIL), saved(5, clear_attributes=True))) == {"email": MAIL}


def test_a_tombstone_forgets() -> None:
    """A deleted record has no field left, and keeps when it was first requested."""
    merged = merge(saved(1, email=MAIL, attributes={"a": 1}), deleted(5))
    assert merged == DemandRecord(*KEY, deleted=stamp(5), requested_at=at(1), updated_at=at(5))


def test_a_late_older_save_does_not_resurrect() -> None:
    """A save that is older than the delete does not bring the record back."""
    merged = merge(deleted(5), saved(4, email=MAIL))
    assert merged == DemandRecord(*KEY, deleted=stamp(5), requested_at=at(4), updated_at=at(5))


def test_a_save_at_the_moment_of_the_delete_is_gone() -> None:
    """What is stamped as the delete is counts as deleted."""
    assert not merge(deleted(5), saved(5, email=MAIL)).is_live


def test_a_newer_save_resurrects() -> None:
    """A save that is newer than the delete makes the record live, with its own fields only."""
    old, new = saved(4, email=MAIL, locale="fr"), saved(6, locale="en-GB")
    merged = merge(merge(old, deleted(5)), new)
    assert merged == DemandRecord(
        *KEY,
        fields={"locale": Written(stamp(6), '"en-GB"')},
        saved=stamp(6),
        deleted=stamp(5),
        attributes_cleared=None,
        requested_at=at(4),
        updated_at=at(6),
    )


def test_a_cleared_field_has_no_value() -> None:
    """A cleared field shows neither as a value nor among the attributes."""
    record = saved(1, email=None, locale="fr", attributes={"a": None, "b": None, "c": 0})
    assert record.text_of("email") is record.value_of("email") is None
    assert record.text_of("contactMethod") is None
    assert (record.text_of("locale"), record.value_of("locale")) == ('"fr"', "fr")
    assert record.attributes() == {"c": "0"}


def test_defaults_of_the_newest_other_record() -> None:
    """A hole is filled from the newest of the fan's other records that has the field."""
    others = [
        saved(1, key=sale("s1"), email="s1@example.com", contactMethod="SMS", locale="fr"),
        saved(3, key=sale("s3"), email="s3@example.com", contactMethod=None),
        saved(2, key=sale("s2"), email="s2@example.com", contactMethod="EMAIL"),
    ]
    filled = fill(saved(9), others, MAIL)
    assert filled == attrs.evolve(
        saved(9),
        fields={
            "email": Written(LEAST, '"s3@example.com"'),
            "contactMethod": Written(LEAST, '"EMAIL"'),
            "locale": Written(LEAST, '"fr"'),
        },
    )


def test_of_equally_new_records_the_last_sale_gives_the_default() -> None:
    """Which default is taken does not depend on the order of the other records."""
    others = [saved(1, key=sale(name), locale=name) for name in ("fr", "nl", "de")]
    assert {fill(saved(9), order, None).value_of("locale") for order in (others, others[::-1])} == {
        "nl"
    }


def test_the_mail_address_of_the_account() -> None:
    """Where no other record has a mail address, the account's is the default."""
    others = [saved(1, key=sale("s1"), locale="fr", email=None)]
    assert seen(fill(saved(9), others, MAIL)) == {"email": MAIL, "locale": "fr"}


def test_no_default_at_all() -> None:
    """What neither the other records nor the account have stays a hole."""
    assert fill(saved(9), [], None) == saved(9)


def test_a_default_fills_holes_only() -> None:
    """What was asked for stays, and what was cleared stays clear."""
    record = saved(9, email=None, locale="en-GB")
    others = [saved(99, key=sale("s1"), email=MAIL, locale="fr")]
    assert fill(record, others, MAIL) == record


def test_attributes_have_no_default() -> None:
    """Attributes of other records are theirs."""
    others = [saved(1, key=sale("s1"), attributes={"seats": 2})]
    assert fill(saved(9), others, None) == saved(9)


def test_a_default_gives_way_to_an_older_save() -> None:
    """Anything that was asked for, however early, stands before a default."""
    filled = fill(saved(9), [], MAIL)
    assert seen(merge(filled, saved(1, email="asked@example.com"))) == {
        "email": "asked@example.com"
    }


def test_a_default_of_a_record_that_was_deleted_before() -> None:
    """A default of a resurrected record counts, and gives way to any save since the delete."""
    filled = fill(merge(deleted(5, "r"), saved(9)), [], MAIL)
    late = saved(5, "r-2", email="asked@example.com")
    assert seen(merge(filled, deleted(5, "r"))) == {"email": MAIL}
    assert seen(merge(filled, late)) == {"email": "asked@example.com"}


def test_a_default_does_not_outlive_a_delete() -> None:
    """A delete leaves no default behind, not even one at the moment of the delete before it."""
    filled = fill(merge(deleted(5, "r"), saved(5, "r-1")), [], MAIL)
    assert merge(filled, deleted(5, "r-2")).fields == {}


def test_the_next_stamp_is_the_least_greater_one() -> None:
    """No request id stands between a stamp and the next."""
    later = [Stamp(at(0), f"r{character}") for character in "-.09:=AZ_az~"]
    assert stamp(0, "r") < stamp(0, "r").next() < min(later)


def test_attributes_as_one_object() -> None:
    """Attributes are written as one JSON object, sorted, their values as they are."""
    written = attributes_text({"b": "1.10", 'a "quoted"': '{"x":[1e400]}'})
    assert written == '{"a \\"quoted\\"":{"x":[1e400]},"b":1.10}'
    assert attributes_text({}) == "{}"


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        (None, False),
        (stored(saved(1), 1, {}), False),
        (stored(saved(1), 2, {"other": "digest-1"}), False),
        (stored(saved(1), 2, {"request-1": "digest-1", "other": "digest-2"}), True),
    ],
)
def test_a_known_request(known: StoredDemandRecord | None, answer: bool) -> None:
    """A request is known by its id and the digest of its input."""
    assert applied_before(known, change(saved(1))) is answer


def test_a_request_id_of_another_request() -> None:
    """A known id with another input is a conflict."""
    with pytest.raises(Conflict) as caught:
        applied_before(stored(saved(1), 1, {"request-1": "digest-2"}), change(saved(1)))
    assert repr(caught.value) == repr(Conflict(ConflictReason.REUSED_REQUEST_ID))


def test_the_first_version() -> None:
    """What is written first has version 1 and one request."""
    assert next_version(None, saved(1), change(saved(1))) == StoredDemandRecord(
        saved(1), 1, ((RequestId("request-1"), "digest-1"),)
    )


def test_the_last_64_requests_are_kept() -> None:
    """A new version forgets the oldest request of more than 64."""
    requests = {f"r{index}": f"d{index}" for index in range(64)}
    after = next_version(stored(saved(1), 71, requests), saved(2), change(saved(2), "r64", "d64"))
    assert after == StoredDemandRecord(
        saved(2), 72, tuple((RequestId(f"r{index}"), f"d{index}") for index in range(1, 65))
    )


def test_stamps_are_ordered_by_time_first() -> None:
    """A later write counts, whatever its request id; the least stamp is before every write."""
    stamps = [LEAST, Stamp(datetime(1970, 1, 1, tzinfo=UTC), ""), stamp(1, "b"), stamp(2, "a")]
    assert sorted([stamps[2], stamps[0], stamps[3], stamps[1]]) == stamps

"""The laws of the merge, on records as they are stored and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import attrs
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.documents.json_text import json_text, parse_stored_json
from fanscore_adapters.items.demand import read_record, record_item
from fanscore_core.canonical import canonical_json
from fanscore_core.demand import DemandRecord, StoredDemandRecord, fill
from fanscore_core.merging import Stamp, merge
from tests.demand_samples import KEY, at, deleted, sale, saved
from tests.property.demand_model import FIELDS, PREFIX, Asked, When, seen, shown

# Few moments and alike request ids, so that stamps are often equal or next to one another.
moments = st.integers(0, 2)
requests = st.sampled_from(["a", "a-", "a~", "b"])
whens = st.builds(When, moments, requests)

emails = st.sampled_from(["fan@example.com", "other@example.com"])
values_of_fields: Mapping[str, st.SearchStrategy[object]] = {
    "email": st.none() | emails,
    "contactMethod": st.sampled_from([None, "EMAIL", "SMS"]),
    "locale": st.sampled_from([None, "en-GB", "fr"]),
}
json_values = st.sampled_from(
    [None, False, 0, 1, -1.5, 1e300, 10**30, "", "null", "é\n", [], [[1], None], {"b": 1, "a": {}}]
)
values_of_attributes = {f"{PREFIX}{name}": json_values for name in ("a", "b", "", "é.")}

saves = st.builds(
    Asked,
    whens,
    st.fixed_dictionaries({}, optional={**values_of_fields, **values_of_attributes}),
)
clearings = st.builds(
    Asked, whens, st.fixed_dictionaries({}, optional=values_of_fields), clears=st.just(value=True)
)
deletes = st.builds(Asked, whens, deletes=st.just(value=True))
changes = saves | clearings | deletes
several_changes = st.lists(changes, min_size=1, max_size=6)


def kept(record: DemandRecord) -> DemandRecord:
    """Store a record as text, and read it back."""
    item = parse_stored_json(json_text(record_item(StoredDemandRecord(record, 1, ()))))
    assert isinstance(item, dict)
    return read_record(item).record


def merged(a: DemandRecord, b: DemandRecord) -> DemandRecord:
    """Merge what is stored with what comes, and store it."""
    return kept(merge(kept(a), b))


def delivered(asked_for: Sequence[Asked]) -> DemandRecord:
    """Merge changes in the order in which they come."""
    return reduce(merged, (asked.change() for asked in asked_for))


def unstamped(asked: Asked) -> DemandRecord:
    """Read a save from an item that others wrote, who know nothing of stamps."""
    item = {**record_item(StoredDemandRecord(asked.change(), 1, ()))}
    del item["stamps"]
    return read_record(item).record


def filled(record: DemandRecord, known: Sequence[DemandRecord], email: str | None) -> DemandRecord:
    """Fill the holes of a record as a pipeline does: a tombstone has none."""
    return fill(record, known, email) if record.is_live else record


others = st.lists(
    st.builds(Asked.change, saves, st.sampled_from([sale("s1"), sale("s2")])), max_size=3
)
accounts = st.none() | emails
reached = several_changes.map(delivered) | saves.map(unstamped)
records = reached | st.builds(filled, reached, others, accounts)


@given(records)
def test_a_record_survives_the_store(record: DemandRecord) -> None:
    """A record that is stored and read back is the same."""
    assert kept(record) == record


@given(records, records)
def test_merge_is_commutative(a: DemandRecord, b: DemandRecord) -> None:
    """It does not matter which record was there first."""
    assert merged(a, b) == merged(b, a)


@given(records, records, records)
def test_merge_is_associative(a: DemandRecord, b: DemandRecord, c: DemandRecord) -> None:
    """It does not matter which records were merged first."""
    assert merged(merged(a, b), c) == merged(a, merged(b, c))


@given(records, records)
def test_merge_is_idempotent(a: DemandRecord, b: DemandRecord) -> None:
    """A record that is merged again changes nothing."""
    assert merged(a, a) == a
    assert merged(merged(a, b), b) == merged(a, b)


@given(several_changes, st.data())
def test_the_order_of_delivery_does_not_matter(asked_for: list[Asked], data: st.DataObject) -> None:
    """Changes that are delivered in any order, and again, make the one record they should."""
    again = data.draw(st.lists(st.sampled_from(asked_for), max_size=4))
    shuffled = data.draw(st.permutations([*asked_for, *again]))
    assert delivered(shuffled) == delivered(asked_for)
    assert seen(delivered(shuffled)) == shown(asked_for)


@given(several_changes, others, accounts, st.data())
def test_the_order_does_not_matter_with_defaults_either(
    asked_for: list[Asked], known: list[DemandRecord], email: str | None, data: st.DataObject
) -> None:
    """Where defaults fill the holes after each change, the order of delivery shows no more."""
    shuffled = data.draw(st.permutations(asked_for))

    def deliver(every: Sequence[Asked]) -> DemandRecord:
        first, *rest = (asked.change() for asked in every)
        start = kept(filled(first, known, email))
        return reduce(lambda a, b: kept(filled(merged(a, b), known, email)), rest, start)

    assert deliver(shuffled) == deliver(asked_for)


@given(records, saves)
def test_absence_erases_nothing(record: DemandRecord, asked: Asked) -> None:
    """What a save does not name stays as it was."""
    after = merged(record, asked.change())
    untouched = record.fields.keys() - asked.values.keys()
    assert {name: after.fields[name] for name in untouched} == {
        name: record.fields[name] for name in untouched
    }


@given(records, st.sampled_from([*FIELDS, "attributes.a"]), several_changes)
def test_null_clears(record: DemandRecord, name: str, late: list[Asked]) -> None:
    """An explicit ``null`` clears, and stays against whatever older comes late."""
    cleared = merged(record, Asked(When(9, "a"), {name: None}).change())
    assert cleared.text_of(name) is None
    assert reduce(merged, (asked.change() for asked in late), cleared).text_of(name) is None


@given(records, several_changes)
def test_clearing_all_attributes(record: DemandRecord, late: list[Asked]) -> None:
    """Clearing all attributes leaves none, nor do older ones that come late; newer ones stay."""
    cleared = merged(record, saved(8, clear_attributes=True))
    after = reduce(merged, (asked.change() for asked in late), cleared)
    assert cleared.attributes() == after.attributes() == {}
    assert merged(after, saved(9, attributes={"a": 1})).attributes() == {"a": "1"}


@given(several_changes, whens)
def test_no_older_save_resurrects(asked_for: list[Asked], when: When) -> None:
    """After a delete, only what is newer than it is there, whatever came before or comes late."""
    older = [asked for asked in asked_for if asked.when <= when]
    after = delivered([*older, Asked(when, deletes=True), *older])
    assert (after.is_live, after.fields) == (False, {})
    assert seen(delivered([*older, Asked(when, deletes=True), *asked_for])) == shown(
        [*asked_for, Asked(when, deletes=True)]
    )


@given(records, whens)
def test_a_tombstone_holds_nothing(record: DemandRecord, when: When) -> None:
    """A record that is not live has no field, filled ones included, and no attribute."""
    after = merged(record, Asked(when, deletes=True).change())
    if not after.is_live:
        assert (after.fields, after.attributes_cleared) == ({}, None)


@given(records, saves)
def test_a_newer_save_makes_a_record_live(record: DemandRecord, asked: Asked) -> None:
    """A newer save than the delete is all that is to be seen."""
    newer = attrs.evolve(asked, when=When(9, "b"))
    after = merged(merged(record, deleted(9, "a")), newer.change())
    texts = {name: canonical_json(value) for name, value in newer.values.items()}
    assert after.is_live
    assert {name: written.text for name, written in after.fields.items()} == texts


@given(saves)
def test_a_record_without_stamps(asked: Asked) -> None:
    """A record without stamps counts as stamped at its time, by no request."""
    values = {name: value for name, value in asked.values.items() if value is not None}
    as_if = Asked(When(asked.when.second, ""), values)
    assert unstamped(asked) == as_if.change()


@given(whens, st.sampled_from(["email", "attributes.a"]), json_values, json_values)
def test_equal_stamps(when: When, name: str, one: object, other: object) -> None:
    """Of two values with equal stamps, the one with the greater canonical JSON counts."""
    after = merge(Asked(when, {name: one}).change(), Asked(when, {name: other}).change())
    assert after.fields[name].text == max(canonical_json(one), canonical_json(other))


@given(reached, others, accounts)
def test_defaults_fill_holes_only(
    record: DemandRecord, known: list[DemandRecord], email: str | None
) -> None:
    """A default changes nothing that was asked for, is no attribute, and makes nothing live."""
    after = filled(record, known, email)
    assert {name: after.fields[name] for name in record.fields} == record.fields
    assert after.fields.keys() - record.fields.keys() <= set(FIELDS)
    assert attrs.evolve(after, fields=record.fields) == record


@given(reached, others, accounts)
def test_a_default_is_the_newest(
    record: DemandRecord, known: list[DemandRecord], email: str | None
) -> None:
    """A hole has the value of the newest other record that has one, or the account's address."""
    after = filled(record, known, email)
    for name in FIELDS if record.is_live else ():
        if name in record.fields:
            continue
        having = [other for other in known if other.text_of(name)]
        newest = max((other.updated_at for other in having), default=None)
        candidates = {other.text_of(name) for other in having if other.updated_at == newest}
        account = canonical_json(email) if name == "email" and email else None
        assert after.text_of(name) in (candidates or {account})


@given(reached, others, accounts, changes)
def test_a_default_gives_way(
    record: DemandRecord, known: list[DemandRecord], email: str | None, asked: Asked
) -> None:
    """Whatever counts of a change, early or late, counts no less for a default being there."""
    after = merged(filled(record, known, email), asked.change())
    without = merged(record, asked.change())
    assert {name: after.fields[name] for name in without.fields} == without.fields
    assert attrs.evolve(after, fields={}) == attrs.evolve(without, fields={})


@given(st.integers(0, 3), requests, requests)
def test_the_next_stamp(second: int, request: str, other: str) -> None:
    """No other request id stands between a stamp and the next."""
    after = Stamp(at(second), request).next()
    assert Stamp(at(second), request) < after
    assert other <= request or Stamp(at(second), other) > after


def test_the_key_stays() -> None:
    """A merged record is of the same fan, event and sale."""
    after = merged(saved(1), deleted(2))
    assert (after.fan_id, after.event_id, after.sale_id) == KEY

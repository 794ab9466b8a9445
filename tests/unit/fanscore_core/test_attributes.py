from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

import attrs
import pytest

from fanscore_adapters.dynamodb.values import write_item
from fanscore_adapters.items.demand import record_item
from fanscore_core.attributes import (
    MAX_NAMES,
    MAX_NAMES_BYTES,
    check_attributes,
    check_attributes_text,
    check_changed_attributes,
    check_given_attributes,
)
from fanscore_core.canonical import canonical_json
from fanscore_core.demand import DemandRecord, StoredDemandRecord
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import EventId, RequestId, SaleId
from fanscore_core.merging import KEPT_REQUESTS, Stamp, merge
from tests.counted import calls_of
from tests.demand_samples import FAN, saved

Attributes = Mapping[str, object]

MAX_BYTES = 16_384
MAX_ITEM_BYTES = 400_000
PATH = "arguments.input.attributes"

FITTING: dict[str, Attributes] = {
    "none": {},
    "keys": {f"key{index}": index for index in range(64)},
    "keys and cleared ones": {
        **{f"key{index}": index for index in range(64)},
        **{f"cleared{index}": None for index in range(MAX_NAMES - 64)},
    },
    "bytes": {"a": "x" * (MAX_BYTES - len('{"a":""}'))},
    "bytes of a key": {"x" * (MAX_BYTES - len('{"":1}')): 1},
}
OVER: dict[str, tuple[Attributes, str]] = {
    "keys": ({f"key{index}": index for index in range(65)}, "more than 64 keys"),
    "keys before bytes": (
        {f"key{index}": "x" * MAX_BYTES for index in range(65)},
        "more than 64 keys",
    ),
    "cleared keys": (
        {f"key{index}": None for index in range(MAX_NAMES + 1)},
        "more than 256 keys, cleared ones included",
    ),
    "bytes": ({"a": "x" * (MAX_BYTES - len('{"a":""}') + 1)}, "over 16384 bytes"),
    "bytes of a key": ({"x" * MAX_BYTES: 1}, "over 16384 bytes"),
    "bytes of a cleared key": ({"x" * MAX_BYTES: None}, "over 16384 bytes"),
    "bytes of what is escaped": ({"a": "é" * (MAX_BYTES // 6 + 1)}, "over 16384 bytes"),
}


def as_document(attributes: Attributes) -> None:
    """Check attributes as they are parsed."""
    try:
        check_given_attributes(attributes)
    except InvalidInput as error:
        raise attrs.evolve(error, where=f"{PATH}{error.where}") from None


def as_text(attributes: Attributes) -> None:
    """Check attributes as the arguments of ``upsertEntry`` have them."""
    check_attributes_text(None, None, canonical_json(attributes))


def as_change(attributes: Attributes) -> None:
    """Check attributes as the change of ``demandRecordSave`` has them."""
    check_changed_attributes(saved(attributes=attributes))


FORMS = [as_document, as_text, as_change]


@pytest.mark.parametrize("check", FORMS)
@pytest.mark.parametrize("attributes", FITTING.values(), ids=FITTING)
def test_attributes_at_the_limits(
    check: Callable[[Attributes], None], attributes: Attributes
) -> None:
    """64 keys are allowed, and 16 KB of JSON; keys that are cleared are not among the 64."""
    check(attributes)


@pytest.mark.parametrize("check", FORMS)
@pytest.mark.parametrize(("attributes", "problem"), OVER.values(), ids=OVER)
def test_attributes_over_the_limits(
    check: Callable[[Attributes], None], attributes: Attributes, problem: str
) -> None:
    """What can never be stored is refused with its path, in whatever form it is given."""
    if check is as_text and problem.startswith("more") and len(canonical_json(attributes)) > 20_000:
        problem = "over 16384 bytes"  # a text that is too long is not parsed to count its members
    with pytest.raises(InvalidInput) as caught:
        check(attributes)
    assert repr(caught.value) == repr(InvalidInput(PATH, problem))


def test_no_attributes_at_all() -> None:
    """An entry may say nothing of its attributes."""
    check_attributes_text(None, None, None)


HUGE: dict[str, Callable[[int], Attributes]] = {
    "members": lambda size: {f"key{index}": index for index in range(size)},
    "cleared members": lambda size: {f"key{index}": None for index in range(size)},
    "items": lambda size: {"a": [0] * 5_000, "b": list(range(size)), "c": [0] * 5_000},
    "nested members": lambda size: {"a": {f"key{index}": [index] for index in range(size)}},
    "nested lists": lambda size: {
        "a": [[[0] * 50 for _ in range(50)] for _ in range(size // 1_000)]
    },
    "bytes": lambda size: {"a": "x" * 10 * size},
}


@pytest.mark.parametrize("make", HUGE.values(), ids=HUGE)
def test_a_refusal_costs_the_same_however_large_the_attributes(
    make: Callable[[int], Attributes],
) -> None:
    """No part of the attributes is visited beyond the first that the limits cannot hold."""

    def refused(attributes: Attributes) -> int:
        with pytest.raises(InvalidInput):
            check_given_attributes(attributes)

        def check() -> None:
            with suppress(InvalidInput):
                check_given_attributes(attributes)

        return calls_of(check)

    small, large = refused(make(20_000)), refused(make(80_000))
    assert large <= small < 10 * MAX_BYTES


# After merging


def cleared(names: range) -> DemandRecord:
    """Make a record of which keys were written and cleared."""
    return saved(1, "r-0", attributes={f"key{index}": None for index in names})


def test_the_limits_are_for_what_is_merged() -> None:
    """Two changes that are allowed each can be too many or too large together."""
    many = [saved(1, attributes={f"{name}{index}": 1 for index in range(40)}) for name in "ab"]
    large = [saved(1, attributes={name: "x" * 10_000}) for name in "ab"]
    for (first, second), problem in ((many, "more than 64 keys"), (large, "over 16384 bytes")):
        with pytest.raises(InvalidInput) as caught:
            check_attributes(merge(first, second))
        assert repr(caught.value) == repr(InvalidInput(PATH, problem))


def test_cleared_keys_make_room() -> None:
    """Neither the number nor the size of cleared keys counts against the live ones."""
    full = saved(2, attributes={f"live{index}": "x" * 240 for index in range(64)})
    check_attributes(merge(cleared(range(MAX_NAMES - 64)), full))


@pytest.mark.parametrize(
    "before",
    [
        cleared(range(MAX_NAMES)),
        merge(
            cleared(range(5)),
            DemandRecord(
                *(FAN, EventId("evt123"), SaleId("sale456")),
                fields=dict(saved(1, attributes={"x" * (MAX_NAMES_BYTES - 20): None}).fields),
                updated_at=datetime(2026, 11, 1, tzinfo=UTC),
            ),
        ),
    ],
    ids=["number", "bytes"],
)
def test_names_are_limited(before: DemandRecord) -> None:
    """Names that were ever written are limited; the refusal says how to forget them."""
    check_attributes(before)
    with pytest.raises(InvalidInput) as caught:
        check_attributes(merge(before, saved(2, attributes={"one": "more"})))
    problem = "too many keys were ever written; attributes: null forgets them all"
    assert repr(caught.value) == repr(InvalidInput(PATH, problem))


def test_null_forgets_all_names() -> None:
    """After ``attributes: null``, there is room for as many names again."""
    forgotten = merge(cleared(range(MAX_NAMES)), saved(2, clear_attributes=True))
    check_attributes(merge(forgotten, saved(3, attributes={"one": "more"})))


def test_the_largest_item_is_below_the_limit_of_dynamodb() -> None:
    """A record at all limits at once, with the longest ids there can be, is below 400 KB.

    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html)
    """
    longest = "\U0001f3ab" * 128
    live = {f"key{index:02}": index for index in range(63)}
    room = MAX_BYTES - len(canonical_json({**live, "a": ""}))
    count = MAX_NAMES - 64
    names = [
        f"{index:03}".ljust((MAX_NAMES_BYTES - 64 * 5) // count, "x") for index in range(count)
    ]
    given = {**live, "a": "x" * room, **dict.fromkeys(names)}
    record = saved(0.1, longest, attributes=given, email="x" * 254, locale="x" * 35)
    check_attributes(record)
    requests = tuple((RequestId(longest), "d" * 64) for _ in range(KEPT_REQUESTS))
    record = attrs.evolve(
        record,
        sale_id=SaleId("s" * 400),
        event_id=EventId("e" * 400),
        deleted=Stamp(record.updated_at, longest),
        attributes_cleared=Stamp(record.updated_at, longest),
    )
    item = write_item(record_item(StoredDemandRecord(record, 10**9, requests)))
    assert 200_000 < size_of({"M": item}) < MAX_ITEM_BYTES


def size_of(written: Mapping[str, object]) -> int:
    """Return the bytes of a value of DynamoDB."""
    match written:
        case {"M": dict(members)}:
            sizes = (len(name.encode()) + size_of(each) + 1 for name, each in members.items())
            return 3 + sum(sizes)
        case {"L": list(values)}:
            return 3 + sum(size_of(each) + 1 for each in values)
        case _:
            (value,) = written.values()
            return len(str(value).encode())

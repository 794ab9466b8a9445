from __future__ import annotations

import json
from decimal import Decimal

import pytest

from fanscore_core.canonical import canonical_json, digest_of, fits, stable_id
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId, RequestId

FAN, REQUEST = GlobalUserId("user123"), RequestId("request-1")

WRITTEN: list[tuple[object, str]] = [
    (None, "null"),
    (True, "true"),
    (2, "2"),
    (10**30, "1" + "0" * 30),
    (-0.5, "-0.5"),
    (Decimal("0.1"), "0.1"),
    ("", '""'),
    ("fan@example.com", '"fan@example.com"'),
    ("é\n\U0001f3ab", '"\\u00e9\\n\\ud83c\\udfab"'),
    ([1, "a", None], '[1,"a",null]'),
    ({"b": [], "a": {"d": 1, "c": 2}}, '{"a":{"c":2,"d":1},"b":[]}'),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN, ids=range(len(WRITTEN)))
def test_canonical_json(value: object, text: str) -> None:
    """A value is written without spaces, its keys sorted, in ASCII."""
    assert canonical_json(value) == text
    assert canonical_json(json.loads(text)) == text


@pytest.mark.parametrize(
    "number",
    [
        "0.1234567890123456789012345",
        "12345678901234567890.5",
        "1E+400",
        "1E-400",
        "-2.5E+25",
        "7E+1000000",
    ],
)
def test_numbers_survive(number: str) -> None:
    """A number of any size and with any number of digits is written as the number that it is."""
    assert Decimal(canonical_json(Decimal(number))) == Decimal(number)


@pytest.mark.parametrize("spelled", ["1.0", "1.00", "10E-1"])
def test_equal_numbers_have_one_text(spelled: str) -> None:
    """However a fraction is spelled, equal ones have one text."""
    assert canonical_json(Decimal(spelled)) == canonical_json(Decimal("1.0"))


@pytest.mark.parametrize(
    "value",
    [float("nan"), [float("inf")], {"a": Decimal("NaN")}, Decimal("-Infinity"), {1, 2}, b"a"],
)
def test_what_is_no_json(value: object) -> None:
    """What JSON has no text for is refused."""
    with pytest.raises(InvalidInput) as caught:
        canonical_json(value)
    assert repr(caught.value) == repr(InvalidInput("", "expected JSON"))


def test_what_nests_too_deep() -> None:
    """A value that nests deeper than can be written is refused."""
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(InvalidInput):
        canonical_json(value)


def test_a_digest() -> None:
    """A digest is the SHA-256 of the canonical JSON, in hexadecimal digits."""
    assert digest_of(["demandRecordSave", {"saleId": "s", "eventId": "e"}]) == (
        "4444115ce9f231fbe1fc93b63665ff85c8a09ec963edf9424146045e58e4f2cc"
    )


def test_digests_tell_values_apart() -> None:
    """Equal values have equal digests, and no others do."""
    fields: list[object] = [None, 0, "", "0", [], {}, {"a": None}, [None], Decimal("0.1"), False]
    fields += [Decimal("0.10000000000000000001"), {"b": 1, "a": 2}]
    assert len({digest_of(field) for field in fields}) == len(fields)
    assert digest_of({"a": 2, "b": 1}) == digest_of({"b": 1, "a": 2})


def test_a_stable_id() -> None:
    """The id of a field, a fan and a request never changes."""
    assert stable_id("upsertEntry", FAN, REQUEST) == "05e78e91-b82c-57c1-af06-b4c37e19767a"


def test_stable_ids_of_others() -> None:
    """No other field, fan, request or input has the same id, however these are cut."""
    ids = [
        stable_id("upsertEntry", FAN, REQUEST),
        stable_id("lnaaActivate", FAN, REQUEST),
        stable_id("upsertEntry", GlobalUserId("user12"), RequestId("3request-1")),
        stable_id("upsertEntryuser123", GlobalUserId("-"), REQUEST),
        stable_id("upsertEntry", FAN, RequestId("request-2")),
        stable_id("upsertEntry", FAN, REQUEST, "camp1"),
        stable_id("upsertEntry", FAN, REQUEST, "camp1", ""),
        stable_id("upsertEntry", FAN, REQUEST, "", "camp1"),
    ]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("value", [value for value, _ in WRITTEN], ids=range(len(WRITTEN)))
def test_what_fits(value: object) -> None:
    """A value fits into exactly as many bytes as its canonical text has, and no fewer."""
    size = len(canonical_json(value).encode())
    assert (fits(value, size), fits(value, size - 1)) == (True, False)


@pytest.mark.parametrize("value", [float("nan"), {"a": {1, 2}}, ["\ud800"], {"\udfff": 1}])
def test_what_is_not_json_fits_nowhere(value: object) -> None:
    """What is no JSON is refused, not measured."""
    with pytest.raises(InvalidInput) as caught:
        fits(value, 100)
    assert repr(caught.value) == repr(InvalidInput("", "expected JSON"))

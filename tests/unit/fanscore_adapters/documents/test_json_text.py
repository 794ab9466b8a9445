from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fanscore_adapters.documents.json_text import json_text, parse_json, parse_stored_json
from fanscore_core.errors import InvalidInput

Parse = Callable[[str], object]

PARSERS = [parse_json, parse_stored_json]
DEPTH = 100_000

decimals = st.builds(
    lambda sign, digits, exponent: Decimal((sign, digits, exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=60).map(tuple),
    st.integers(-400, 400),
).filter(lambda number: str(number) != "-0")  # an integer, and integers have one zero
scalars = st.none() | st.booleans() | st.integers() | decimals | st.text()
json_documents = st.recursive(
    scalars,
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(), parts, max_size=4),
    max_leaves=12,
)

HOSTILE = [
    ("", "not JSON: Expecting value at line 1 column 1"),
    (" \n ", "not JSON: Expecting value at line 2 column 2"),
    ("\ufeff{}", "not JSON: Expecting value at line 1 column 1"),
    ("{", "not JSON: Expecting property name enclosed in double quotes at line 1 column 2"),
    ("{} {}", "not JSON: Extra data at line 1 column 4"),
    ("01", "not JSON: Extra data at line 1 column 2"),
    ("1.", "not JSON: Extra data at line 1 column 2"),
    ("+1", "not JSON: Expecting value at line 1 column 1"),
    ("0x10", "not JSON: Extra data at line 1 column 2"),
    ("True", "not JSON: Expecting value at line 1 column 1"),
    ("'a'", "not JSON: Expecting value at line 1 column 1"),
    ('"a\nb"', "not JSON: Invalid control character at at line 1 column 3"),
    ('"\\x41"', "not JSON: Invalid \\escape at line 1 column 2"),
    ("NaN", "NaN is not JSON"),
    ("[Infinity]", "Infinity is not JSON"),
    ('{"score": -Infinity}', "-Infinity is not JSON"),
    ("1" * 5_000, "a number has too many digits"),
    ("[" * DEPTH, "nested too deep"),
    ('{"a":' * DEPTH, "nested too deep"),
]


def nested(depth: int) -> object:
    """Make a list in a list, and so on."""
    document: object = None
    for _ in range(depth):
        document = [document]
    return document


@given(json_documents)
@example(Decimal("0.1000000000000000055511151231257827021181583404541015625"))
@example(Decimal("1E+400"))
@example(Decimal("-0.0"))
@example(10**4_000)
@example([True, 1, Decimal("1.0"), "1", None])
@example({"\ud800": "\x00\u2028\U0001f3ab"})
def test_documents_survive(document: object) -> None:
    """What is written as JSON is read back as it was, each digit of each number included."""
    text = json_text(document)
    for parse in PARSERS:
        again = parse(text)
        assert again == document
        assert json_text(again) == text


@pytest.mark.parametrize("parse", PARSERS)
def test_fractions_are_exact(parse: Parse) -> None:
    """A number with a fraction or an exponent is a ``Decimal`` with all its digits."""
    read = parse('[75, 72.50, 0.1, 1e2, -0.0, "0.1"]')
    assert repr(read) == repr(
        [75, Decimal("72.50"), Decimal("0.1"), Decimal("1E+2"), Decimal("-0.0"), "0.1"]
    )


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(("text", "problem"), HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_json_is_invalid_input(parse: Parse, text: str, problem: str) -> None:
    """Text that is no JSON is refused with what is wrong and where, and none of its values."""
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert refused.value.where == "$"
    assert refused.value.problem == problem


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("text", ["1e9999999999999999999", "[-1.5E-9999999999999999999]"])
def test_a_number_out_of_bounds_is_invalid_input(parse: Parse, text: str) -> None:
    """A number whose exponent no ``Decimal`` can hold is refused as any other bad number."""
    with pytest.raises(InvalidInput) as refused:
        parse(text)
    assert refused.value.where == "$"


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "\\u0061": 2}}]'])
def test_a_person_may_not_repeat_a_key(text: str) -> None:
    """A key that stands twice in what a person wrote is a mistake, at any depth."""
    with pytest.raises(InvalidInput) as refused:
        parse_json(text)
    assert str(refused.value) == "$: a key is repeated"


def test_a_machine_may_repeat_a_key() -> None:
    """Of equal keys in a stored document, the last counts."""
    assert parse_stored_json('{"a": 1, "b": {"c": 2, "c": 3}, "a": 4}') == {"a": 4, "b": {"c": 3}}


def test_text_is_compact() -> None:
    """JSON text has no spaces, keeps the order of keys, and is ASCII."""
    document = {"z": [1, Decimal("2.50")], "a": (True, None), "ü": "\U0001f3ab"}
    assert json_text(document) == ('{"z":[1,2.50],"a":[true,null],"\\u00fc":"\\ud83c\\udfab"}')


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (0.5, "float"),
        (b"bytes", "bytes"),
        ({"a"}, "set"),
        (object(), "object"),
        (Decimal("NaN"), "Decimal"),
        (Decimal("-Infinity"), "Decimal"),
    ],
)
def test_what_has_no_place_in_json_is_refused(value: object, name: str) -> None:
    """A value that JSON cannot hold exactly is refused, at any depth."""
    for document in (value, {"a": [value]}):
        with pytest.raises(InvalidInput) as refused:
            json_text(document)
        assert str(refused.value) == f"$: {name} has no place in JSON"


@pytest.mark.parametrize(
    "document",
    [{1: "a"}, {None: "a"}, {True: "a"}, {"a": [{Decimal(1): 2}]}, nested(DEPTH), [10**5_000]],
    ids=["number key", "null key", "boolean key", "deep key", "nested too deep", "huge number"],
)
def test_what_could_not_be_read_again_is_refused(document: object) -> None:
    """A document that ``parse_json`` would refuse, or read as another, is not written."""
    with pytest.raises(InvalidInput):
        json_text(document)

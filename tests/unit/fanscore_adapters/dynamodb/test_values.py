from __future__ import annotations

from decimal import Decimal

import pytest
from boto3.dynamodb.types import Binary, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from fanscore_adapters.dynamodb.values import read_item, write_item, write_value
from fanscore_core.errors import InvalidInput

DIGITS = 10**38 - 1

numbers = st.one_of(
    st.integers(-DIGITS, DIGITS),
    st.builds(
        lambda digits, exponent: Decimal(digits).scaleb(exponent),
        st.integers(-(10**28 - 1), 10**28 - 1),
        st.integers(-100, 97),
    ),
)
values = st.recursive(
    st.none() | st.booleans() | st.text() | numbers,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.text(min_size=1), values, max_size=3))
def test_items_survive(item: dict[str, object]) -> None:
    """What is written is read as it was, to the last digit."""
    assert read_item(write_item(item)) == item


@given(values)
def test_values_are_written_as_boto3_writes_them(value: object) -> None:
    """Whoever reads our items with boto3 sees what it would have written itself."""
    assert write_value(value) == TypeSerializer().serialize(value)


@pytest.mark.parametrize("value", [{"a", "b"}, {1, 2}, Binary(b"ab"), {"inner": [{"a"}]}])
def test_types_that_none_of_our_items_has(value: object) -> None:
    """Sets and bytes, as one's own items may have them, are written and read, too."""
    assert read_item(write_item({"rare": value})) == {"rare": value}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0.0", 0),
        ("87.0", 87),
        ("0.1", Decimal("0.1")),
        ("99999999999999999999999999999999999999", DIGITS),
        ("1" + "0" * 125, 10**125),
        ("-0." + "0" * 129 + "1", Decimal("-1E-130")),
    ],
)
def test_numbers(text: str, number: object) -> None:
    """A number is read exactly, however DynamoDB writes it; a whole one is an integer."""
    read = read_item({"number": {"N": text}})["number"]
    assert (read, type(read)) == (number, type(number))


@pytest.mark.parametrize(
    "written",
    [
        None,
        [],
        "text",
        {"name": None},
        {"name": "text"},
        {"name": {}},
        {"name": {"X": "1"}},
        {"name": {"N": "one"}},
        {"name": {"N": "1E+126"}},
        {"name": {"N": "1E+999999999"}},
        {"name": {"L": "text"}},
        {"name": {"L": ["text"]}},
        {"name": {"M": ["text"]}},
        {"name": {"M": {"inner": "text"}}},
    ],
)
def test_what_is_no_item(written: object) -> None:
    """What DynamoDB would not write is an error of ours."""
    with pytest.raises(InvalidInput, match=r"^item: "):
        read_item(written)


@pytest.mark.parametrize(
    "value", [1.5, object(), Decimal("1E+127"), Decimal(10**38 + 1), Decimal("NaN"), [1.5]]
)
def test_what_cannot_be_written(value: object) -> None:
    """What DynamoDB has no place for is an error of ours, which does not show it."""
    with pytest.raises(InvalidInput, match=r"^item: a value has no place in DynamoDB$"):
        write_value(value)

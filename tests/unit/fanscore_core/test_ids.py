from __future__ import annotations

import json
import string
import sys
from decimal import Decimal
from typing import NewType

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanscore_core import ids
from fanscore_core.errors import InvalidId
from fanscore_core.ids import (
    ID_TYPES,
    PATH_RULE,
    RULE,
    is_id,
    is_plain,
    valid_id,
    valid_optional_id,
    valid_path_id,
)

ALPHABET_OF_BEFORE = string.ascii_letters + string.digits + "_-.:~="


class Name(str):
    __slots__ = ()


VALID = [
    *string.ascii_letters,
    *string.digits,
    *string.punctuation,
    "vvG1zZ9YSQ4ZbF",
    "us-east-1:0f2a~b=",
    "auth0|5f7c87",
    "fan@example.com",
    "{6F9619FF-8B86-D011-B42D-00CF4FC964FF}",
    "dG8vcGk+PDw/Pw==",
    "J\u00fcrgen Gro\u00df",
    "Ju\u0308rgen",
    "a b",
    "a\u00a0b",
    "a\u3000b",
    "\u0661",
    "\u00a1",  # the first that is no control
    "\u00ad",
    "a\u200db",  # joins emoji
    "\u200e",  # a mark, and no control, of direction
    "\u061c",
    "\u2065",
    "\u206a",
    "\ud7ff",
    "\ue000",  # private use
    "\ufdcf",
    "\ufdf0",
    "\ufefe",
    "\uff00",
    "\ufffd",
    "\U00010000",
    "\U0001fffd",
    "\U0010fffd",
    "\u0378",  # not assigned
    "a" * 128,
    "#" * 128,
    "%" * 128,
    "-" * 128,
    "\u20ac" * 128,  # 384 bytes
    "\U0001f600" * 100,  # 400 bytes
    "\U0001f600" * 98 + "##ab",  # 400 bytes, escaped
]

FORBIDDEN = [
    *range(0x20),
    *range(0x7F, 0xA0),
    0x2028,
    0x2029,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    0xFEFF,
    0xD800,
    0xDBFF,
    0xDC00,
    0xDFFF,
    *range(0xFDD0, 0xFDF0),
    *(0x10000 * plane + last for plane in range(17) for last in (0xFFFE, 0xFFFF)),
]
"""The characters that stand nowhere in an id, by category as the documentation names them."""

WHITE_SPACE = "\x20\u00a0\u1680\u2000\u2004\u200a\u202f\u205f\u3000"

INVALID = [
    "",
    "a" * 129,
    "\u00fc" * 129,
    "\u20ac" * 127 + "\U0001f600" * 5,
    "\U0001f600" * 101,
    "\U0001f600" * 98 + "###",  # 101 characters, of 401 bytes when escaped
    "\U0001f600" * 98 + "%%%",
    *WHITE_SPACE,
    *(f"{space}a" for space in WHITE_SPACE),
    *(f"a{space}" for space in WHITE_SPACE),
    *(f"a{chr(each)}b" for each in (0, 0x1F, 0x7F, 0x85, 0x9F, 0x2028, 0x2029, 0x202A, 0x202E)),
    *(f"a{chr(each)}b" for each in (0x2066, 0x2069, 0xFEFF, 0xD800, 0xDFFF, 0xFDD0, 0xFDEF)),
    *(f"a{chr(each)}b" for each in (0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF)),
    "id\n",
    "\ud83d\ude00",  # the halves of a pair, each on its own
    None,
    1,
    True,
    1.0,
    Decimal(1),
    b"bytes",
    ["a"],
    Name("subclass"),
]


@attrs.frozen
class Ticket:
    event_id: str = attrs.field(validator=valid_id)
    member_id: str | None = attrs.field(validator=valid_optional_id, default=None)


@attrs.frozen
class Page:
    fan: str = attrs.field(validator=valid_path_id)


@pytest.mark.parametrize("value", VALID)
def test_nearly_any_text_is_an_id(value: str) -> None:
    """An id is a string of 1 to 128 characters, in at most 400 bytes as it stands in a key."""
    assert is_id(value)
    assert Ticket(value, value) == Ticket(event_id=value, member_id=value)


@pytest.mark.parametrize("value", INVALID)
def test_everything_else_is_no_id(value: object) -> None:
    """No other value is an id: nothing that is not seen, too long, or of another type."""
    assert not is_id(value)


@pytest.mark.parametrize("value", INVALID)
def test_a_field_that_holds_no_id_is_named(value: str) -> None:
    """An invalid id is reported by its field and the rule, without the value."""
    with pytest.raises(InvalidId) as raised:
        Ticket(value)
    assert (raised.value.where, raised.value.problem) == ("event_id", RULE)


@pytest.mark.parametrize("value", [value for value in INVALID if value is not None])
def test_an_optional_id_is_an_id_or_none(value: str) -> None:
    """An optional id may be ``None``, and is else under the same rule."""
    assert Ticket("a", None).member_id is None
    with pytest.raises(InvalidId) as raised:
        Ticket("a", value)
    assert (raised.value.where, raised.value.problem) == ("member_id", RULE)


def test_the_rule_is_a_sentence() -> None:
    """The rule tells a user which ids are valid."""
    assert RULE == (
        "expected 1 to 128 characters, at most 400 bytes, "
        "with no control characters, and no white space at either end"
    )


def test_every_character_is_judged_by_its_category() -> None:
    """Of all of Unicode, exactly the forbidden characters and white space are no ids."""
    halves = range(0xD800, 0xE000)
    forbidden = {*FORBIDDEN, *halves, *map(ord, WHITE_SPACE), *range(0x2000, 0x200B)}
    beyond_white_space = 0x3100
    alone = {*range(beyond_white_space), *forbidden}
    assert {each for each in alone if not is_id(chr(each))} == forbidden
    others = [chr(each) for each in range(sys.maxunicode + 1) if each not in alone]
    blocks = ["".join(others[start : start + 100]) for start in range(0, len(others), 100)]
    assert [block for block in blocks if not is_id(block)] == []


@given(st.text(ALPHABET_OF_BEFORE, min_size=1, max_size=128))
def test_ids_of_before_are_ids(value: str) -> None:
    """Whatever was an id when ids had a closed alphabet is one now."""
    assert is_id(value)


@given(st.text(min_size=1, max_size=128).filter(is_id))
def test_ids_can_be_written(value: str) -> None:
    """An id is text in UTF-8, and its JSON is read back as it was."""
    assert value.encode().decode() == value
    assert json.loads(json.dumps(value)) == value


def test_what_is_plain_may_begin_with_white_space() -> None:
    """A plain text is one without the characters that no id can hold, of any length."""
    assert is_plain("")
    assert is_plain(" a" * 500)
    assert not is_plain("a\n")


@pytest.mark.parametrize("value", [".", ".."])
def test_an_id_of_a_path_is_no_folder(value: str) -> None:
    """What a URL takes for a folder is no id where an id becomes a part of a path."""
    assert is_id(value)
    with pytest.raises(InvalidId) as raised:
        Page(value)
    assert (raised.value.where, raised.value.problem) == ("fan", PATH_RULE)


@pytest.mark.parametrize("value", ["...", "a", ". .", "%2E", "..a"])
def test_any_other_id_may_be_part_of_a_path(value: str) -> None:
    """Any id that is not a folder can be encoded."""
    assert Page(value).fan == value


@pytest.mark.parametrize("value", INVALID)
def test_an_id_of_a_path_is_an_id(value: str) -> None:
    """What is no id is none of a path either."""
    with pytest.raises(InvalidId) as raised:
        Page(value)
    assert (raised.value.where, raised.value.problem) == ("fan", RULE)


def test_every_type_of_id_is_listed() -> None:
    """``ID_TYPES`` has every type of id that the module defines."""
    assert {kind for kind in vars(ids).values() if isinstance(kind, NewType)} == ID_TYPES

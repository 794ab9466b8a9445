from __future__ import annotations

import string
from typing import NewType

import attrs
import pytest

from fanscore_core import ids
from fanscore_core.errors import InvalidId
from fanscore_core.ids import ID_TYPES, RULE, is_id, valid_id, valid_optional_id


class Name(str):
    __slots__ = ()


VALID = [
    *string.ascii_letters,
    *string.digits,
    *"_-.:~=",
    "vvG1zZ9YSQ4ZbF",
    "us-east-1:0f2a~b=",
    "a" * 128,
]
INVALID = [
    "",
    "a" * 129,
    *"#%/ \t\n*@+,\x00",
    "id\n",
    "f\u00e4n",
    "\u0661",  # a digit, but not of ASCII
    None,
    1,
    b"bytes",
    ["a"],
    Name("subclass"),
]


@attrs.frozen
class Ticket:
    event_id: str = attrs.field(validator=valid_id)
    member_id: str | None = attrs.field(validator=valid_optional_id, default=None)


@pytest.mark.parametrize("value", VALID)
def test_ids_of_the_closed_alphabet_are_valid(value: str) -> None:
    """An id is a string of 1 to 128 letters, digits and ``_-.:~=``."""
    assert is_id(value)
    assert Ticket(value, value) == Ticket(event_id=value, member_id=value)


@pytest.mark.parametrize("value", INVALID)
def test_everything_else_is_no_id(value: object) -> None:
    """No other value is an id: no other character, length or type, and no subclass of ``str``."""
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
    assert RULE == "expected 1 to 128 of the characters A-Z a-z 0-9 _ - . : ~ ="


def test_every_type_of_id_is_listed() -> None:
    """``ID_TYPES`` has every type of id that the module defines."""
    assert {kind for kind in vars(ids).values() if isinstance(kind, NewType)} == ID_TYPES

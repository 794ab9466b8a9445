from __future__ import annotations

from decimal import Decimal
from hashlib import sha256

import pytest
import rfc8785

from fanscore_core.errors import InvalidInput
from fanscore_core.jcs import (
    MAX_INTEGER,
    jcs_digest,
    jcs_text,
    known_scalar_text,
    known_strings_text,
)

WRITTEN: list[tuple[object, str]] = [
    (None, "null"),
    (True, "true"),
    (0, "0"),
    (MAX_INTEGER, "9007199254740991"),
    (-MAX_INTEGER, "-9007199254740991"),
    ("", '""'),
    ('"\\/\b\t\n\f\r\x00\x1f\x7f', '"\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\x7f"'),
    ("é\u2028\U0001f3ab", '"é\u2028\U0001f3ab"'),
    ([1, "a", None, False], '[1,"a",null,false]'),
    ((1, ()), "[1,[]]"),
    ({"b": [], "a": {"d": 1, "C": 2}, "": 0}, '{"":0,"a":{"C":2,"d":1},"b":[]}'),
]

CYCLE: list[object] = []
CYCLE.append(CYCLE)

NO_TEXT = "$: this {} has no text"

REFUSED: list[tuple[object, str]] = [
    (0.5, NO_TEXT.format("float")),
    (1.0, NO_TEXT.format("float")),
    (float("nan"), NO_TEXT.format("float")),
    (Decimal(1), NO_TEXT.format("Decimal")),
    (MAX_INTEGER + 1, NO_TEXT.format("int")),
    (-MAX_INTEGER - 1, NO_TEXT.format("int")),
    ("half \ud800", NO_TEXT.format("str")),
    (["\udfab\ud83c"], NO_TEXT.format("str")),
    (b"a", NO_TEXT.format("bytes")),
    ({1}, NO_TEXT.format("set")),
    ({"é": 1}, "$: expected names in ASCII"),
    ({"a": {1: 1}}, "$: expected names in ASCII"),
    ({None: 1}, "$: expected names in ASCII"),
    (CYCLE, "$: nested too deep"),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN, ids=range(len(WRITTEN)))
def test_a_value_has_the_text_of_the_rfc(value: object, text: str) -> None:
    """A value is written as RFC 8785 has it: sorted, without spaces, in UTF-8."""
    assert jcs_text(value) == text
    assert rfc8785.dumps(value) == text.encode()  # type: ignore[arg-type]  # any JSON
    assert jcs_digest(value) == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(("value", "refused"), REFUSED, ids=range(len(REFUSED)))
def test_all_else_is_refused(value: object, refused: str) -> None:
    """What others might write in another way, or not at all, has no canonical text."""
    for write in (jcs_text, jcs_digest):
        with pytest.raises(InvalidInput) as error:
            write(value)
        assert str(error.value) == refused


def test_parts_have_the_same_text() -> None:
    """What is written by hand has the text that it has within a document."""
    strings = ("", "ARM", '"\\/\b\x1f\x7f', "é\u2028\U0001f3ab")
    for value in (None, 0, MAX_INTEGER, -MAX_INTEGER, *strings):
        assert known_scalar_text(value) == jcs_text(value)
    for some in ((), strings[:1], strings):
        assert known_strings_text(some) == jcs_text(some)

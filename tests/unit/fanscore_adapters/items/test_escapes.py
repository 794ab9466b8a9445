from __future__ import annotations

import pytest

from fanscore_adapters.items.escapes import (
    end_of_prefix,
    escaped,
    escaped_before_dash,
    unescaped,
)


@pytest.mark.parametrize(
    ("text", "in_a_key", "before_a_dash"),
    [
        ("user123", "user123", "user123"),
        ("evt-456", "evt-456", "evt%2D456"),
        ("a#b", "a%23b", "a%23b"),
        ("a%b", "a%25b", "a%25b"),
        ("a%2Db", "a%252Db", "a%252Db"),
        ("a%23-", "a%2523-", "a%2523%2D"),
        ("auth0|a:b/c?d=e f", "auth0|a:b/c?d=e f", "auth0|a:b/c?d=e f"),
        ("J\u00fcrgen", "J\u00fcrgen", "J\u00fcrgen"),
        ("Ju\u0308rgen", "Ju\u0308rgen", "Ju\u0308rgen"),
        ("\U0001f600", "\U0001f600", "\U0001f600"),
    ],
)
def test_ids_stand_raw_but_for_what_separates(text: str, in_a_key: str, before_a_dash: str) -> None:
    """Only ``#`` and ``%`` are escaped, and ``-`` where it separates; nothing is normalized."""
    assert (escaped(text), escaped_before_dash(text)) == (in_a_key, before_a_dash)
    assert (unescaped(in_a_key), unescaped(before_a_dash)) == (text, text)


@pytest.mark.parametrize("text", ["%41", "%2d", "%", "%2"])
def test_nothing_but_our_escapes_is_read(text: str) -> None:
    """What no id is ever written as stays as it is."""
    assert unescaped(text) == text


@pytest.mark.parametrize(
    ("prefix", "end"),
    [
        ("demand#", "demand$"),
        ("demand#evt%2D456-", "demand#evt%2D456."),
        ("~", "\x7f"),
        ("\x7f", "\x80"),
        ("\u00ff", "\u0100"),
        ("\ud7ff", "\ue000"),
        ("\uffff", "\U00010000"),
        ("a\U0010fffe", "a\U0010ffff"),
        ("a\U0010ffff", "b"),
        ("a\U0010ffff\U0010ffff", "b"),
        ("\U0010ffff", None),
        ("", None),
    ],
)
def test_a_prefix_ends_where_its_last_character_is_raised(prefix: str, end: str | None) -> None:
    """The end is the prefix with its last character raised by one, past those that are none."""
    assert end_of_prefix(prefix) == end

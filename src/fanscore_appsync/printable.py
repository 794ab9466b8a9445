"""Text from anywhere, made fit for a line of a terminal or a page."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Return a text with whatever would break its line, or the terminal, escaped."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")

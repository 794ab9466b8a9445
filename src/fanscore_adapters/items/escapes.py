"""How ids stand in table keys, and where a read of a range of keys ends.

An id stands raw, but for ``#``, which separates the parts of a key, and ``%``, which escapes. Ids
that have neither stand as they are (docs/reference/tables-and-keys.md).
"""

from __future__ import annotations

FIRST_SURROGATE, LAST_SURROGATE = 0xD800, 0xDFFF
LAST_CHARACTER = "\U0010ffff"


def escaped(text: str) -> str:
    """Write an id as it stands in a key."""
    return text.replace("%", "%25").replace("#", "%23")


def escaped_before_dash(text: str) -> str:
    """Write an id as it stands in a key before a ``-`` that separates it from the next one."""
    return escaped(text).replace("-", "%2D")


def unescaped(text: str) -> str:
    """Read an id from a key, written in either way."""
    return text.replace("%2D", "-").replace("%23", "#").replace("%25", "%")


def end_of_prefix(prefix: str) -> str | None:
    """Return the least text that is greater than every text which begins with a prefix.

    That is the prefix with its last character raised by one. Texts are ordered by code points,
    as their UTF-8 bytes are, which is how both stores order keys; halves of surrogate pairs are
    none, so that U+E000 follows U+D7FF.

    Returns:
        ``None`` if no text is greater: of the empty prefix.
    """
    raisable = prefix.rstrip(LAST_CHARACTER)
    if not raisable:
        return None
    raised = ord(raisable[-1]) + 1
    if FIRST_SURROGATE <= raised <= LAST_SURROGATE:
        raised = LAST_SURROGATE + 1
    return raisable[:-1] + chr(raised)

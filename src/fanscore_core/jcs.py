"""Canonical JSON that anybody can write again: RFC 8785, the JSON Canonicalization Scheme.

For digests that others verify. Only values that the standard library writes as the RFC does have a
text here: names in ASCII, and no numbers but integers that a float holds exactly. What leaves the
system otherwise is stamped with ``canonical``, which is older and takes every number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256

from fanscore_core.canonical import JsonWriter
from fanscore_core.errors import InvalidInput
from fanscore_core.scalars import is_text

MAX_INTEGER = 2**53 - 1
"""The greatest integer up to which a float holds each one (RFC 8785, appendix B)."""


def jcs_text(value: object) -> str:
    """Write a value as the one JSON text that RFC 8785 has for it; its bytes are UTF-8.

    Args:
        value: objects as ``dict`` with names in ASCII, arrays as ``list`` or ``tuple``, strings,
            booleans, ``None``, and integers of at most 2^53 - 1 either way.

    Raises:
        InvalidInput: it holds anything else, half of a surrogate pair for instance, or nests too
            deep.
    """
    try:
        return _writer.text(value)
    except RecursionError as error:
        raise InvalidInput("$", "nested too deep") from error


def jcs_digest(value: object) -> str:
    """Return the SHA-256 of a value's text, in 64 hexadecimal digits.

    Raises:
        InvalidInput: as ``jcs_text``.
    """
    return sha256(jcs_text(value).encode()).hexdigest()


def is_exact_integer(value: object) -> bool:
    """Whether a value is an integer, no boolean, that RFC 8785 has a text for."""
    return type(value) is int and -MAX_INTEGER <= value <= MAX_INTEGER


def _sorted_members(value: Mapping[object, object]) -> Iterable[tuple[str, object]]:
    # The RFC sorts by UTF-16 units, Python by code points: in ASCII these are the same.
    names = [name for name in value if type(name) is str and name.isascii()]
    if len(names) < len(value):
        raise InvalidInput("$", "expected names in ASCII")
    return ((name, value[name]) for name in sorted(names))


def _scalar_text(value: object) -> str:
    if value is None or type(value) is bool or is_exact_integer(value) or is_text(value):
        return json.dumps(value, ensure_ascii=False)
    raise InvalidInput("$", f"this {type(value).__name__} has no text")


_writer = JsonWriter(_sorted_members, _scalar_text)

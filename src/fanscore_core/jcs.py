"""Canonical JSON that anybody can write again: RFC 8785, the JSON Canonicalization Scheme.

For digests that others verify. Only values that the standard library writes as the RFC does have a
text here: names in ASCII, and no numbers but integers that a float holds exactly. What leaves the
system otherwise is stamped with ``canonical``, which is older and takes every number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256

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
        _check(value)
        text = known_jcs_text(value)
    except RecursionError as error:
        raise InvalidInput("$", "nested too deep") from error
    if not is_text(text):  # some string in it is not
        raise _without_text(text)
    return text


def known_jcs_text(value: object) -> str:
    """Write a value that is known to have a text, in half the time: nothing is looked at first."""
    return _encoder.encode(value)


def known_scalar_text(value: str | int | None) -> str:
    """Write a string, an integer or ``None`` that is known to have a text; no boolean is."""
    if value is None:
        return "null"
    return _quoted(value) if type(value) is str else str(value)


def known_strings_text(strings: Iterable[str]) -> str:
    """Write an array of strings that are known to have a text."""
    return f"[{','.join(map(_quoted, strings))}]"


def jcs_digest(value: object) -> str:
    """Return the SHA-256 of a value's text, in 64 hexadecimal digits.

    Raises:
        InvalidInput: as ``jcs_text``.
    """
    return sha256(jcs_text(value).encode()).hexdigest()


def is_exact_integer(value: object) -> bool:
    """Whether a value is an integer, no boolean, that RFC 8785 has a text for."""
    return type(value) is int and -MAX_INTEGER <= value <= MAX_INTEGER


def _check(value: object) -> None:
    """Refuse what the RFC writes otherwise than the standard library, and what it does not write.

    The RFC sorts names by UTF-16 units, Python by code points: in ASCII these are the same.
    """
    if isinstance(value, dict):
        if not all(type(name) is str and name.isascii() for name in value):
            raise InvalidInput("$", "expected names in ASCII")
        _check_all(value.values())
    elif isinstance(value, list | tuple):
        _check_all(value)
    elif type(value) is int:
        if not is_exact_integer(value):
            raise _without_text(value)
    elif type(value) is not str and value is not None and type(value) is not bool:
        raise _without_text(value)


def _check_all(values: Iterable[object]) -> None:
    for each in values:
        if type(each) is not str:  # most are; a call for each would take as long as writing them
            _check(each)


def _without_text(value: object) -> InvalidInput:
    return InvalidInput("$", f"this {type(value).__name__} has no text")


_quoted = json.encoder.encode_basestring  # as the encoder writes strings

_encoder = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
)

"""Language tags, by RFC 5646 (BCP 47).

A tag is accepted if it is well-formed (§2.2.9): it has the form of §2.1, and neither a variant nor
a singleton twice. Whether its parts are registered is not asked, since the registry grows, with
one exception: of languages with four letters (reserved, §2.2.1) and with five to eight (to be
registered one by one, and none ever was) there are none, so a tag that begins like that is a
mistake, such as the name of the language.
"""

from __future__ import annotations

import re

MAX_LENGTH = 128
"""In characters. RFC 5646 §4.4.1 asks for 35 at least; extensions take more."""

_IRREGULAR = frozenset(
    {
        "en-gb-oed",
        "i-ami",
        "i-bnn",
        "i-default",
        "i-enochian",
        "i-hak",
        "i-klingon",
        "i-lux",
        "i-mingo",
        "i-navajo",
        "i-pwn",
        "i-tao",
        "i-tay",
        "i-tsu",
        "sgn-be-fr",
        "sgn-be-nl",
        "sgn-ch-de",
    }
)
"""The grandfathered tags that have another form than all others; the regular ones have it."""

_VARIANT = r"(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3})"
_PRIVATE_USE = r"x(?:-[a-z0-9]{1,8})+"

_matches_tag = re.compile(
    rf"""
    [a-z]{{2,3}} (?:-[a-z]{{3}}){{0,3}}                # language, extended languages
    (?:-[a-z]{{4}})?                                   # script
    (?:-(?:[a-z]{{2}}|[0-9]{{3}}))?                    # region
    (?P<variants> (?:-{_VARIANT})*)
    (?P<extensions> (?:-[a-wy-z0-9](?:-[a-z0-9]{{2,8}})+)*)
    (?:-{_PRIVATE_USE})?
    """,
    re.VERBOSE,
).fullmatch
_matches_private_use = re.compile(_PRIVATE_USE).fullmatch


def is_language_tag(text: str) -> bool:
    """Whether a text is a well-formed language tag; case does not matter."""
    if len(text) > MAX_LENGTH or not text.isascii():
        return False
    tag = text.lower()
    if tag in _IRREGULAR or _matches_private_use(tag):
        return True
    found = _matches_tag(tag)
    if found is None:
        return False
    singletons = [part for part in found["extensions"].split("-") if len(part) == 1]
    return _are_distinct(found["variants"].split("-")) and _are_distinct(singletons)


def _are_distinct(parts: list[str]) -> bool:
    return len(set(parts)) == len(parts)

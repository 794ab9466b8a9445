from __future__ import annotations

from collections.abc import Mapping

import pytest
from graphql import parse

from fanscore_appsync.local.graphql.limits import (
    DEPTH_REACHED,
    LIMIT_REACHED,
    LimitReached,
    Limits,
    check_document,
    check_query,
)

SMALL = Limits(
    query_chars=300, definitions=3, depth=3, root_fields=2, fields=4, aliases=2, directives=2
)

WITHIN: Mapping[str, str] = {
    "depth": "{a{b{c}}}",
    "depth by fragments": "{a{...F}} fragment F on T{b{c}}",
    "depth by inline fragments": "{a{...on T{b{...on T{c}}}}}",
    "root fields": "{a b}",
    "fields": "{a{b c} d}",
    "fields of each operation": "query A{a{b c d}} query B{a{b c d}}",
    "aliases": "{a:b b:a}",
    "directives": "query @a{a @a}",
    "definitions": "{a} fragment F on T{a} fragment G on T{a}",
    "a cycle": "{a{...F}} fragment F on T{b{...G}} fragment G on T{...F}",
    "a fragment that is not there": "{...F}",
}

BEYOND: Mapping[str, tuple[str, str]] = {
    "{a{b{c{d}}}}": ("3 levels", DEPTH_REACHED),
    "{a{...F}} fragment F on T{b{c{d}}}": ("3 levels", DEPTH_REACHED),
    "{a{...on T{b{...on T{c{d}}}}}}": ("3 levels", DEPTH_REACHED),
    "{a b c}": ("2 root fields", LIMIT_REACHED),
    "{...F c} fragment F on T{a b}": ("2 root fields", LIMIT_REACHED),
    "{a{b c d} e}": ("4 fields", LIMIT_REACHED),
    "{a{...F} b{...F}} fragment F on T{c d}": ("4 fields", LIMIT_REACHED),
    "{a} fragment F on T{a{b c d e}}": ("4 fields", LIMIT_REACHED),
    "query A{a} query B{a{b c d e}}": ("4 fields", LIMIT_REACHED),
    "{a{a:b b:a c:c}}": ("2 aliases", LIMIT_REACHED),
    "{a{...F}b{...F}} fragment F on T{a:b b:a}": ("4 fields", LIMIT_REACHED),
    "{a{...F ...F ...F}} fragment F on T{a:b}": ("2 aliases", LIMIT_REACHED),
    "query @a{a @a @a}": ("2 directives", LIMIT_REACHED),
    "query($a:ID @a @a @a){a}": ("2 directives", LIMIT_REACHED),
    "{...F @a @a @a} fragment F on T{a}": ("2 directives", LIMIT_REACHED),
    "{...on T @a @a @a{a}}": ("2 directives", LIMIT_REACHED),
    "{a} query B{a} query C{a} query D{a}": ("3 definitions", LIMIT_REACHED),
}


@pytest.mark.parametrize("name", sorted(WITHIN))
def test_within_the_limits(name: str) -> None:
    """A query that asks for as much as each limit allows is let through."""
    check_document(parse(WITHIN[name]), SMALL)


@pytest.mark.parametrize("query", sorted(BEYOND))
def test_beyond_a_limit(query: str) -> None:
    """A query that asks for one more is refused with the limit that it is over."""
    with pytest.raises(LimitReached) as raised:
        check_document(parse(query), SMALL)
    of, error_type = BEYOND[query]
    assert raised.value.message == f"The query has more than {of}"
    assert raised.value.error_type == error_type


def test_the_length_of_a_query() -> None:
    """A query may have as many characters as the limit says."""
    check_query(" " * 300, SMALL)
    with pytest.raises(LimitReached, match="more than 300 characters"):
        check_query(" " * 301, SMALL)


def test_fragments_are_measured_once() -> None:
    """Fragments that spread others twice are counted in full, without walking them in full."""
    levels = 90
    fragments = " ".join(
        f"fragment F{level} on T{{...F{level + 1} ...F{level + 1}}}" for level in range(levels)
    )
    document = parse(f"{{...F0}} {fragments} fragment F{levels} on T{{a}}")
    with pytest.raises(LimitReached):
        check_document(document, Limits())

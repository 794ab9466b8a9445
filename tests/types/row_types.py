"""What the type checker must see in the declared operations. Never run; mypy checks it.

A line with ``type: ignore`` is wrong on purpose, as in ``engine_types.py``. The rows are written
inline, in a tuple: there a generic class would be inferred from whatever its row says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_type

import attrs

from fanscore_adapters.adapter import by_question
from fanscore_adapters.documents.proxies import ProxyCall
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import (
    Item,
    Lookup,
    PrefixRead,
    Put,
    Refused,
    Write,
    if_stored,
    put_outcome,
)
from fanscore_core.engine.question import Effect, Query, Question, exactly
from fanscore_core.pages import Page
from fanscore_core.ports.put_outcome import PutOutcome


@attrs.frozen
class Crate(Query[int | None]):
    """A query."""

    apples: str = attrs.field(validator=exactly(str))


@attrs.frozen
class Crates(Query[Page[Item]]):
    """A query that is answered page by page."""

    after: str | None = attrs.field(validator=exactly(str, type(None)))


def crates_key(_asked: Crates) -> Key:
    """Make a prefix."""
    return Key("crates", "crate#")


@attrs.frozen
class Pick(Effect[PutOutcome[int]]):
    """An effect."""

    pears: str
    attempt: int


def apple_key(asked: Crate) -> Key:
    """Make a key of one type of question."""
    return Key(asked.apples, "")


def pick_key(asked: Pick) -> Key:
    """Make a key of another type."""
    return Key(asked.pears, "")


def count(_item: Item) -> int:
    """Read an item."""
    return 1


def count_if_any(item: Item | None) -> int | None:
    """Read an item, or its absence."""
    return None if item is None else count(item)


def count_all(items: Sequence[Item]) -> int:
    """Read items."""
    return len(items)


def puts(_effect: Pick) -> Sequence[Put]:
    """Put nothing."""
    return ()


def crate_puts(_asked: Crate) -> Sequence[Put]:
    """Put nothing, for another type."""
    return ()


def picked(_effect: Pick, _refused: Refused | None) -> int:
    """Make an answer."""
    return 1


def crated(_asked: Crate, _refused: Refused | None) -> int:
    """Make an answer for another type."""
    return 1


LOOKUPS = (
    Lookup(Crate, "t", apple_key, count_if_any),
    Lookup(Crate, "t", lambda asked: Key(asked.apples, ""), if_stored(count), consistent=True),
    Lookup(Crate, "t", lambda asked: Key(asked.pears, ""), count_if_any),  # type: ignore[attr-defined]
    Lookup(Crate, "t", pick_key, count_if_any),  # type: ignore[arg-type]
    Lookup(Crate, "t", lambda asked: asked.apples, count_if_any),  # type: ignore[arg-type, return-value]
    Lookup(Crate, "t", apple_key, count),  # type: ignore[arg-type]
    Lookup(Crate, "t", apple_key, count_all),  # type: ignore[arg-type]
    Lookup(int, "t", lambda _: Key("", ""), count_if_any),  # type: ignore[type-var]
)
"""A lookup's key takes its question, and what makes its answer takes an item or ``None``."""

PREFIX_READS = (
    PrefixRead(Crate, "t", apple_key, count_all),
    PrefixRead(Crate, "t", lambda asked: Key(asked.pears, ""), count_all),  # type: ignore[attr-defined]
    PrefixRead(Crate, "t", pick_key, count_all),  # type: ignore[arg-type]
    PrefixRead(Crate, "t", apple_key, count_if_any),  # type: ignore[arg-type]
    PrefixRead(Crate, "t", apple_key, count_all, also=lambda asked: [Key(asked.apples, "")]),
    PrefixRead(Crate, "t", apple_key, count_all, also=lambda asked: [Key(asked.pears, "")]),  # type: ignore[attr-defined]
    PrefixRead(Crates, "t", crates_key, list, limit=lambda _: 1, after=lambda asked: asked.after),
    PrefixRead(Crates, "t", crates_key, list, limit=lambda asked: asked.after, after=lambda _: ""),  # type: ignore[arg-type, return-value]
    PrefixRead(Crates, "t", crates_key, list, limit=lambda _: 1, after=lambda _: 1),  # type: ignore[arg-type, return-value]
    PrefixRead(Crates, "t", crates_key, list, limit=lambda _: 1),  # type: ignore[call-overload]
    PrefixRead(Crates, "t", crates_key, count_all, limit=lambda _: 1, after=lambda _: None),  # type: ignore[arg-type]
)
"""What makes the answer of a prefix read takes items; of a page, it makes items."""

WRITES = (
    Write(Pick, "t", puts, picked),
    Write(Pick, "t", puts, put_outcome(count), lambda effect: effect.attempt),
    Write(Pick, "t", crate_puts, picked),  # type: ignore[arg-type]
    Write(Pick, "t", puts, crated),  # type: ignore[arg-type]
    Write(Pick, "t", puts, picked, lambda effect: effect.pears),  # type: ignore[arg-type, return-value]
    Write(Pick, "t", puts, picked, lambda effect: effect.apples),  # type: ignore[attr-defined]
)
"""All functions of a write take its effect."""

CALLS = (
    ProxyCall(Crate, "s", "o", lambda asked: {"apples": asked.apples}, str),
    ProxyCall(Crate, "s", "o", lambda asked: {"apples": asked.pears}, str),  # type: ignore[attr-defined]
    ProxyCall(Crate, "s", "o", apple_key, str),  # type: ignore[arg-type]
    ProxyCall(Crate, "s", "o", lambda _: {}, count),  # type: ignore[arg-type]
)
"""The arguments of a call are made of its question."""


def mapping() -> None:
    """Rows are found by the type of their question."""
    assert_type(by_question(LOOKUPS), Mapping[type[Question[object]], Lookup])
    assert_type(by_question(WRITES)[Pick].attempt(Pick("", 0)), int)
    by_question([1])  # type: ignore[type-var]
    assert_type(if_stored(count)(None), int | None)

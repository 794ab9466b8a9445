"""Answers that are declared as somebody else would: a table and a function of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from fanscore_adapters import (
    Item,
    Key,
    Lookup,
    Operations,
    PrefixRead,
    ProxyCall,
    Put,
    Write,
    if_stored,
    put_outcome,
    read_as,
)
from fanscore_adapters.items.tables import ROWS
from fanscore_core import Effect, GlobalUserId, InvalidInput, Query, exactly, valid_id
from fanscore_core.pages import Page
from fanscore_core.ports import PutOutcome

OWN_TABLE = "loyalty_table"
OWN_FUNCTION = "crm_proxy"
MOST_SHOWS = 10


@attrs.frozen
class Points(Query[int | None]):
    """How many points a fan has."""

    fan: GlobalUserId = attrs.field(validator=valid_id)


@attrs.frozen
class Badges(Query[tuple[str, ...]]):
    """The badges of a fan, those on one shelf or all."""

    fan: GlobalUserId = attrs.field(validator=valid_id)
    shelf: str | None = attrs.field(default=None, validator=exactly(str, type(None)))


@attrs.frozen
class BadgesPage(Query[Page[str]]):
    """The same, a page at a time."""

    fan: GlobalUserId = attrs.field(validator=valid_id)
    shelf: str | None = attrs.field(validator=exactly(str, type(None)))
    limit: int = attrs.field(validator=exactly(int))
    after: str | None = attrs.field(default=None, validator=exactly(str, type(None)))


@attrs.frozen
class PutPoints(Effect[PutOutcome[int]]):
    """Store points over those that were read; ``None`` for none."""

    fan: GlobalUserId
    points: int
    read: int | None


@attrs.frozen
class PutBadges(Effect[bool]):
    """Store badges that the fan does not have yet: all, or none."""

    fan: GlobalUserId
    shelf: str
    names: tuple[str, ...]


@attrs.frozen
class ShowsAttended(Query[Decimal | None]):
    """At how many shows a fan was; ``None`` for a fan whom nobody knows."""

    fan: GlobalUserId = attrs.field(validator=valid_id)


NO_KEY = GlobalUserId("fan-without-a-key")
"""A fan for whom there is a mistake in the functions that make keys."""


def points_item(fan: GlobalUserId, points: object) -> Item:
    """Make the item that has a fan's points."""
    return {"PK": f"fan:{fan}", "SK": "points", "points": points}


def badge_item(fan: GlobalUserId, shelf: str, name: str) -> Item:
    """Make the item of a badge."""
    return {"PK": f"fan:{fan}", "SK": f"badge#{shelf}#{name}", "badge": f"{shelf}/{name}"}


@attrs.frozen
class _Points:
    points: int


@attrs.frozen
class _Badge:
    badge: str


@attrs.frozen
class _Attended:
    shows: Decimal


def _read_points(item: Item) -> int:
    return read_as(_Points, "loyalty")(item).points


def _read_badges(items: Sequence[Item]) -> tuple[str, ...]:
    return tuple(read_as(_Badge, "badge")(item).badge for item in items)


def _partition(fan: GlobalUserId) -> str:
    if fan == NO_KEY:
        raise KeyError(fan)
    return f"fan:{fan}"


def _badges_key(asked: Badges | BadgesPage) -> Key:
    return Key(_partition(asked.fan), "badge#" if asked.shelf is None else f"badge#{asked.shelf}#")


def _put_points(effect: PutPoints) -> Sequence[Put]:
    expected = None if effect.read is None else {"points": effect.read}
    return [Put({**points_item(effect.fan, effect.points), "PK": _partition(effect.fan)}, expected)]


def _put_badges(effect: PutBadges) -> Sequence[Put]:
    return [Put(badge_item(effect.fan, effect.shelf, each), None) for each in effect.names]


OWN_ROWS = (
    Lookup(
        Points,
        OWN_TABLE,
        lambda asked: Key(_partition(asked.fan), "points"),
        if_stored(_read_points),
    ),
    PrefixRead(Badges, OWN_TABLE, _badges_key, _read_badges),
    PrefixRead(
        BadgesPage,
        OWN_TABLE,
        _badges_key,
        _read_badges,
        limit=lambda asked: asked.limit,
        after=lambda asked: asked.after,
    ),
    Write(PutPoints, OWN_TABLE, _put_points, put_outcome(_read_points)),
    Write(PutBadges, OWN_TABLE, _put_badges, lambda _, refused: refused is None),
)

OPERATIONS = Operations(ROWS.also(OWN_ROWS))
"""Those of the four tables, and of one more."""


def _shows(document: object) -> Decimal:
    shows = read_as(_Attended)(document).shows
    if not 0 <= shows <= MOST_SHOWS:
        raise InvalidInput("data.shows", f"expected a number from 0 to {MOST_SHOWS}")
    return shows


OWN_CALL = ProxyCall(
    ShowsAttended,
    OWN_FUNCTION,
    "attended",
    lambda asked: {"globalUserId": asked.fan},
    _shows,
    {404: None},
)

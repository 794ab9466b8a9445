"""Pages: a long list read a piece at a time (docs/how-to/save-and-merge-demand.md)."""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

from fanscore_core.errors import InvalidInput

ItemT_co = TypeVar("ItemT_co", covariant=True)

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100


@attrs.frozen
class Page(Generic[ItemT_co]):
    """A piece of a list, as a store answers it.

    Attributes:
        items: in order; there may be none, and yet a next page.
        next: where the next page begins: after the item whose sort key this is, without the
            prefix that all have in common; ``None`` at the end of the list.
    """

    items: tuple[ItemT_co, ...]
    next: str | None = None


@attrs.frozen
class PageRequest:
    """Which page of which list is asked for; ``InvalidInput`` for a limit that is out of range.

    Attributes:
        list_id: tells the list from all others, for whoever writes the token of the next page.
        limit: the most stored items to read, 1 to ``MAX_LIMIT``; those that are then left out,
            such as tombstones, included.
        after: the ``next`` of the page before; ``None`` for the first.
    """

    list_id: str
    limit: int = attrs.field(default=DEFAULT_LIMIT)
    after: str | None = attrs.field(default=None, repr=False)

    @limit.validator
    def _check_limit(self, _: object, limit: int) -> None:
        if type(limit) is not int or not 1 <= limit <= MAX_LIMIT:
            raise InvalidInput("arguments.limit", f"expected an integer from 1 to {MAX_LIMIT}")


@attrs.frozen
class ListPage(Generic[ItemT_co]):
    """A page, and which list it is of: the result of a field that is read page by page.

    Attributes:
        list_id: as in the request.
        page: what was found, without what nobody should see.
    """

    list_id: str
    page: Page[ItemT_co]

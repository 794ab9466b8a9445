"""How questions and effects are put to a table: which items, under which keys, on what condition.

Both stores, embedded and DynamoDB, work from these values. They differ only in how items are
fetched and written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeAlias, TypeVar

import attrs

from fanscore_adapters.items.keys import Key
from fanscore_core.errors import InvalidInput, Unavailable

QueryT = TypeVar("QueryT")
FoundT = TypeVar("FoundT")
StoredT = TypeVar("StoredT")

Item: TypeAlias = Mapping[str, object]
"""A stored item: an object whose fractions are ``Decimal``, with its keys ``PK`` and ``SK``."""


@attrs.frozen
class Read(Generic[QueryT, FoundT]):
    """How a question is answered from a table.

    Attributes:
        table: where the items lie.
        key: finds them.
        make: makes the answer of what was found; raises ``InvalidInput`` if that is malformed.
        consistent: whether what was written before must be seen; an eventual read costs half.
    """

    table: str
    key: Callable[[QueryT], Key]
    make: Callable[[FoundT], object]
    consistent: bool = False

    def answer(self, stored: StoredT, parse: Callable[[StoredT], FoundT]) -> object:
        """Make the answer; ``Unavailable`` where an item is malformed, never a wrong score.

        Args:
            stored: as the store gives it.
            parse: makes items of that; raises ``InvalidInput`` where it cannot.
        """
        try:
            return self.make(parse(stored))
        except InvalidInput as error:
            return Unavailable(self.table, f"malformed item: {error}")


Lookup: TypeAlias = Read[QueryT, Item | None]
"""A question that one item answers, or its absence."""

PrefixRead: TypeAlias = Read[QueryT, Sequence[Item]]
"""A question that the items of one partition answer whose sort key begins with a prefix."""


@attrs.frozen
class Put:
    """One item to write.

    Attributes:
        item: with its keys.
        expected: attributes that the item which is replaced must have, ``None`` for those that it
            must not have; ``None`` instead of all if there must be no such item.
    """

    item: Item
    expected: Mapping[str, object] | None

    def met_by(self, stored: Item | None) -> bool:
        """Whether a stored item meets the condition."""
        if stored is None or self.expected is None:
            return stored is None and self.expected is None
        return all(stored.get(name) == value for name, value in self.expected.items())


@attrs.frozen
class Refused:
    """A condition was not met: by this item, or by its absence."""

    stored: Item | None


@attrs.frozen
class Write(Generic[QueryT]):
    """How an effect is performed on a table: all of its puts, or none.

    Attributes:
        table: where the items lie.
        puts: what to write.
        make: makes the answer; of the item that did not meet the condition, if one did not.
        attempt: which attempt this is, from 0; the store waits before any but the first.
    """

    table: str
    puts: Callable[[QueryT], Sequence[Put]]
    make: Callable[[QueryT, Refused | None], object]
    attempt: Callable[[QueryT], int] = lambda _: 0

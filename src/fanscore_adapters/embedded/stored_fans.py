"""Fans as the embedded store holds them: found by how their id begins, and all of one fan's items.

For an operator on this machine. Reads go by key alone: none looks through a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

import attrs

from fanscore_adapters.documents.converter import id_text
from fanscore_adapters.embedded.stand_ins import default_sample
from fanscore_adapters.items import keys
from fanscore_adapters.items.escapes import escaped, unescaped
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item, PageRange, Table
from fanscore_adapters.items.tables import TABLES
from fanscore_adapters.sqlite.connection import as_unavailable
from fanscore_adapters.sqlite.tables import SqliteTables, item_of
from fanscore_core.errors import InvalidInput
from fanscore_core.ids import GlobalUserId, MemberId, is_id
from fanscore_core.systems import ACCOUNT_FANSCORE, DEMAND, FAN_IDENTITY, VERIFICATION

MOST_FOUND = 20
"""How many fans a search returns at most."""

MOST_OF_A_KIND = 100
"""How many items of one kind are read of a fan."""

_FAN = "fan:"
_OURS = {table.name for table in TABLES}

KINDS: Mapping[str, tuple[str, str]] = {
    "identity": (FAN_IDENTITY, "identity"),
    "verdicts": (FAN_IDENTITY, "botornot#"),
    "demand": (DEMAND, "demand#"),
    "entries": (DEMAND, "entry#"),
    "liveness": (VERIFICATION, "liveness#"),
    "receipts": (DEMAND, "receipt#"),
}
"""The items of a fan, by kind: the table, and how their sort keys begin."""


@attrs.frozen
class ItemsOfAKind:
    """The first items of one kind.

    Attributes:
        items: in the order of their sort keys; ``None`` for one that is no JSON object.
        has_more: whether there are others.
    """

    items: Sequence[Item | None] = attrs.field(repr=False)
    has_more: bool


@attrs.frozen
class StoredFans:
    """Finds fans in the embedded store.

    Attributes:
        tables: the store.
        declared: the tables that hold something of fans, and where in them.
    """

    tables: SqliteTables
    declared: Sequence[Table] = TABLES

    def beginning(self, prefix: str, limit: int = MOST_FOUND) -> Sequence[GlobalUserId]:
        """Return the first fans of whom something is stored and whose ids begin with a prefix.

        Raises:
            Unavailable: the store cannot be read.
        """
        begins = f"{_FAN}{escaped(prefix)}"
        found: set[str] = set()
        for table in self.declared:
            if table.fan_key is not None:
                found.update(self.tables.partition_keys(table.name, begins, limit))
        ids = (unescaped(pk.removeprefix(_FAN)) for pk in sorted(found))
        return [GlobalUserId(each) for each in islice(filter(is_id, ids), limit)]

    def items_of(self, fan: GlobalUserId) -> Mapping[str, ItemsOfAKind]:
        """Return what is stored of a fan, by kind: of ``KINDS``, and the ``account``.

        A table of one's own is a kind by its name.

        Raises:
            Unavailable: the store cannot be read.
        """
        pk = keys.identity(fan).pk
        found = {kind: self._begins_with(table, Key(pk, sk)) for kind, (table, sk) in KINDS.items()}
        own = {
            table.name: self._begins_with(table.name, Key(table.fan_key(fan), ""))
            for table in self.declared
            if table.fan_key is not None and table.name not in _OURS
        }
        return {**found, **own, "account": self._account(found["identity"])}

    def has_sample(self) -> bool:
        """Whether the fans of the shipped sample are there.

        Raises:
            Unavailable: the store cannot be read.
        """
        items = default_sample().tables[FAN_IDENTITY]
        fans = [Key(str(item["PK"]), "identity") for item in items if item["SK"] == "identity"]
        with as_unavailable(FAN_IDENTITY):
            return None not in self.tables.look_up(FAN_IDENTITY, fans)

    def _begins_with(self, table: str, prefix: Key) -> ItemsOfAKind:
        with as_unavailable(table):
            texts, rest = self.tables.page(table, prefix, PageRange(MOST_OF_A_KIND, None))
        return ItemsOfAKind([*map(_item, texts)], rest is not None)

    def _account(self, identity: ItemsOfAKind) -> ItemsOfAKind:
        for item in identity.items:
            member = id_text(item.get("memberId")) if item else None
            if is_id(member):
                key = keys.account_score(MemberId(str(member)))
                return self._begins_with(ACCOUNT_FANSCORE, key)
        return ItemsOfAKind((), has_more=False)


def _item(text: str) -> Item | None:
    try:
        return item_of(text)
    except InvalidInput:
        return None

"""Erasing a fan: finding and deleting all that is stored of one person.

It deletes whole partitions, so that a new kind of item needs no line here. Deletes have no
condition: whatever stands there by then is the fan's, too (docs/decisions/0015-erasing-a-fan.md).

Before anything else it writes the mark of an erased fan, by which consumers drop what the fan said
until then: a replay of kept events brings nothing back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol, TypeAlias

import attrs

from fanscore_adapters.items import keys
from fanscore_adapters.items.consumers import erased_item
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item, Table
from fanscore_adapters.items.tables import TABLES
from fanscore_core.ids import GlobalUserId, MemberId, is_id
from fanscore_core.systems import FAN_IDENTITY

PASSES = 5
"""How often to look again for what others have written meanwhile."""

EVENTS_KEPT = timedelta(days=30)
"""How long events are kept that could bring something back, unless it is said otherwise."""

OTHER = "other"
ROW = "row"

_KINDS = (
    "identity",
    "botornot#",
    "score#account",
    "liveness",
    "liveness#",
    "demand#",
    "entry#",
    "receipt#",
)


class Held(NamedTuple):
    """An item of a partition: its sort key, and the account that it names, if it names one."""

    sk: str
    member_id: str | None


class StoredItem(NamedTuple):
    """Where an item lies."""

    table: str
    key: Key


class Kind(NamedTuple):
    """A table, and a kind of item there: how its sort key begins, without any id."""

    table: str
    kind: str


Counts: TypeAlias = "Counter[Kind]"
"""How much there is, by kind."""


class Partitions(Protocol):
    """What erasing needs of a store of the four tables.

    Each method raises ``Unavailable`` where the store does not answer.
    """

    def partition(self, table: str, pk: str) -> Sequence[Held]:
        """Return all items with a partition key, ordered; sees whatever was written before."""
        ...

    def delete(self, table: str, key: Key) -> None:
        """Delete an item, which may be gone already."""
        ...

    def write(self, table: str, item: Item) -> None:
        """Write an item over what is there; it is kept when this returns."""
        ...

    def scrub(self) -> bool:
        """Leave no trace of what was deleted in files that are ours; whether that is so now."""
        ...


class Events(Protocol):
    """What erasing needs of the local bus; raises as ``Partitions`` does."""

    def count_of(self, fan: GlobalUserId) -> Mapping[str, int]:
        """Count the rows about a fan, by table; tables without any are left out."""
        ...

    def erase(self, fan: GlobalUserId) -> None:
        """Delete them, and what belongs to them."""
        ...


@attrs.frozen
class Erased:
    """How erasing ended.

    Attributes:
        deleted: what was deleted; what came back and was deleted again counts twice.
        left: what is there after all, since others keep writing.
        has_traces: whether what was deleted still stands in files that are ours, since others
            keep reading: without them, erasing again removes it.
    """

    deleted: Counts
    left: Counts
    has_traces: bool = False


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@attrs.frozen
class Erasure:
    """Finds and erases what is stored of a fan.

    Attributes:
        tables: where the items are.
        events: of the local bus; ``None`` where events are kept elsewhere.
        declared: the tables that hold something of fans, and where in them.
        events_kept: how long an event can be delivered that was published before erasing; as long
            stays the mark of an erased fan.
        clock: the time, with offset.
        others: the names of tables that are there, and that nobody declared: they are not looked
            into.
    """

    tables: Partitions
    events: Events | None
    declared: Sequence[Table] = TABLES
    events_kept: timedelta = EVENTS_KEPT
    clock: Callable[[], datetime] = utc_now
    others: Sequence[str] = ()

    def find(self, fan: GlobalUserId, account: MemberId | None = None) -> Counts:
        """Count what there is of a fan.

        Args:
            fan: the person.
            account: whose score counts, besides that of the account in the fan's identity record.

        Raises:
            Unavailable: a store did not answer.
        """
        return self._count(fan, self._items(fan, _known(account)))

    def erase(self, fan: GlobalUserId, account: MemberId | None = None) -> Erased:
        """Mark the fan as erased; delete what there is, and again what others write meanwhile.

        It may be repeated, after an interruption too. The mark stays, a digest instead of an id:
        it is nothing of the fan, and is counted nowhere.

        Args:
            fan: as for ``find``.
            account: as for ``find``.

        Raises:
            Unavailable: a store did not answer; the mark may be there by then, and some deleted.
        """
        now = self.clock()
        self.tables.write(FAN_IDENTITY, erased_item(fan, now, now + self.events_kept))
        accounts = _known(account)
        deleted: Counts = Counter()
        for _ in range(PASSES):
            items = self._items(fan, accounts)
            found = self._count(fan, items)
            if not found:
                break
            self._delete(fan, items)
            deleted += found
        is_scrubbed = self.tables.scrub()
        left = self._count(fan, self._items(fan, accounts))
        return Erased(deleted, left, has_traces=not is_scrubbed)

    def _delete(self, fan: GlobalUserId, items: Sequence[StoredItem]) -> None:
        if self.events is not None:
            self.events.erase(fan)  # first, so that no delivery brings the rest back
        for place in items:
            self.tables.delete(*place)

    def _items(self, fan: GlobalUserId, accounts: set[MemberId]) -> Sequence[StoredItem]:
        """Find the fan's items, in the order of deleting; add the fan's account to the others.

        The identity record comes last: it alone names the account.
        """
        identity = keys.identity(fan)
        items = []
        for table in self.declared:
            if table.fan_key is None:
                continue
            pk = table.fan_key(fan)
            for held in self.tables.partition(table.name, pk):
                items.append(StoredItem(table.name, Key(pk, held.sk)))
                names_account = items[-1] == StoredItem(FAN_IDENTITY, identity)
                if names_account and held.member_id is not None and is_id(held.member_id):
                    accounts.add(MemberId(held.member_id))
        items.sort(key=lambda place: place.key == identity)
        return [*self._of_accounts(accounts), *items]

    def _of_accounts(self, accounts: set[MemberId]) -> Iterator[StoredItem]:
        for table in self.declared:
            if table.account_key is None:
                continue
            for account in sorted(accounts):
                pk = table.account_key(account)
                for held in self.tables.partition(table.name, pk):
                    yield StoredItem(table.name, Key(pk, held.sk))

    def _count(self, fan: GlobalUserId, items: Sequence[StoredItem]) -> Counts:
        rows = {} if self.events is None else self.events.count_of(fan)
        counts = Counter(Kind(place.table, kind_of(place.key.sk)) for place in items)
        return counts + Counter({Kind(table, ROW): count for table, count in rows.items()})


def kind_of(sk: str) -> str:
    """Return the kind of an item: how its sort key begins, without any id; or ``OTHER``."""
    head, separator, _ = sk.partition("#")
    return next((kind for kind in (sk, head + separator) if kind in _KINDS), OTHER)


def _known(account: MemberId | None) -> set[MemberId]:
    return set() if account is None else {account}

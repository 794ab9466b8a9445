"""A model of DynamoDB: conditional puts, transactions, and reads that may be stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeAlias

import attrs

from fanscore_adapters.dynamodb.values import read_item, write_item
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item, PrefixRead, Put, Refused
from fanscore_adapters.items.tables import PREFIX_READS
from fanscore_core.engine.question import Question
from tests.simulation.pieces import Pieces

STALE_VERSIONS = 3
"""An eventual read sees one of so many last versions of an item."""

Place: TypeAlias = tuple[str, Key]
Encoded: TypeAlias = Mapping[str, Mapping[str, object]]


@attrs.frozen
class Written:
    """An item that was written, as it can be read again, and what lay there before."""

    before: Item | None
    after: Item


@attrs.frozen
class Done:
    """What came of an effect: its answer, and what it wrote."""

    answer: object
    written: Sequence[Written] = ()


@attrs.frozen
class ModelTables:
    """The four tables. Items lie there as DynamoDB writes them, all their versions.

    Attributes:
        pieces: how questions and effects are put to tables.
        random: decides how stale a read is.
    """

    pieces: Pieces
    random: Random
    _versions: dict[Place, list[Encoded]] = attrs.field(factory=dict)

    def knows(self, question: Question[object]) -> bool:
        """Whether the tables answer a question."""
        kind = type(question)
        return kind in self.pieces.lookups or kind in PREFIX_READS or kind in self.pieces.writes

    def perform(self, question: Question[object]) -> Done:
        """Answer a question, or perform an effect."""
        kind = type(question)
        if kind in self.pieces.writes:
            return self._write(question)
        if kind in PREFIX_READS:
            ranges = PREFIX_READS[kind]
            return Done(self._read(ranges, question))
        lookup = self.pieces.lookups[kind]
        place = (lookup.table, lookup.key(question))
        return Done(lookup.answer(self._seen(place, consistent=lookup.consistent), _same))

    def item(self, table: str, key: Key) -> Item | None:
        """Give what is stored now."""
        return self._seen((table, key), consistent=True)

    def items(self, table: str) -> Sequence[Item]:
        """Give everything that is stored now in a table."""
        return [read_item(each[-1]) for place, each in self._versions.items() if place[0] == table]

    def put(self, table: str, item: Item) -> None:
        """Write an item without a condition."""
        key = Key(str(item["PK"]), str(item["SK"]))
        self._versions.setdefault((table, key), []).append(write_item(item))

    def _write(self, effect: Question[object]) -> Done:
        write = self.pieces.writes[type(effect)]
        puts = write.puts(effect)
        stored = [self.item(write.table, _key(put)) for put in puts]
        for put, before in zip(puts, stored, strict=True):
            if not put.met_by(before):
                return Done(write.make(effect, _refused(put, before)))
        for put in puts:
            self.put(write.table, put.item)
        written = [
            Written(before, self._stored(write.table, _key(put)))
            for put, before in zip(puts, stored, strict=True)
        ]
        return Done(write.make(effect, None), written)

    def _stored(self, table: str, key: Key) -> Item:
        return read_item(self._versions[table, key][-1])

    def _read(self, read: PrefixRead, question: Question[object]) -> object:
        if read.limit is None:
            found = [self._begins_with(read, prefix) for prefix in read.keys(question)]
            return read.answer([item for each in found for item in each], tuple)
        prefix, wanted = read.key(question), read.page_range(question)
        items = self._begins_with(read, prefix)
        later = [each for each in items if not wanted.start or str(each["SK"]) > wanted.start]
        page = later[: wanted.limit]
        rest = str(page[-1]["SK"]).removeprefix(prefix.sk) if len(later) > len(page) else None
        return read.answer_page(page, tuple, rest)

    def _begins_with(self, read: PrefixRead, prefix: Key) -> Sequence[Item]:
        keys = sorted(
            key
            for table, key in self._versions
            if table == read.table and key.pk == prefix.pk and key.sk.startswith(prefix.sk)
        )
        found = [self._seen((read.table, key), consistent=read.consistent) for key in keys]
        return [item for item in found if item is not None]

    def _seen(self, place: Place, *, consistent: bool) -> Item | None:
        versions = self._versions.get(place, [])
        back = 1 if consistent else self.random.randint(1, STALE_VERSIONS)
        return read_item(versions[-back]) if back <= len(versions) else None


def _refused(put: Put, stored: Item | None) -> Refused | None:
    """Take our own item for written, as the adapter does: a request may come twice."""
    return None if stored == read_item(write_item(put.item)) else Refused(stored)


def _key(put: Put) -> Key:
    return Key(str(put.item["PK"]), str(put.item["SK"]))


def _same(found: Item | None) -> Item | None:
    return found

"""The laws of demand records, held against the model of the property tests.

That model is a list of all that was ever asked for. It is told which changes were written, and not
how they were merged.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from fanscore_adapters.items import keys
from fanscore_adapters.items.demand import read_record
from fanscore_adapters.items.keys import Key
from fanscore_core.demand import DemandRecord, StoredDemandRecord
from fanscore_core.ids import EventId
from fanscore_core.merging import LEAST
from fanscore_core.pipelines.demand_record import DemandRecordResult
from fanscore_core.systems import DEMAND
from tests.property.demand_model import FIELDS, Asked, Shown, counts, seen, shown, value_of
from tests.simulation.law import parsed, require
from tests.simulation.requests import EVENT, SAVE, Request
from tests.simulation.tables import ModelTables, Written


@attrs.frozen
class Applied:
    """A change that is in a record: the request for it, and what its try asked for."""

    request: Request
    asked: Asked


@attrs.frozen
class DemandLaws:
    """Watches demand records.

    Attributes:
        tables: what is stored.
        applied: the changes of each record, in the order in which they were written.
        versions: each record in each of its versions.
    """

    tables: ModelTables
    applied: dict[Key, list[Applied]] = attrs.field(factory=dict)
    versions: dict[tuple[Key, int], StoredDemandRecord] = attrs.field(factory=dict)

    def written(self, written: Written, request: Request, second: int) -> None:
        """Check a write: it parses, its version is the next, and no request is applied twice."""
        after = parsed(read_record, written.after)
        before = 0 if written.before is None else read_record(written.before).version
        require(after.version == before + 1, "a version is one more than the last")
        key = _key(request)
        changes = self.applied.setdefault(key, [])
        known = [each.request.request_id for each in changes]
        require(request.request_id not in known, "no request is applied twice")
        changes.append(Applied(request, request.asked(second)))
        self.versions[key, after.version] = after

    def answered(self, request: Request) -> None:
        """Check that a change which a client is told of is in the record, as it was stored."""
        if not isinstance(request.value, DemandRecordResult):
            return
        key, record = _key(request), request.value.record
        digests = [
            each.request.digest
            for each in self.applied.get(key, [])
            if each.request.request_id == request.request_id
        ]
        require(digests == [request.digest], "a change that is answered is in the record")
        if record is not None:
            stored = self.versions.get((key, record.version))
            require(record == stored, "a record that is answered was stored")

    def refused(self, request: Request, second: int) -> None:
        """Check that a save which is refused as outdated would have shown in nothing.

        A delete is judged by what it read: another may have come since, by which it would count.
        """
        if request.field != SAVE:
            return
        changes = [each.asked for each in self.applied.get(_key(request), [])]
        require(not counts(request.asked(second), changes), "no change that counts is refused")

    def settled(self) -> None:
        """Check that each record is what the merge law makes of all its changes."""
        for key, changes in self.applied.items():
            stored = parsed(read_record, self.tables.item(DEMAND, key))
            require(stored.version == len(changes), "a version counts the changes")
            asked = [each.asked for each in changes]
            require(
                _without_defaults(stored.record, asked) == shown(asked),
                "a record is what the merge law makes of its changes, deletes included",
            )


def _key(request: Request) -> Key:
    fan, sale = request.sale
    return keys.demand_record(fan, EventId(EVENT), sale)


def _without_defaults(record: DemandRecord, changes: Sequence[Asked]) -> Shown | None:
    """Give what is to be seen of a record, without defaults in holes that nobody filled."""
    found = seen(record)
    if found is None:
        return None
    default = record.deleted.next() if record.deleted else LEAST
    defaults = {
        name
        for name in FIELDS
        if name in found.values
        and record.fields[name].stamp == default
        and value_of(name, changes) is None
    }
    values = {name: text for name, text in found.values.items() if name not in defaults}
    return attrs.evolve(found, values=values)

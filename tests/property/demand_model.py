"""A demand record as a list of all that was ever asked for: what the merge is held against.

What shows of a field is the newest value among the writes that count; a write does not count if a
delete, or for an attribute a clearing of all, is as new. Nothing is forgotten, so nothing can be
merged wrongly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from fanscore_core.canonical import canonical_json
from fanscore_core.demand import DemandRecord, Key, deletion, save
from tests.demand_samples import KEY, START, stamp

FIELDS = ("email", "contactMethod", "locale")
PREFIX = "attributes."


@attrs.frozen(order=True)
class When:
    """The moment and the request of a change."""

    second: int
    request: str


@attrs.frozen
class Asked:
    """A change that a fan asked for.

    Attributes:
        when: it was asked for.
        values: of fields and of ``attributes.<key>``; ``None`` clears one.
        clears: whether it clears all attributes.
        deletes: whether it deletes the record.
    """

    when: When
    values: Mapping[str, object] = attrs.field(factory=dict)
    clears: bool = False
    deletes: bool = False

    def change(self, key: Key = KEY) -> DemandRecord:
        """Make the change."""
        written = stamp(self.when.second, self.when.request)
        if self.deletes:
            return deletion(key, written)
        texts = {name: canonical_json(value) for name, value in self.values.items()}
        return save(key, texts, written, clear_attributes=self.clears)


@attrs.frozen
class Shown:
    """What is to be seen of a record.

    Attributes:
        values: each field and attribute that has a value, as JSON.
        requested: the second of the first save.
        updated: the second of the last change.
    """

    values: Mapping[str, str]
    requested: int | None
    updated: int


def shown(every: Iterable[Asked], defaults: Mapping[str, str] | None = None) -> Shown | None:
    """Say what is to be seen after some changes, in whatever order they came; of none, none.

    Args:
        every: the changes; at least one.
        defaults: what fields have that nobody asked for, as JSON.
    """
    changes = list(every)
    saves = [asked for asked in changes if not asked.deletes]
    if not any(_counts(asked, changes) for asked in saves):
        return None
    names = {name for asked in saves for name in asked.values}
    values = {name: value_of(name, changes) for name in sorted(names)}
    values |= {name: text for name, text in (defaults or {}).items() if not values.get(name)}
    requested = min(asked.when.second for asked in saves)
    updated = max(asked.when.second for asked in changes)
    texts = {name: text for name, text in values.items() if text not in {None, "null"}}
    return Shown({name: str(text) for name, text in texts.items()}, requested, updated)


def value_of(name: str, changes: Sequence[Asked]) -> str | None:
    """Give the newest value of a field as JSON, ``null`` if that clears it; none if none counts."""
    counting = [
        (asked.when, canonical_json(asked.values[name]))
        for asked in changes
        if name in asked.values
        and _counts(asked, changes)
        and not (name.startswith(PREFIX) and _cleared(asked, changes))
    ]
    return max(counting)[1] if counting else None


def counts(asked: Asked, changes: Sequence[Asked]) -> bool:
    """Whether any part of a change counts beside others; a delete, if nothing is left to see."""
    if asked.deletes:
        return not changes or shown([*changes, asked]) is None
    if not _counts(asked, changes):
        return False
    saves = [other for other in changes if not other.deletes]
    if all(asked.when > other.when for other in saves):
        return True
    if asked.clears and not _cleared(asked, changes):
        return True
    return any(_wins(name, asked, changes) for name in asked.values)


def _wins(name: str, asked: Asked, changes: Sequence[Asked]) -> bool:
    if name.startswith(PREFIX) and _cleared(asked, changes):
        return False
    others = [other for other in changes if name in other.values and _counts(other, changes)]
    if name.startswith(PREFIX):
        others = [other for other in others if not _cleared(other, changes)]
    return all(asked.when > other.when for other in others)


def seen(record: DemandRecord) -> Shown | None:
    """Give what is to be seen of a real record."""
    if not record.is_live:
        return None
    values = {name: text for name in record.fields if (text := record.text_of(name)) is not None}
    requested = None if record.requested_at is None else _second(record.requested_at)
    return Shown(values, requested, _second(record.updated_at))


def _second(moment: datetime) -> int:
    return round((moment - START).total_seconds())


def _counts(asked: Asked, changes: Iterable[Asked]) -> bool:
    """Whether a save is newer than every delete."""
    return all(asked.when > other.when for other in changes if other.deletes)


def _cleared(asked: Asked, changes: Iterable[Asked]) -> bool:
    return any(other.clears and other.when >= asked.when for other in changes)

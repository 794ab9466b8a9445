"""What an event's registrants have in common: the event's other id, and the run of the bot model.

Each stands in one item, found before anything else is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from fanscore_adapters.dynamodb.export_lines import (
    TypedItem,
    key_text,
    lines_with,
    of_line,
    typed_item,
)
from fanscore_adapters.dynamodb.export_manifest import DataFile
from fanscore_adapters.dynamodb.values import read_item
from fanscore_adapters.items import keys
from fanscore_adapters.items.keys import Key
from fanscore_adapters.items.operations import Item
from fanscore_adapters.items.tables import LOOKUPS
from fanscore_core.engine.question import Question
from fanscore_core.errors import InvalidInput, SourceFailed, Unavailable
from fanscore_core.ids import BotRunId, EventId
from fanscore_core.ports.demand import DiscoEventId
from fanscore_core.ports.fan_identity import BotOrNotCursor
from fanscore_core.signals import Missing

# Texts that JSON need not escape may be escaped all the same.
ESCAPED = b"\\u"


@attrs.frozen
class EventFacts:
    """What is the same for all registrants of an event.

    Attributes:
        event_id: the id asked for.
        disco_event_id: its discovery id; ``UNAVAILABLE`` where the mapping is malformed.
        cursor: the run of the bot model that counts; ``NOT_ASKED`` before the first, and
            ``UNAVAILABLE`` where the item is malformed.
    """

    event_id: EventId
    disco_event_id: EventId | Missing
    cursor: BotRunId | Missing

    def document(self) -> Mapping[str, object]:
        """Write it as a document."""
        return {
            "event": self.event_id,
            "disco": _written(self.disco_event_id),
            "cursor": _written(self.cursor),
        }

    @classmethod
    def of(cls, document: Mapping[str, list[str]]) -> EventFacts:
        """Read what ``document`` wrote."""
        disco, cursor = _read(document["disco"]), _read(document["cursor"])
        return cls(
            EventId(str(document["event"])),
            disco if isinstance(disco, Missing) else EventId(disco),
            cursor if isinstance(cursor, Missing) else BotRunId(cursor),
        )

    @property
    def event_ids(self) -> Sequence[EventId]:
        """The ids under which fans may have registered."""
        disco = self.disco_event_id
        if isinstance(disco, Missing) or disco == self.event_id:
            return (self.event_id,)
        return (disco, self.event_id)


def find_event_facts(
    event_id: EventId, demand: Sequence[DataFile], identities: Sequence[DataFile]
) -> EventFacts:
    """Find them in the exports of the demand and the identity table.

    Raises:
        InvalidInput: an export is damaged; names the file.
    """
    mapping = _answer(DiscoEventId(event_id), keys.event_mapping(event_id), demand)
    cursor = _answer(BotOrNotCursor(), keys.BOT_CURSOR, identities)
    return EventFacts(
        event_id,
        Missing.UNAVAILABLE if isinstance(mapping, Unavailable) else EventId(mapping or event_id),
        Missing.UNAVAILABLE
        if isinstance(cursor, Unavailable)
        else (BotRunId(cursor) if cursor else Missing.NOT_ASKED),
    )


def _answer(
    question: Question[object], key: Key, files: Sequence[DataFile]
) -> str | Unavailable | None:
    """Answer a question from the item that a table has under a key."""
    lookup = LOOKUPS[type(question)]
    answer = lookup.answer(_find(key, files), _optional_item)
    if isinstance(answer, SourceFailed):
        raise answer
    if answer is None or isinstance(answer, Unavailable):
        return answer
    return str(answer)


def _find(key: Key, files: Sequence[DataFile]) -> TypedItem | None:
    """Find the item under a key; what comes behind it is not read, and is checked later."""
    # The sort key has nothing that must be escaped, and few items have it.
    needle = f'"{key.sk}"'.encode()
    for file in files:
        for number, line in lines_with(file, needle, ESCAPED):
            try:
                item = typed_item(line)
                found = (key_text("PK", item.get("PK")), key_text("SK", item.get("SK")))
            except InvalidInput as error:
                raise of_line(file, number, error) from None
            if found == key:
                return item
    return None


def _optional_item(item: TypedItem | None) -> Item | None:
    return None if item is None else read_item(item)


def _written(value: str | Missing) -> list[str]:
    return [value.name, ""] if isinstance(value, Missing) else ["", value]


def _read(written: list[str]) -> str | Missing:
    missing, value = written
    return Missing[missing] if missing else value

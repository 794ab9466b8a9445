"""What was published on the local bus: a choice of it, to be listed or delivered again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from math import inf

import attrs

from fanscore_core.ids import GlobalUserId

_FAN = "json_extract(event, '$.detail.globalUserId')"
_KIND = "json_extract(event, '$.\"detail-type\"')"

CHOSEN = f"""
published_at >= :since AND published_at < :until
AND (:event_id IS NULL OR id = :event_id)
AND (:fan IS NULL OR CASE WHEN json_valid(event) THEN {_FAN} END = :fan)
AND (:kind IS NULL OR CASE WHEN json_valid(event) THEN {_KIND} END = :kind)
"""
"""The condition on a row of ``user_events``, with the values of ``EventChoice``."""


@attrs.frozen
class EventChoice:
    """Some of what was published; without any member, all.

    Attributes:
        fan: whose events.
        kind: of which type, such as ``user.upsert``.
        since: published then or later, with offset.
        until: published before then, with offset.
        event_id: of the only one.
    """

    fan: GlobalUserId | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    event_id: str | None = None

    @property
    def values(self) -> Mapping[str, object]:
        """What to fill ``CHOSEN`` with."""
        return {
            "fan": self.fan,
            "kind": self.kind,
            "since": -inf if self.since is None else self.since.timestamp(),
            "until": inf if self.until is None else self.until.timestamp(),
            "event_id": self.event_id,
        }


@attrs.frozen
class PublishedEvent:
    """An event that was published.

    Attributes:
        event_id: of the event.
        at: when it was published.
        document: the event as it is delivered, parsed; the text itself where that is no JSON.
    """

    event_id: str
    at: datetime
    document: object = attrs.field(repr=False)

    @property
    def kind(self) -> str | None:
        """Its type; ``None`` where it says none."""
        return _text(self.document, "detail-type")

    @property
    def fan(self) -> str | None:
        """Whose event it is; ``None`` where it says nobody's."""
        match self.document:
            case {"detail": detail}:
                return _text(detail, "globalUserId")
            case _:
                return None


def published(event_id: str, event: str, published_at: float) -> PublishedEvent:
    """Read a row of ``user_events``."""
    try:
        document = json.loads(event)
    except (ValueError, RecursionError):
        document = event
    return PublishedEvent(event_id, datetime.fromtimestamp(published_at, UTC), document)


def _text(document: object, name: str) -> str | None:
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, str) else None

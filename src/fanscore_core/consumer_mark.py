"""How user events are consumed: who may work on one, and which of them is news.

Events are delivered more than once and in any order. A consumer therefore leaves a mark on each
event: claimed while it works, finished when it has, free where it failed. Only the one whose work
is a merge needs none.

See docs/reference/events.md.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs

from fanscore_core.ids import valid_id
from fanscore_core.merging import LEAST, Stamp, Written
from fanscore_core.user_events import UserEvent, said

LEASE = timedelta(seconds=30)
"""How long a claim holds others off; no shorter than a consumer's timeout."""


class Consumer(enum.Enum):
    """Who consumes user events."""

    ENTRY = "entry"
    PROFILE = "profile"
    NOTIFICATION = "notification"
    SYNC = "sync"


SENDING = frozenset({Consumer.NOTIFICATION, Consumer.SYNC})
"""Those that send what cannot be taken back: a replay must name them as meant."""

ALSO_SEND = "also-send"
"""Begins the names of the replays that are meant for them, too."""


def is_meant_for(consumer: Consumer, replay: str | None) -> bool:
    """Whether a delivery, or what a replay delivers again, is for a consumer.

    Args:
        consumer: to whom it is delivered.
        replay: its name; ``None`` for what was never delivered before.
    """
    return replay is None or consumer not in SENDING or replay.startswith(ALSO_SEND)


class Consumed(enum.Enum):
    """How a delivery ended: with work done, now or before, or with none for an erased fan."""

    NOW = "NOW"
    BEFORE = "BEFORE"
    NOT_MEANT = "NOT_MEANT"
    ERASED = "ERASED"


class MarkStatus(enum.Enum):
    """How far a consumer is with an event."""

    CLAIMED = "CLAIMED"
    FREE = "FREE"
    FINISHED = "FINISHED"


@attrs.frozen
class Mark:
    """A consumer's mark on an event.

    Attributes:
        event_id: the event.
        consumer: who consumes it.
        owner: the invocation that claimed it last; never the same for two.
        lease_until: when that claim ends by itself, with offset.
        status: how far it is.
    """

    event_id: str = attrs.field(validator=valid_id)
    consumer: Consumer
    owner: str
    lease_until: datetime
    status: MarkStatus = MarkStatus.CLAIMED

    def holds_off(self, owner: str, now: datetime) -> bool:
        """Whether an owner must wait, because another one is at work."""
        is_live = self.status is MarkStatus.CLAIMED and now < self.lease_until
        return is_live and self.owner != owner


@attrs.frozen
class StoredProfile:
    """A fan's identity record, as its consumer must know it.

    Attributes:
        profile_at: when the newest event in it occurred; ``None`` before the first event.
        record: as it is stored, scores and all; goes back with a write, to replace nothing else.
        fields: what it says of the fan, with stamps; ``attributes`` is one field.
    """

    profile_at: datetime | None
    record: Mapping[str, object] = attrs.field(repr=False)
    fields: Mapping[str, Written] = attrs.field(factory=dict, repr=False)


def stamped(event: UserEvent) -> Mapping[str, Written]:
    """Return what an event says of the fan, by field, stamped (see ``said``).

    What the fan did not say, and what comes from the account instead, carries the least stamp.
    """
    stamp, defaulted = Stamp(event.occurred_at, event.id), frozenset(event.defaulted or ())
    return {
        name: Written(LEAST if name in defaulted else stamp, text)
        for name, text in said(event).items()
    }


def news(event: UserEvent, stored: StoredProfile | None) -> Mapping[str, Written]:
    """Return what counts of an event: the fields whose stamp is greater than the stored one.

    That is the maximum under a total order, field by field, so that any order and repetition of
    events gives one profile (docs/explanation/demand-merge.md).
    """
    known = {} if stored is None else stored.fields
    return {
        name: written
        for name, written in stamped(event).items()
        if name not in known or known[name] < written
    }


def is_news(event: UserEvent, stored: StoredProfile | None) -> bool:
    """Whether an event changes what is stored."""
    if stored is None or stored.profile_at is None:
        return True
    return stored.profile_at < event.occurred_at or bool(news(event, stored))

"""What the consumers of user events ask of the outside, and do to it."""

from __future__ import annotations

from datetime import datetime

import attrs

from fanscore_core.consumer_mark import Consumer, Mark, StoredProfile
from fanscore_core.engine.question import Effect, Query, exactly
from fanscore_core.ids import GlobalUserId, valid_id
from fanscore_core.ports.put_outcome import PutOutcome
from fanscore_core.user_events import AnyUserEvent, UserEvent


@attrs.frozen
class ConsumerMark(Query[Mark | None]):
    """A consumer's mark on an event; strongly consistent."""

    event_id: str = attrs.field(validator=valid_id)
    consumer: Consumer = attrs.field(validator=exactly(Consumer))


@attrs.frozen
class PutMark(Effect[PutOutcome[Mark]]):
    """Write a mark, if the stored one still has the owner and the status that were read.

    Attributes:
        mark: what to write.
        replaced: what was read; ``None`` if there was no mark.
        attempt: from 0; the adapter waits a little before any but the first.
    """

    mark: Mark
    replaced: Mark | None
    attempt: int = attrs.field(validator=exactly(int))


@attrs.frozen
class ErasedMark(Query[datetime | None]):
    """When a fan was erased, with offset; ``None`` for a fan who was not. Strongly consistent.

    Events that occurred until then say nothing any more (docs/reference/events.md).
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)


@attrs.frozen
class FanProfile(Query[StoredProfile | None]):
    """A fan's identity record; strongly consistent. ``None`` if there is none."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)


@attrs.frozen
class PutProfile(Effect[PutOutcome[StoredProfile]]):
    """Write what an event says into the fan's identity record, if that is still what was read.

    Only ``memberId``, ``email``, ``phoneNumber``, ``locale``, ``attributes``, their stamps and
    ``profileAt`` are written. A field that the event leaves out (``None``), or whose stored stamp
    is greater, stays as it is stored; another is replaced as a whole, ``attributes`` too.

    Attributes:
        event: what to write.
        replaced: what was read; ``None`` if there was no record.
        attempt: from 0; the adapter waits a little before any but the first.
    """

    event: UserEvent
    replaced: StoredProfile | None
    attempt: int = attrs.field(validator=exactly(int))


@attrs.frozen
class Post(Effect[None]):
    """Post an event to an endpoint.

    Attributes:
        event: what to post.
        idempotency_key: by which the endpoint knows an event that it has had before.
    """

    event: AnyUserEvent
    idempotency_key: str


@attrs.frozen
class PostNotification(Post):
    """Have the notification endpoint notify the fan."""


@attrs.frozen
class PostSync(Post):
    """Notify the external system about the fan."""

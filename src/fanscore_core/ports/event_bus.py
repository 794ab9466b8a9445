"""Effects on the event bus."""

from __future__ import annotations

import attrs

from fanscore_core.engine.question import Effect
from fanscore_core.user_events import AnyUserEvent


@attrs.frozen
class PublishUserEvent(Effect[None]):
    """Publish a user event. Its consumers run later; publishing it again changes nothing."""

    event: AnyUserEvent

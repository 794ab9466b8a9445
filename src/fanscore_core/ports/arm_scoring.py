"""Questions to ``arm_scoring``, the anti-fraud risk service."""

from __future__ import annotations

from decimal import Decimal

import attrs

from fanscore_core.engine.question import Query
from fanscore_core.ids import EventId, GlobalUserId, valid_id, valid_optional_id


@attrs.frozen
class ArmScore(Query[Decimal | int | None]):
    """The risk of a fan, 0 safe to 10 risky; ``None`` if the service knows no score."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    event_id: EventId | None = attrs.field(default=None, validator=valid_optional_id)

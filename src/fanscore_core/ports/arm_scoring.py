"""Questions to ``arm_scoring``, the anti-fraud risk service."""

from __future__ import annotations

from decimal import Decimal

import attrs

from fanscore_core.engine.question import Query
from fanscore_core.errors import InvalidId, InvalidInput
from fanscore_core.ids import RULE, EventId, GlobalUserId, is_id, valid_id, valid_optional_id

MAX_FANS = 100
"""Of one question for several fans."""


@attrs.frozen
class ArmScore(Query[Decimal | int | None]):
    """The risk of a fan, 0 safe to 10 risky; ``None`` if the service knows no score."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    event_id: EventId | None = attrs.field(default=None, validator=valid_optional_id)


def _some_fans(_: object, field: attrs.Attribute[object], fans: object) -> None:
    if type(fans) is not tuple or not 0 < len(fans) <= MAX_FANS:
        raise InvalidInput(field.name, f"expected a tuple of 1 to {MAX_FANS} ids")
    for at, each in enumerate(fans):
        if not is_id(each):
            raise InvalidId(f"{field.name}[{at}]", RULE)


@attrs.frozen
class ArmScores(Query[tuple[Decimal | None, ...]]):
    """The risks of some fans, each as of ``ArmScore``, in order."""

    global_user_ids: tuple[GlobalUserId, ...] = attrs.field(validator=_some_fans)
    event_id: EventId | None = attrs.field(default=None, validator=valid_optional_id)

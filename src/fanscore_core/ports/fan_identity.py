"""Questions to ``fan_identity_table``: who a fan is, and what the bot model says."""

from __future__ import annotations

from decimal import Decimal

import attrs

from fanscore_core.engine.question import Query
from fanscore_core.findings import StoredScore
from fanscore_core.ids import BotRunId, GlobalUserId, MemberId, valid_id, valid_optional_id


@attrs.frozen
class Identity:
    """A fan's identity record.

    Attributes:
        member_id: the fan's id in the account system.
        score: the score kept with the identity, if any.
    """

    member_id: MemberId | None = attrs.field(default=None, validator=valid_optional_id)
    score: StoredScore | None = None


@attrs.frozen
class FanIdentity(Query[Identity | None]):
    """The identity record of a fan; ``None`` if there is none."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)


@attrs.frozen
class BotOrNotCursor(Query[BotRunId | None]):
    """The newest finished run of the bot model; ``None`` before the first."""


@attrs.frozen
class BotOrNot(Query[Decimal | int | None]):
    """The probability, 0 to 1, that a fan is a bot, by one run of the model.

    ``None`` if that run has no verdict on the fan.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    cursor: BotRunId = attrs.field(validator=valid_id)

"""Questions to ``lnaa_api``, the Live Nation Artists & Attractions API."""

from __future__ import annotations

from datetime import date

import attrs

from fanscore_core.engine.question import Effect, Query
from fanscore_core.ids import GlobalUserId, valid_path_id


@attrs.frozen
class LnaaMembership:
    """Whether a fan is a member, as the API gives it."""

    is_member: bool
    tier: str | None = None
    since: date | None = None


NO_MEMBER = LnaaMembership(is_member=False)
"""What a fan has of whom LNAA knows nothing."""


@attrs.frozen
class Membership(Query[LnaaMembership]):
    """Whether a fan is a member."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_path_id)


@attrs.frozen
class ActivateMembership(Effect[LnaaMembership]):
    """Make a fan a member.

    Attributes:
        global_user_id: the fan.
        idempotency_key: the same for every attempt at one request.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_path_id)
    idempotency_key: str

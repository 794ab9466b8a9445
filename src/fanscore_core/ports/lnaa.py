"""Questions to ``lnaa_api``, the Live Nation Artists & Attractions API."""

from __future__ import annotations

import attrs

from fanscore_core.ids import GlobalUserId, valid_id
from fanscore_core.membership import LnaaMembership
from fanscore_core.query import Effect, Query


@attrs.frozen
class Membership(Query[LnaaMembership]):
    """Whether a fan is a member."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)


@attrs.frozen
class ActivateMembership(Effect[LnaaMembership]):
    """Make a fan a member.

    Attributes:
        global_user_id: the fan.
        idempotency_key: the same for every attempt at one request.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    idempotency_key: str

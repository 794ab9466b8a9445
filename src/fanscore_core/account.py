"""The account of whoever is logged in."""

from __future__ import annotations

import attrs

from fanscore_core.ids import GlobalUserId, MemberId, valid_id
from fanscore_core.scalars import Email


@attrs.frozen
class UserInfo:
    """What the account service says of the caller.

    Attributes:
        global_user_id: the caller's, always that of the login.
        member_id: of the account.
        email: of the account.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    member_id: MemberId = attrs.field(validator=valid_id)
    email: Email | None = attrs.field(default=None, repr=False)

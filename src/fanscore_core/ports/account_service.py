"""Questions to ``proxy_tm_account_service``: the account of whoever is logged in."""

from __future__ import annotations

import attrs

from fanscore_core.engine.question import Query, exactly
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


@attrs.frozen
class AccountInfo(Query[UserInfo]):
    """The account of the caller.

    Where the session is no login, the answer is the error ``NotLoggedIn``.

    Attributes:
        global_user_id: who the caller is, by the gateway.
        authorization: the request's header. Never logged.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    authorization: str | None = attrs.field(validator=exactly(str, type(None)), repr=False)

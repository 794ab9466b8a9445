"""Questions to ``proxy_tm_account_service``: the account of whoever is logged in."""

from __future__ import annotations

import attrs

from fanscore_core.account import UserInfo
from fanscore_core.ids import GlobalUserId, valid_id
from fanscore_core.query import Query, exactly


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

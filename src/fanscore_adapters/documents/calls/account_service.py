"""A fan's account."""

from __future__ import annotations

from collections.abc import Sequence

from fanscore_adapters.documents.converter import read_as
from fanscore_adapters.documents.proxies import NOT_LOGGED_IN, ProxyCall
from fanscore_core.errors import NotLoggedIn
from fanscore_core.ports.account_service import AccountInfo, UserInfo
from fanscore_core.systems import PROXY_TM_ACCOUNT_SERVICE

ROWS: Sequence[ProxyCall] = (
    ProxyCall(
        AccountInfo,
        PROXY_TM_ACCOUNT_SERVICE,
        "accountInfo",
        lambda asked: {
            "globalUserId": asked.global_user_id,
            "authorization": asked.authorization,
        },
        read_as(UserInfo),
        {NOT_LOGGED_IN: NotLoggedIn()},
    ),
)

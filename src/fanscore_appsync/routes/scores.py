"""A fan's score."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fanscore_appsync.fields import OWNER_OR_SERVICE, Field
from fanscore_core.ids import EventId, GlobalUserId, MemberId
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, account_fanscore


@attrs.frozen
class AccountFanscoreArguments:
    """``VFApi.accountFanscore``."""

    global_user_id: GlobalUserId
    member_id: MemberId | None = None
    event_id: EventId | None = None


ROWS: Mapping[str, Field] = {
    "VFApi.accountFanscore": Field(
        OWNER_OR_SERVICE,
        AccountFanscoreArguments,
        account_fanscore,
        lambda asked, call: AccountFanscoreArgs(
            call.book.policy_for(asked.event_id),
            asked.global_user_id,
            asked.event_id,
            asked.member_id,
        ),
        owner=lambda asked: asked.global_user_id,
        service_only=frozenset({"memberId"}),
    ),
}

"""The step that every pipeline of a logged-in fan begins with."""

from __future__ import annotations

import attrs

from fanscore_core.engine.question import exactly
from fanscore_core.engine.steps import Context, step
from fanscore_core.errors import NotOwner
from fanscore_core.ids import GlobalUserId, valid_id
from fanscore_core.ports.account_service import AccountInfo, UserInfo


@attrs.frozen
class LoginArgs:
    """Who calls.

    Attributes:
        caller: by the gateway.
        authorization: the request's header. Never logged.
    """

    caller: GlobalUserId = attrs.field(validator=valid_id)
    authorization: str | None = attrs.field(validator=exactly(str, type(None)), repr=False)


@attrs.define
class LoginStash:
    """What the step leaves.

    Attributes:
        user_info: the caller's account.
    """

    user_info: UserInfo | None = None


@step("tmAccountInfo", writes=["user_info"], gate=True)
async def tm_account_info(ctx: Context[LoginArgs, LoginStash]) -> None:
    """Ask for the caller's account; without a login nothing else is asked."""
    account = await AccountInfo(ctx.args.caller, ctx.args.authorization)
    if account.global_user_id != ctx.args.caller:
        raise NotOwner
    ctx.stash.user_info = account


def account_of(stash: LoginStash) -> UserInfo:
    """Return the account that ``tmAccountInfo`` found."""
    assert stash.user_info is not None  # noqa: S101  # it is a gate: what follows it has one
    return stash.user_info

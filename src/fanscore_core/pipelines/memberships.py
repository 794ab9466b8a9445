"""The fields ``lnaaMembership`` and ``lnaaActivate``: membership with LNAA."""

from __future__ import annotations

from typing import TypeAlias

import attrs

from fanscore_core.canonical import stable_id
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, EffectContext, NoStash, effect_step, step
from fanscore_core.ids import GlobalUserId, RequestId, valid_path_id
from fanscore_core.ports.lnaa import ActivateMembership, LnaaMembership, Membership


@attrs.frozen
class MembershipArgs:
    """Whose membership."""

    caller: GlobalUserId = attrs.field(validator=valid_path_id)


@step("getLnaaMembership")
async def get_lnaa_membership(ctx: Context[MembershipArgs, NoStash]) -> LnaaMembership:
    """Ask whether the caller is a member."""
    return await Membership(ctx.args.caller)


lnaa_membership = pipeline("lnaaMembership", NoStash, (get_lnaa_membership,))


@attrs.frozen
class ActivationArgs:
    """Whose membership, by which request."""

    caller: GlobalUserId = attrs.field(validator=valid_path_id)
    request_id: RequestId


ActivationCtx: TypeAlias = EffectContext[ActivationArgs, NoStash]


@effect_step("activateLnaaMembership")
async def activate_lnaa_membership(ctx: ActivationCtx) -> LnaaMembership:
    """Make the caller a member."""
    caller = ctx.args.caller
    key = stable_id("lnaaActivate", caller, ctx.args.request_id)
    return await ctx.perform(ActivateMembership(caller, key))


lnaa_activate = pipeline("lnaaActivate", NoStash, (activate_lnaa_membership,))

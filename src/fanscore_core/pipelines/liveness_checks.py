"""``Mutation.checkLiveness`` and ``VFApi.livenessSession``."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

import attrs

from fanscore_core.canonical import stable_id
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import (
    Context,
    EarlyReturn,
    EffectContext,
    NoStash,
    effect_step,
    step,
)
from fanscore_core.errors import NotFound, Unavailable
from fanscore_core.ids import EventId, GlobalUserId, RequestId, SessionId
from fanscore_core.liveness import SESSION, LivenessSession
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.fan_identity import FanIdentity
from fanscore_core.ports.idv_check_liveness import LivenessResult, StartLivenessSession
from fanscore_core.ports.verification import StoredLivenessSession


@attrs.frozen
class CheckLivenessArgs:
    """Who shows their face, and for which event, if for one."""

    caller: GlobalUserId
    request_id: RequestId
    event_id: EventId | None = None


@attrs.define
class CheckLivenessStash:
    """What the steps leave for one another.

    Attributes:
        score: the score kept with the fan's identity, if known.
        arm_score: the fan's ARM risk score, if known.
    """

    score: Decimal | None = None
    arm_score: Decimal | None = None


Ctx: TypeAlias = Context[CheckLivenessArgs, CheckLivenessStash]
EffectCtx: TypeAlias = EffectContext[CheckLivenessArgs, CheckLivenessStash]


@step("getAccountFanscoreGlobalUserId", writes=["score"], degrades=True)
async def get_account_fanscore_global_user_id(ctx: Ctx) -> EarlyReturn[None] | None:
    """Look the fan up; what cannot be had is left out."""
    try:
        identity = await FanIdentity(ctx.args.caller)
    except Unavailable:
        return EarlyReturn(None)
    if identity and identity.score:
        ctx.stash.score = identity.score.score
    return None


@step("getArmScore", writes=["arm_score"], degrades=True)
async def get_arm_score(ctx: Ctx) -> EarlyReturn[None] | None:
    """Ask how risky the fan is; what cannot be had is left out."""
    try:
        risk = await ArmScore(ctx.args.caller, ctx.args.event_id)
        ctx.stash.arm_score = None if risk is None else Decimal(risk)
    except Unavailable:
        return EarlyReturn(None)
    return None


@effect_step("checkLiveness", reads=["score", "arm_score"])
async def start_liveness_session(ctx: EffectCtx) -> LivenessSession:
    """Start a session, or get the one that is open."""
    caller, stash = ctx.args.caller, ctx.stash
    token = stable_id("checkLiveness", caller, ctx.args.request_id)
    return await ctx.perform(StartLivenessSession(caller, token, stash.score, stash.arm_score))


check_liveness = pipeline(
    "checkLiveness",
    CheckLivenessStash,
    (get_account_fanscore_global_user_id, get_arm_score, start_liveness_session),
)


@attrs.frozen
class LivenessSessionArgs:
    """Whose session."""

    caller: GlobalUserId
    session_id: SessionId


@step("getLivenessSession")
async def get_liveness_session(ctx: Context[LivenessSessionArgs, NoStash]) -> LivenessSession:
    """Read the session, and ask how far it has come while it is unfinished; never after that."""
    caller, session_id = ctx.args.caller, ctx.args.session_id
    stored = await StoredLivenessSession(caller, session_id)
    if stored is None:
        raise NotFound(SESSION)
    if stored.session.is_finished:
        return stored.session
    return await LivenessResult(caller, session_id)


liveness_session = pipeline("livenessSession", NoStash, (get_liveness_session,))

"""``idv_check_liveness``: starts liveness sessions, and finishes each of them once.

A fan has at most one open session, since sessions cost money, and a request has at most one
session. So starting again gives the open session, whoever's request started it; and repeating a
request whose session is finished or expired gives that very session. Only another request, with
another token, starts the next one.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import attrs

from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import (
    Context,
    EarlyReturn,
    EffectContext,
    NoStash,
    SkipTo,
    effect_step,
    step,
)
from fanscore_core.errors import Conflict, ConflictReason, NotFound
from fanscore_core.ids import GlobalUserId, SessionId, valid_id
from fanscore_core.liveness import SESSION, LivenessSession, new_session, valid_token
from fanscore_core.ports.liveness_vendor import CreateVendorSession, VendorSessionResult
from fanscore_core.ports.verification import (
    FinishLivenessSession,
    LastLivenessSession,
    PutLivenessSession,
    StoredLivenessSession,
)

MAX_ATTEMPTS = 6
"""To store a session: as many as for a demand record."""


@attrs.frozen
class StartSessionArgs:
    """Who needs a session.

    Attributes:
        global_user_id: the fan.
        token: the same for every attempt at one request.
        now: with offset.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    token: str = attrs.field(validator=valid_token)
    now: datetime


@attrs.define
class StartSessionStash:
    """What the steps leave for one another.

    Attributes:
        last: the session that was started last for the fan.
    """

    last: SessionId | None = None


StartCtx: TypeAlias = Context[StartSessionArgs, StartSessionStash]
StartEffectCtx: TypeAlias = EffectContext[StartSessionArgs, StartSessionStash]


@step("getOpenSession", writes=["last"])
async def get_open_session(ctx: StartCtx) -> EarlyReturn[LivenessSession] | None:
    """Look for a session that makes a new one needless."""
    ctx.stash.last = await LastLivenessSession(ctx.args.global_user_id)
    session = await _fitting_session(ctx.args, ctx.stash.last)
    return None if session is None else EarlyReturn(session, SkipTo.END)


@effect_step("startSession", writes=["last"])
async def create_session(ctx: StartEffectCtx) -> LivenessSession:
    """Let the vendor create a session, and store it unless another request was faster."""
    args = ctx.args
    session_id = await ctx.perform(CreateVendorSession(args.token))
    started = new_session(session_id, args.token, args.now)
    for attempt in range(MAX_ATTEMPTS):
        put = PutLivenessSession(args.global_user_id, started, ctx.stash.last, attempt)
        if await ctx.perform(put):
            return started.session
        # The vendor gives a request that is repeated the session that it had.
        stored = await StoredLivenessSession(args.global_user_id, session_id)
        if stored:
            return stored.session.at(args.now)
        ctx.stash.last = await LastLivenessSession(args.global_user_id)
        session = await _fitting_session(args, ctx.stash.last)
        if session:
            return session
    raise Conflict(ConflictReason.CHANGED)


async def _fitting_session(
    args: StartSessionArgs, last: SessionId | None
) -> LivenessSession | None:
    """Return the fan's last session if it is open, or the one that this very request started."""
    if last is None:
        return None
    stored = await StoredLivenessSession(args.global_user_id, last)
    if stored and (stored.session.is_open(args.now) or stored.token == args.token):
        return stored.session.at(args.now)
    return None


start_session = pipeline("startSession", StartSessionStash, (get_open_session, create_session))


@attrs.frozen
class SessionResultArgs:
    """Which session of which fan.

    Attributes:
        global_user_id: the fan.
        session_id: the session.
        now: with offset.
    """

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    session_id: SessionId = attrs.field(validator=valid_id)
    now: datetime


@effect_step("getSessionResult")
async def get_session_result(ctx: EffectContext[SessionResultArgs, NoStash]) -> LivenessSession:
    """Ask how far an open session has come, and store what is final; a finished one stays so."""
    fan = ctx.args.global_user_id
    stored = await StoredLivenessSession(fan, ctx.args.session_id)
    if stored is None:
        raise NotFound(SESSION)
    session = stored.session.at(ctx.args.now)
    if session.is_open(ctx.args.now):
        session = session.judged(await VendorSessionResult(ctx.args.session_id))
    if stored.session.is_finished or not session.is_finished:
        return session
    finished = attrs.evolve(stored, session=session)
    left = await ctx.perform(FinishLivenessSession(fan, finished, stored.session.status))
    if left is None:
        raise NotFound(SESSION)
    return left


session_result = pipeline("sessionResult", NoStash, (get_session_result,))

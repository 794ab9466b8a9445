"""``VFApi.accountFanscore``: the score of a fan, in eight steps (docs/explanation/scoring.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from decimal import Decimal
from typing import TypeAlias, cast

import attrs

from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.question import Source
from fanscore_core.engine.rounds import run
from fanscore_core.engine.steps import Context, EarlyReturn, Step, step
from fanscore_core.engine.stubs import GivenAnswer
from fanscore_core.errors import PipelineMisuse, Unavailable
from fanscore_core.findings import BaseScore, Finding, Findings, ScoreOrigin, is_finding
from fanscore_core.ids import (
    BotRunId,
    EventId,
    GlobalUserId,
    MemberId,
    valid_id,
    valid_optional_id,
)
from fanscore_core.points import Boost
from fanscore_core.policy import DEFAULT_POLICY, ScorePolicy
from fanscore_core.policy_book import PolicyBook, as_book, valid_policy
from fanscore_core.ports.account_fanscore import AccountScore
from fanscore_core.ports.arm_scoring import ArmScore
from fanscore_core.ports.demand import DiscoEventId, EventDemandCount
from fanscore_core.ports.fan_identity import BotOrNot, BotOrNotCursor, FanIdentity
from fanscore_core.scoring import AccountFanscore, boost, decide
from fanscore_core.signals import ARM, EVENT, MODEL, Missing, Signal


@attrs.frozen
class AccountFanscoreArgs:
    """What a score is asked for.

    Attributes:
        policy: decides the points; of a policy book, the one for the event.
        global_user_id: whose score.
        event_id: for which event, by either kind of event id.
        member_id: the fan's account, used where the identity record names none.
    """

    policy: ScorePolicy = attrs.field(validator=valid_policy)
    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    event_id: EventId | None = attrs.field(default=None, validator=valid_optional_id)
    member_id: MemberId | None = attrs.field(default=None, validator=valid_optional_id)


@attrs.define
class AccountFanscoreStash:
    """What the steps leave for one another.

    Attributes:
        member_id: the fan's account, if known.
        score: the stored score, once found.
        arm_score: the ARM risk score.
        arm_boost: what that is worth.
        disco_event_id: the event's discovery id.
        event_data: the number of the fan's demand records for the event.
        bot_cursor: the model run to ask.
        bot_score: the probability that the fan is a bot.
        findings: all that was found, once all is: what the score was decided from.
    """

    member_id: MemberId | None = None
    score: BaseScore | None = None
    arm_score: Finding = Missing.NOT_ASKED
    arm_boost: Boost = boost(DEFAULT_POLICY, ARM, Missing.NOT_ASKED)
    disco_event_id: EventId | Missing = Missing.NOT_ASKED
    event_data: Finding = Missing.NOT_ASKED
    bot_cursor: BotRunId | Missing = Missing.NOT_ASKED
    bot_score: Finding = Missing.NOT_ASKED
    findings: Findings | None = None


Ctx: TypeAlias = Context[AccountFanscoreArgs, AccountFanscoreStash]


@step("getAccountFanscoreGlobalUserId", writes=["member_id", "score"])
async def get_account_fanscore_global_user_id(ctx: Ctx) -> None:
    """Look the fan up by global user id: their account, perhaps a score."""
    identity = await FanIdentity(ctx.args.global_user_id)
    ctx.stash.member_id = (identity.member_id if identity else None) or ctx.args.member_id
    if identity and identity.score:
        ctx.stash.score = BaseScore(ScoreOrigin.IDENTITY_SCORE, identity.score.raw_score)


@step("getAccountFanscoreMemberId", reads=["member_id"], writes=["score"])
async def get_account_fanscore_member_id(ctx: Ctx) -> EarlyReturn[None] | None:
    """Look the score up by member id, unless there is one or no account is known."""
    if ctx.stash.score or ctx.stash.member_id is None:
        return EarlyReturn(None)
    stored = await AccountScore(ctx.stash.member_id)
    if stored:
        ctx.stash.score = BaseScore(ScoreOrigin.ACCOUNT_SCORE, stored.raw_score)
    return None


@step("getArmScore", writes=["arm_score", "arm_boost"], degrades=True)
async def get_arm_score(ctx: Ctx) -> None:
    """Ask how risky the fan is."""
    try:
        risk = await ArmScore(ctx.args.global_user_id, ctx.args.event_id)
        ctx.stash.arm_score = Missing.NO_SCORE if risk is None else Decimal(risk)
    except Unavailable:
        ctx.stash.arm_score = Missing.UNAVAILABLE
    ctx.stash.arm_boost = boost(ctx.args.policy, ARM, ctx.stash.arm_score)


@step("getDiscoEventId", writes=["disco_event_id"], degrades=True)
async def get_disco_event_id(ctx: Ctx) -> EarlyReturn[None] | None:
    """Map the event id to a discovery id; without a mapping it is one itself."""
    if ctx.args.event_id is None:
        return EarlyReturn(None)
    try:
        ctx.stash.disco_event_id = await DiscoEventId(ctx.args.event_id) or ctx.args.event_id
    except Unavailable:
        ctx.stash.disco_event_id = Missing.UNAVAILABLE
    return None


@step("getEventDemandRecord", reads=["disco_event_id"], writes=["event_data"], degrades=True)
async def get_event_demand_record(ctx: Ctx) -> EarlyReturn[None] | None:
    """Count the sales of the event that the fan has registered for, under either of its ids."""
    event_id = ctx.stash.disco_event_id
    if isinstance(event_id, Missing):
        ctx.stash.event_data = event_id
        return EarlyReturn(None)
    try:
        other = None if ctx.args.event_id == event_id else ctx.args.event_id
        count = await EventDemandCount(ctx.args.global_user_id, event_id, other)
        ctx.stash.event_data = Decimal(count)
    except Unavailable:
        ctx.stash.event_data = Missing.UNAVAILABLE
    return None


@step("getBotOrNotCursor", writes=["bot_cursor"], degrades=True)
async def get_bot_or_not_cursor(ctx: Ctx) -> None:
    """Find the newest finished run of the bot model."""
    try:
        ctx.stash.bot_cursor = await BotOrNotCursor() or Missing.NOT_ASKED
    except Unavailable:
        ctx.stash.bot_cursor = Missing.UNAVAILABLE


@step("getBotOrNot", reads=["bot_cursor"], writes=["bot_score"], degrades=True)
async def get_bot_or_not(ctx: Ctx) -> EarlyReturn[None] | None:
    """Read that run's verdict on the fan."""
    cursor = ctx.stash.bot_cursor
    if isinstance(cursor, Missing):
        ctx.stash.bot_score = cursor
        return EarlyReturn(None)
    try:
        verdict = await BotOrNot(ctx.args.global_user_id, cursor)
        ctx.stash.bot_score = Missing.NO_VERDICT if verdict is None else Decimal(verdict)
    except Unavailable:
        ctx.stash.bot_score = Missing.UNAVAILABLE
    return None


@step(
    "calcAccountScore", reads=["score", "arm_score", "event_data", "bot_score"], writes=["findings"]
)
async def calc_account_score(ctx: Ctx) -> AccountFanscore:
    """Decide the score, of what the steps before have found."""
    stash, base = ctx.stash, ctx.stash.score
    stash.findings = Findings(
        base.origin if base else ScoreOrigin.NO_HISTORY,
        base.raw if base else None,
        {ARM: stash.arm_score, EVENT: stash.event_data, MODEL: stash.bot_score},
    )
    return decide(ctx.args.policy, ctx.args.global_user_id, stash.findings)


account_fanscore = pipeline(
    "accountFanscore",
    AccountFanscoreStash,
    (
        get_account_fanscore_global_user_id,
        get_account_fanscore_member_id,
        get_arm_score,
        get_disco_event_id,
        get_event_demand_record,
        get_bot_or_not_cursor,
        get_bot_or_not,
        calc_account_score,
    ),
)


@attrs.frozen
class SignalStep:
    """A signal of one's own, and how it is asked for.

    Attributes:
        signal: the signal.
        ask: finds its value for a fan and an event, or says why there is none. It may ask
            questions; where a system is ``Unavailable``, the score goes on without.
    """

    signal: Signal
    ask: Callable[[AccountFanscoreArgs], Coroutine[object, object, Finding]]

    @property
    def name(self) -> str:
        """The name of the step: ``getLoyalty`` for the signal ``loyalty``."""
        return "get" + "".join(part.capitalize() for part in self.signal.name.split("_"))


def account_fanscore_with(
    own: Sequence[SignalStep],
) -> Pipeline[AccountFanscoreArgs, AccountFanscoreStash, AccountFanscore]:
    """Make the pipeline ``accountFanscore`` with signals of one's own beside ours.

    Args:
        own: asked for together with ours.

    Raises:
        TypeError: two signals have one name, or a step has the name of another.
    """
    if not own:
        return account_fanscore
    fields = {_field_of(each): each.signal for each in own}
    decide_without = cast("Callable[[Ctx], Awaitable[object]]", calc_account_score.function)

    @step(
        calc_account_score.name,
        reads=[*calc_account_score.reads, *fields],
        writes=calc_account_score.writes,
    )
    async def calc_with_own(ctx: Ctx) -> AccountFanscore:
        await decide_without(ctx)
        assert ctx.stash.findings  # noqa: S101  # it has just been written
        ours = ctx.stash.findings.signals
        found = {signal: getattr(ctx.stash, field) for field, signal in fields.items()}
        findings = attrs.evolve(ctx.stash.findings, signals={**ours, **found})
        ctx.stash.findings = findings
        return decide(ctx.args.policy, ctx.args.global_user_id, findings)

    # A field for each signal, so that no step waits for another's.
    members = {name: attrs.field(default=Missing.NOT_ASKED) for name in fields}
    stash = cast(
        "type[AccountFanscoreStash]",
        attrs.make_class("AccountFanscoreStash", members, bases=(AccountFanscoreStash,)),
    )
    ours = [each for each in account_fanscore.steps if each is not calc_account_score]
    asking = [_own_step(each, _field_of(each)) for each in own]
    before: tuple[Step[AccountFanscoreArgs, AccountFanscoreStash, object], ...]
    before = (*ours, *asking)
    return pipeline(account_fanscore.name, stash, (*before, calc_with_own))


def _field_of(own: SignalStep) -> str:
    return f"{own.signal.name}_found"


def _own_step(
    own: SignalStep, field: str
) -> Step[AccountFanscoreArgs, AccountFanscoreStash, object]:
    @step(own.name, writes=[field], degrades=True)
    async def ask(ctx: Ctx) -> None:
        try:
            found = await own.ask(ctx.args)
        except Unavailable:
            found = Missing.UNAVAILABLE
        if not is_finding(found):  # a mistake of ours, and none of the caller's
            problem = "found neither a finite Decimal nor Missing"
            raise PipelineMisuse(own.name, type(found).__name__, problem)
        setattr(ctx.stash, field, found)

    return ask


def score_fan(
    global_user_id: GlobalUserId,
    source: Source | Sequence[GivenAnswer],
    *,
    event_id: EventId | None = None,
    member_id: MemberId | None = None,
    policy: ScorePolicy | PolicyBook = DEFAULT_POLICY,
) -> AccountFanscore:
    """Score one fan: run ``account_fanscore``, and return its result.

    Args:
        global_user_id: whose score.
        source: who answers the questions; or their answers, as ``answer`` pairs them.
        event_id: for which event, by either kind of event id.
        member_id: the fan's account, used where the identity record names none.
        policy: decides the points; or a book, which has one for the event.

    Raises:
        FanscoreError: a base score could not be looked up, or time ran out.
        PipelineError: the source does not know a question, or answered with a wrong type.
    """
    decides = as_book(policy).policy_for(event_id)
    args = AccountFanscoreArgs(decides, global_user_id, event_id, member_id)
    return run(account_fanscore, args, source).result()

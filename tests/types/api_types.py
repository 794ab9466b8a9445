"""What the type checker must see in an API of one's own. Never run; mypy checks it.

A line with ``type: ignore`` is wrong on purpose, as in ``engine_types``. All names are public, and
all parts are written inline in ``API.extended_by``, as in ``examples/presale``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import assert_type

import attrs

from fanscore_adapters import (
    Adapter,
    Item,
    Key,
    Lookup,
    PrefixRead,
    ProxyCall,
    Put,
    Table,
    Write,
    if_stored,
    put_outcome,
)
from fanscore_appsync import API, LOGIN, Api, Connector, Field, Invocation, Resources, group
from fanscore_core import (
    CampaignId,
    Context,
    Effect,
    EffectContext,
    Finding,
    GlobalUserId,
    Missing,
    NoStash,
    Query,
    Signal,
    SignalPolicy,
    SignalStep,
    effect_step,
    pipeline,
    step,
)
from fanscore_core.pipelines import AccountFanscoreArgs
from fanscore_core.ports import PutOutcome


@attrs.frozen
class Points(Query[int | None]):
    """A query."""

    fan: GlobalUserId


@attrs.frozen
class Shows(Query[int]):
    """Another query."""

    campaign: CampaignId


@attrs.frozen
class Invite(Effect[PutOutcome[int]]):
    """An effect."""

    guest: GlobalUserId


@attrs.frozen
class TierArguments:
    """What GraphQL gives."""

    campaign_id: CampaignId


@attrs.frozen
class TierArgs:
    """What the pipeline takes."""

    fan: GlobalUserId
    campaign: CampaignId


@attrs.frozen
class ShowsArgs:
    """What another pipeline takes."""

    campaign: CampaignId


Ctx = Context[TierArgs, NoStash]


# Steps


@step("right")
async def right(ctx: Ctx) -> int:
    """Answer by two questions."""
    points = await Points(ctx.args.fan)
    assert_type(points, int | None)
    return (points or 0) + await Shows(ctx.args.campaign)


@step("answerOfAnotherType")
async def answer_of_another_type(ctx: Ctx) -> int:
    """Forget that there may be no answer."""
    return await Points(ctx.args.fan)  # type: ignore[return-value]


@step("answerTakenForText")
async def answer_taken_for_text(ctx: Ctx) -> str:
    """Take a number for a text."""
    return (await Shows(ctx.args.campaign)).upper()  # type: ignore[attr-defined, no-any-return]


@step("askedOfAnother")
async def asked_of_another(ctx: Ctx) -> int:
    """Ask about an id of another kind."""
    return await Shows(ctx.args.fan)  # type: ignore[arg-type]


@step("argumentThatIsNone")
async def argument_that_is_none(ctx: Ctx) -> int:
    """Take an argument that the pipeline does not have."""
    return await Shows(ctx.args.show)  # type: ignore[attr-defined]


@step("writes")
async def writes(ctx: Ctx) -> None:
    """Perform an effect where only questions are asked."""
    await ctx.perform(Invite(ctx.args.fan))  # type: ignore[attr-defined]


@effect_step("invite")
async def invite(ctx: EffectContext[TierArgs, NoStash]) -> bool:
    """Perform an effect."""
    outcome = await ctx.perform(Invite(ctx.args.fan))
    assert_type(outcome, PutOutcome[int])
    return outcome.written


@step("shows")
async def shows(ctx: Context[ShowsArgs, NoStash]) -> int:
    """Belong to another pipeline."""
    return await Shows(ctx.args.campaign)


TIER = pipeline("tier", NoStash, (right,))
SHOWS = pipeline("shows", NoStash, (shows,))


def of_shows(given: TierArguments, _: Invocation) -> ShowsArgs:
    """Make the arguments of another pipeline."""
    return ShowsArgs(given.campaign_id)


# Fields

FIELDS = API.extended_by(
    fields={
        "VFApi.right": Field(
            LOGIN,
            TierArguments,
            TIER,
            lambda given, call: TierArgs(call.user, given.campaign_id),
        ),
        "VFApi.byGroup": Field(group("staff"), TierArguments, SHOWS, of_shows, str),
        "VFApi.makeArgs": Field(
            LOGIN,
            TierArguments,
            TIER,
            lambda given, call: TierArgs(given.campaign_id, call.user),  # type: ignore[arg-type]
        ),
        "VFApi.makeArgsOfTooFew": Field(
            LOGIN,
            TierArguments,
            TIER,
            lambda _, call: TierArgs(call.user),  # type: ignore[call-arg]
        ),
        "VFApi.callerThatMayBeNone": Field(
            LOGIN,
            TierArguments,
            TIER,
            lambda given, call: TierArgs(call.caller.sub, given.campaign_id),  # type: ignore[arg-type]
        ),
        "VFApi.anArgumentThatIsNone": Field(
            LOGIN,
            TierArguments,
            TIER,
            lambda given, call: TierArgs(call.user, given.event_id),  # type: ignore[attr-defined]
        ),
        "VFApi.pipelineOfAnotherType": Field(LOGIN, TierArguments, TIER, of_shows),  # type: ignore[arg-type]
        "VFApi.anotherPipeline": Field(
            LOGIN,
            TierArguments,
            SHOWS,
            lambda given, call: TierArgs(call.user, given.campaign_id),  # type: ignore[arg-type, return-value]
        ),
        "VFApi.noPipeline": Field(LOGIN, TierArguments, right, of_shows),  # type: ignore[arg-type]
        "VFApi.noGroup": Field(group(1), TierArguments, SHOWS, of_shows),  # type: ignore[arg-type]
        "VFApi.noField": TIER,  # type: ignore[dict-item]
    }
)
"""Written inline, each row is checked for itself."""


# Answers


def count(_: Item) -> int:
    """Read an item."""
    return 1


def puts(effect: Invite) -> list[Put]:
    """Write an effect."""
    return [Put({"PK": effect.guest, "SK": "invitation"}, expected=None)]


ANSWERS = API.extended_by(
    answers=[
        Lookup(Points, "own_table", lambda asked: Key(asked.fan, "points"), if_stored(count)),
        Lookup(Points, "own_table", lambda asked: Key(asked.campaign, ""), if_stored(count)),  # type: ignore[attr-defined]
        Lookup(Shows, "own_table", lambda asked: Key(asked.fan, ""), if_stored(count)),  # type: ignore[attr-defined]
        Lookup(Points, "own_table", lambda asked: (asked.fan, ""), if_stored(count)),  # type: ignore[arg-type, return-value]
        Lookup(Points, "own_table", lambda asked: Key(asked.fan, ""), count),  # type: ignore[arg-type]
        PrefixRead(Shows, "own_table", lambda asked: Key(asked.campaign, "show#"), len),
        PrefixRead(Shows, "own_table", lambda asked: Key(asked.fan, "show#"), len),  # type: ignore[attr-defined]
        PrefixRead(Shows, "own_table", lambda asked: Key(asked.campaign, ""), count),  # type: ignore[arg-type]
        Write(Invite, "own_table", puts, put_outcome(count)),
        Write(Points, "own_table", puts, put_outcome(count)),  # type: ignore[arg-type]
        Write(Invite, "own_table", lambda effect: [effect.guest], put_outcome(count)),  # type: ignore[list-item]
        ProxyCall(Shows, "own_proxy", "shows", lambda asked: {"id": asked.campaign}, str),
        ProxyCall(Shows, "own_proxy", "shows", lambda asked: {"id": asked.fan}, str),  # type: ignore[attr-defined]
        ProxyCall(Shows, "own_proxy", "shows", lambda asked: asked.campaign, str),  # type: ignore[arg-type, return-value]
        Points,  # type: ignore[list-item]
    ],
    tables=[
        Table("own_table", fan_key=lambda fan: f"fan:{fan}"),
        Table("own_table", fan_key=lambda fan: fan.sub),  # type: ignore[attr-defined]
        Table("own_table", fan_key=lambda _: 1),  # type: ignore[arg-type, return-value]
        "own_table",  # type: ignore[list-item]
    ],
)
"""What makes a key, arguments or items takes the question that it stands beside."""


# Signals

OWN = Signal("own", "Own points", "The own table", (Missing.NO_SCORE,), SignalPolicy(0, ()))


async def find(args: AccountFanscoreArgs) -> Finding:
    """Find a value, or none."""
    points = await Points(args.global_user_id)
    return Missing.NO_SCORE if points is None else Decimal(points)


async def find_number(args: AccountFanscoreArgs) -> int | None:
    """Find what is no finding."""
    return await Points(args.global_user_id)


async def find_by_tier(args: TierArgs) -> Finding:
    """Find a value by the arguments of another pipeline."""
    return Decimal(await Shows(args.campaign))


def find_at_once(_: AccountFanscoreArgs) -> Finding:
    """Find a value without asking."""
    return Missing.NO_SCORE


SIGNALS = API.extended_by(
    signals=[
        SignalStep(OWN, find),
        SignalStep(OWN, find_number),  # type: ignore[arg-type]
        SignalStep(OWN, find_by_tier),  # type: ignore[arg-type]
        SignalStep(OWN, find_at_once),  # type: ignore[arg-type]
        SignalStep("own", find),  # type: ignore[arg-type]
        OWN,  # type: ignore[list-item]
    ]
)
"""A signal is found by what scoring is given, and comes to a number or to why there is none."""


# Connectors


def adapter(_: Resources) -> Adapter:
    """Make an adapter."""
    raise NotImplementedError


def no_adapter(_: Resources) -> Points:
    """Make something else."""
    raise NotImplementedError


def adapter_of_nothing() -> Adapter:
    """Make an adapter of nothing that is given."""
    raise NotImplementedError


CONNECTORS = API.extended_by(
    connectors=[
        Connector({Shows: "own_api"}, adapter),
        Connector({Shows: "own_api"}, no_adapter),  # type: ignore[arg-type]
        Connector({Shows: "own_api"}, lambda using: using.environ),  # type: ignore[arg-type, return-value]
        Connector({Shows: "own_api"}, lambda using: adapter(using.closing)),  # type: ignore[arg-type]
        Connector({Shows: "own_api"}, adapter_of_nothing),  # type: ignore[arg-type]
        Connector({Shows("1"): "own_api"}, adapter),  # type: ignore[arg-type, dict-item]
        Connector({Shows: "own_api"}, adapter, stand_in=[Lookup]),  # type: ignore[list-item]
        adapter,  # type: ignore[list-item]
    ]
)
"""What makes an adapter is given the resources, and answers with an adapter."""

assert_type(CONNECTORS, Api)
API.extended_by(sample={"tables": {}})  # type: ignore[arg-type]
API.extended_by(schema=["type Own { id: ID }"])  # type: ignore[arg-type]

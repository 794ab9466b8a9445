"""What the fields do."""

from __future__ import annotations

import enum
from decimal import Decimal

import attrs

from fanscore_core import (
    Band,
    CampaignId,
    Context,
    EarlyReturn,
    EffectContext,
    Finding,
    GlobalUserId,
    Missing,
    NoStash,
    Signal,
    SignalPolicy,
    SkipTo,
    Unavailable,
    effect_step,
    pipeline,
    step,
)
from fanscore_core.pipelines import AccountFanscoreArgs
from presale.questions import (
    Invitation,
    LoyaltyPoints,
    PartnerCard,
    PutInvitation,
    ShowsAttended,
    StoredInvitation,
)

MANY_POINTS = 1_000
SOME_SHOWS = 3


class PresaleTier(enum.Enum):
    """When a fan may buy."""

    FIRST = "FIRST"
    SECOND = "SECOND"
    GENERAL = "GENERAL"


@attrs.frozen
class PresaleGroup:
    """The answer of ``presaleGroup``.

    Attributes:
        campaign_id: of which presale.
        group: when the fan may buy.
        reasons: codes of what speaks for it.
    """

    campaign_id: CampaignId
    group: PresaleTier
    reasons: tuple[str, ...]


@attrs.frozen
class PresaleGroupArgs:
    """Whose group, in which presale."""

    fan: GlobalUserId
    campaign_id: CampaignId


@attrs.define
class PresaleStash:
    """What the steps leave for the last one: the codes of what speaks for the fan."""

    loyal: str | None = None
    seen: str | None = None
    partner: str | None = None


Ctx = Context[PresaleGroupArgs, PresaleStash]


@step("getInvitation")
async def get_invitation(ctx: Ctx) -> EarlyReturn[PresaleGroup] | None:
    """Whoever is invited needs nothing else."""
    invitation = await StoredInvitation(ctx.args.fan, ctx.args.campaign_id)
    if invitation is None:
        return None
    first = PresaleGroup(ctx.args.campaign_id, PresaleTier.FIRST, ("INVITED",))
    return EarlyReturn(first, SkipTo.END)


@step("getLoyaltyPoints", writes=["loyal"])
async def get_loyalty_points(ctx: Ctx) -> None:
    """Read the fan's points from our own table."""
    points = await LoyaltyPoints(ctx.args.fan)
    if points is not None and points >= MANY_POINTS:
        ctx.stash.loyal = "LOYAL"


@step("getShowsAttended", writes=["seen"], degrades=True)
async def get_shows_attended(ctx: Ctx) -> None:
    """Ask the CRM, and go on without it."""
    try:
        if await ShowsAttended(ctx.args.fan) >= SOME_SHOWS:
            ctx.stash.seen = "SHOWS_ATTENDED"
    except Unavailable:
        ctx.stash.seen = None


@step("getPartnerCard", writes=["partner"], degrades=True)
async def get_partner_card(ctx: Ctx) -> None:
    """Ask the partner, and go on without it."""
    try:
        if await PartnerCard(ctx.args.fan):
            ctx.stash.partner = "PARTNER_CARD"
    except Unavailable:
        ctx.stash.partner = None


@step("calcPresaleGroup", reads=["loyal", "seen", "partner"])
async def calc_presale_group(ctx: Ctx) -> PresaleGroup:
    """The more speaks for a fan, the earlier they may buy."""
    stash = ctx.stash
    reasons = tuple(code for code in (stash.loyal, stash.seen, stash.partner) if code)
    tiers = (PresaleTier.GENERAL, PresaleTier.SECOND, PresaleTier.FIRST, PresaleTier.FIRST)
    return PresaleGroup(ctx.args.campaign_id, tiers[len(reasons)], reasons)


presale_group = pipeline(
    "presaleGroup",
    PresaleStash,
    (
        get_invitation,
        get_loyalty_points,
        get_shows_attended,
        get_partner_card,
        calc_presale_group,
    ),
)


@attrs.frozen
class PresaleInviteArgs:
    """Who is invited to what, and by whom."""

    invitation: Invitation


@effect_step("putInvitation")
async def put_invitation(ctx: EffectContext[PresaleInviteArgs, NoStash]) -> Invitation:
    """Invite the fan; an invitation that is there already stays as it is."""
    outcome = await ctx.perform(PutInvitation(ctx.args.invitation))
    return outcome.stored or ctx.args.invitation


presale_invite = pipeline("presaleInvite", NoStash, (put_invitation,))

LOYALTY = Signal(
    "loyalty",
    "Number of loyalty points",
    "The loyalty table",
    (Missing.UNAVAILABLE, Missing.NO_SCORE),
    SignalPolicy(
        0,
        (
            Band(0, "LOYALTY_FEW_POINTS", Decimal(MANY_POINTS)),
            Band(2, "LOYALTY_MANY_POINTS"),
        ),
    ),
)
"""The number of points that a fan has collected: worth points of the score, too."""


async def get_loyalty(args: AccountFanscoreArgs) -> Finding:
    """Find the value of the signal."""
    points = await LoyaltyPoints(args.global_user_id)
    return Missing.NO_SCORE if points is None else Decimal(points)

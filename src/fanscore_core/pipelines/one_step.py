"""The fields of one step: each asks one system, and gives its answer.

``campaign``, ``eligibility``, ``phoneScore``, ``eventDetails``, ``DemandRecord.event``,
``records``, ``lnaaMembership`` and ``lnaaActivate``.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from fanscore_core.canonical import stable_id
from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, EffectContext, NoStash, effect_step, step
from fanscore_core.ids import CampaignId, EventId, GlobalUserId, RequestId
from fanscore_core.ports.campaign_service import Campaign, CampaignById, Eligibility
from fanscore_core.ports.demand import DemandRecords
from fanscore_core.ports.eligibility_service import FanEligibility
from fanscore_core.ports.event_details import EventById, EventDetails
from fanscore_core.ports.lnaa import ActivateMembership, LnaaMembership, Membership
from fanscore_core.ports.phone_scoring import PhoneNumberScore, PhoneScore
from fanscore_core.scalars import PhoneNumber


@attrs.frozen
class CampaignArgs:
    """Which campaign."""

    campaign_id: CampaignId


@step("getCampaign")
async def get_campaign(ctx: Context[CampaignArgs, NoStash]) -> Campaign:
    """Read a campaign."""
    return await CampaignById(ctx.args.campaign_id)


campaign = pipeline("campaign", NoStash, (get_campaign,))


@attrs.frozen
class EligibilityArgs:
    """Who wants to enter which campaign."""

    campaign_id: CampaignId
    caller: GlobalUserId


@step("checkEligibility")
async def check_eligibility(ctx: Context[EligibilityArgs, NoStash]) -> Eligibility:
    """Ask whether the caller may enter."""
    return await FanEligibility(ctx.args.campaign_id, ctx.args.caller)


eligibility = pipeline("eligibility", NoStash, (check_eligibility,))


@attrs.frozen
class PhoneScoreArgs:
    """Which number, and for which fan, if one asks."""

    phone_number: PhoneNumber = attrs.field(repr=False)
    caller: GlobalUserId | None


@step("getUpdatedPhoneScore")
async def get_updated_phone_score(ctx: Context[PhoneScoreArgs, NoStash]) -> PhoneScore:
    """Ask how risky a phone number is."""
    return await PhoneNumberScore(ctx.args.phone_number, ctx.args.caller)


phone_score = pipeline("phoneScore", NoStash, (get_updated_phone_score,))


@attrs.frozen
class EventDetailsArgs:
    """Which event."""

    event_id: EventId


@step("getEventDetails")
async def get_event_details(ctx: Context[EventDetailsArgs, NoStash]) -> EventDetails:
    """Read an event."""
    return await EventById(ctx.args.event_id)


event_details = pipeline("eventDetails", NoStash, (get_event_details,))


@attrs.frozen
class RecordsArgs:
    """Whose records, and of which event, if not of all."""

    caller: GlobalUserId
    event_id: EventId | None


@step("getDemandRecords")
async def get_demand_records(
    ctx: Context[RecordsArgs, NoStash],
) -> tuple[StoredDemandRecord, ...]:
    """Read the caller's records."""
    return await DemandRecords(ctx.args.caller, ctx.args.event_id)


records = pipeline("records", NoStash, (get_demand_records,))


@attrs.frozen
class MembershipArgs:
    """Whose membership."""

    caller: GlobalUserId


@step("getLnaaMembership")
async def get_lnaa_membership(ctx: Context[MembershipArgs, NoStash]) -> LnaaMembership:
    """Ask whether the caller is a member."""
    return await Membership(ctx.args.caller)


lnaa_membership = pipeline("lnaaMembership", NoStash, (get_lnaa_membership,))


@attrs.frozen
class ActivationArgs:
    """Whose membership, by which request."""

    caller: GlobalUserId
    request_id: RequestId


ActivationCtx: TypeAlias = EffectContext[ActivationArgs, NoStash]


@effect_step("activateLnaaMembership")
async def activate_lnaa_membership(ctx: ActivationCtx) -> LnaaMembership:
    """Make the caller a member."""
    caller = ctx.args.caller
    key = stable_id("lnaaActivate", caller, ctx.args.request_id)
    return await ctx.perform(ActivateMembership(caller, key))


lnaa_activate = pipeline("lnaaActivate", NoStash, (activate_lnaa_membership,))

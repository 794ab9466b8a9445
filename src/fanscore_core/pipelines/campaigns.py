"""The fields ``campaign`` and ``eligibility``: a registration, and who may enter it."""

from __future__ import annotations

import attrs

from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, NoStash, step
from fanscore_core.ids import CampaignId, GlobalUserId
from fanscore_core.ports.campaign_service import Campaign, CampaignById, Eligibility
from fanscore_core.ports.eligibility_service import FanEligibility


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

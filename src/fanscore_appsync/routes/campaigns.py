"""Campaigns, and who may take part."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fanscore_appsync.fields import API_KEY, LOGIN, Field
from fanscore_core.ids import CampaignId
from fanscore_core.pipelines import campaigns


@attrs.frozen
class CampaignArguments:
    """``VFApi.campaign`` and ``VFApi.eligibility``."""

    campaign_id: CampaignId


ROWS: Mapping[str, Field] = {
    "VFApi.campaign": Field(
        API_KEY,
        CampaignArguments,
        campaigns.campaign,
        lambda asked, _: campaigns.CampaignArgs(asked.campaign_id),
    ),
    "VFApi.eligibility": Field(
        LOGIN,
        CampaignArguments,
        campaigns.eligibility,
        lambda asked, call: campaigns.EligibilityArgs(asked.campaign_id, call.user),
    ),
}

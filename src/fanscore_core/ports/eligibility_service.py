"""Questions to ``check_eligibility``: who may enter a campaign."""

from __future__ import annotations

import attrs

from fanscore_core.engine.question import Query
from fanscore_core.ids import CampaignId, GlobalUserId, valid_id
from fanscore_core.ports.campaign_service import Eligibility


@attrs.frozen
class FanEligibility(Query[Eligibility]):
    """Whether a fan may enter a campaign."""

    campaign_id: CampaignId = attrs.field(validator=valid_id)
    global_user_id: GlobalUserId = attrs.field(validator=valid_id)

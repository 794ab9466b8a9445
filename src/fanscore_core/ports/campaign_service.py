"""Questions to ``proxy_campaign_service``: campaigns."""

from __future__ import annotations

import attrs

from fanscore_core.campaign import Campaign
from fanscore_core.ids import CampaignId, valid_id
from fanscore_core.query import Query


@attrs.frozen
class CampaignById(Query[Campaign]):
    """A campaign. Its absence is the error ``NotFound``."""

    campaign_id: CampaignId = attrs.field(validator=valid_id)

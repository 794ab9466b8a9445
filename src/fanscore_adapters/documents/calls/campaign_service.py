"""Campaigns."""

from __future__ import annotations

from collections.abc import Sequence

from fanscore_adapters.documents.converter import read_as
from fanscore_adapters.documents.proxies import NOT_FOUND, ProxyCall
from fanscore_core.errors import NotFound
from fanscore_core.ports.campaign_service import Campaign, CampaignById
from fanscore_core.systems import PROXY_CAMPAIGN_SERVICE

ROWS: Sequence[ProxyCall] = (
    ProxyCall(
        CampaignById,
        PROXY_CAMPAIGN_SERVICE,
        "campaign",
        lambda asked: {"campaignId": asked.campaign_id},
        read_as(Campaign),
        {NOT_FOUND: NotFound("campaign")},
    ),
)

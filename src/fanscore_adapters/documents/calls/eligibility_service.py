"""Whether a fan may take part in a campaign."""

from __future__ import annotations

from collections.abc import Sequence

from fanscore_adapters.documents.converter import read_as
from fanscore_adapters.documents.proxies import ProxyCall
from fanscore_core.ports.campaign_service import Eligibility
from fanscore_core.ports.eligibility_service import FanEligibility
from fanscore_core.systems import CHECK_ELIGIBILITY

ROWS: Sequence[ProxyCall] = (
    ProxyCall(
        FanEligibility,
        CHECK_ELIGIBILITY,
        "eligibility",
        lambda asked: {
            "campaignId": asked.campaign_id,
            "globalUserId": asked.global_user_id,
        },
        read_as(Eligibility),
    ),
)

"""Questions to ``proxy_campaign_service``: campaigns."""

from __future__ import annotations

import enum
from datetime import datetime

import attrs

from fanscore_core.engine.question import Query
from fanscore_core.ids import CampaignId, EventId, valid_id


class CampaignStatus(enum.Enum):
    """Whether a campaign takes registrations."""

    SCHEDULED = "SCHEDULED"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


@attrs.frozen
class Campaign:
    """A campaign, as the API gives it. Times have an offset."""

    id: CampaignId
    name: str
    status: CampaignStatus
    event_ids: tuple[EventId, ...]
    opens_at: datetime | None = None
    closes_at: datetime | None = None


@attrs.frozen
class Eligibility:
    """Whether a fan may enter a campaign, and if not, why."""

    campaign_id: CampaignId
    eligible: bool
    reasons: tuple[str, ...]


@attrs.frozen
class CampaignById(Query[Campaign]):
    """A campaign. Its absence is the error ``NotFound``."""

    campaign_id: CampaignId = attrs.field(validator=valid_id)

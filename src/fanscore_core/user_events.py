"""User events: what is published of a fan who enters a campaign (docs/reference/events.md)."""

from __future__ import annotations

from datetime import datetime

import attrs

from fanscore_core.ids import CampaignId, GlobalUserId, MemberId, valid_id
from fanscore_core.scalars import Email, Locale, PhoneNumber, optional_e164

SOURCE = "fanscore"
DETAIL_TYPE = "user.upsert"
SCHEMA_VERSION = 1


@attrs.frozen
class UserEvent:
    """A fan entered a campaign.

    Attributes:
        id: stable across retries of the request.
        occurred_at: when the fan asked, with offset.
        global_user_id: the fan.
        member_id: the fan's account.
        campaign_id: what they entered.
        email: to reach them by.
        phone_number: to reach them by, in the form of E.164.
        locale: to address them in.
        attributes: what else they said, as canonical JSON of an object.
    """

    id: str = attrs.field(validator=valid_id)
    occurred_at: datetime
    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    member_id: MemberId = attrs.field(validator=valid_id)
    campaign_id: CampaignId = attrs.field(validator=valid_id)
    email: Email | None = attrs.field(default=None, repr=False)
    phone_number: PhoneNumber | None = attrs.field(
        default=None, converter=optional_e164, repr=False
    )
    locale: Locale | None = None
    attributes: str | None = attrs.field(default=None, repr=False)

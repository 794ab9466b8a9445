"""What is asked, whoever answers: the ports."""

from __future__ import annotations

import attrs

from fanscore_core import CampaignId, Effect, GlobalUserId, Query, valid_id
from fanscore_core.ports import PutOutcome

PRESALE_TABLE = "presale_table"
CRM_PROXY = "crm_proxy"
PARTNER_API = "partner_api"


@attrs.frozen
class LoyaltyPoints(Query[int | None]):
    """How many points a fan has collected; ``None`` for a fan who collects none."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)


@attrs.frozen
class ShowsAttended(Query[int]):
    """At how many shows a fan was."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)


@attrs.frozen
class PartnerCard(Query[bool]):
    """Whether a fan has the partner's credit card."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)


@attrs.frozen
class Invitation:
    """An invitation of a fan to a presale.

    Attributes:
        campaign_id: to which.
        global_user_id: who is invited.
        invited_by: the member of the staff who did it.
    """

    campaign_id: CampaignId
    global_user_id: GlobalUserId
    invited_by: GlobalUserId


@attrs.frozen
class StoredInvitation(Query[Invitation | None]):
    """A fan's invitation to a presale."""

    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    campaign_id: CampaignId = attrs.field(validator=valid_id)


@attrs.frozen
class PutInvitation(Effect[PutOutcome[Invitation]]):
    """Store an invitation, if there is none yet."""

    invitation: Invitation

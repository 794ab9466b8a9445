"""User events: what is published of a fan who enters a campaign, or withdraws from one.

See docs/reference/events.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

import attrs

from fanscore_core.canonical import canonical_json
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId, valid_id
from fanscore_core.scalars import Email, Locale, PhoneNumber, optional_e164

SOURCE = "fanscore"
UPSERT = "user.upsert"
WITHDRAW = "user.withdraw"
DETAIL_TYPES = (UPSERT, WITHDRAW)
"""The types of user events, as the bus knows them."""

SCHEMA_VERSION = 2
"""Of the events that are published. Those of version 1 can be read."""


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
        defaulted: the names, in the document's spelling, of what the fan could have said and did
            not, and what comes from the account instead; ``None`` for an event of version 1, which
            does not tell.
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
    defaulted: tuple[str, ...] | None = None


@attrs.frozen
class UserWithdrawal:
    """A fan withdrew from a campaign.

    Attributes:
        id: stable across retries of the request.
        occurred_at: when the fan asked, with offset.
        global_user_id: the fan.
        campaign_id: what they withdrew from.
    """

    id: str = attrs.field(validator=valid_id)
    occurred_at: datetime
    global_user_id: GlobalUserId = attrs.field(validator=valid_id)
    campaign_id: CampaignId = attrs.field(validator=valid_id)


AnyUserEvent: TypeAlias = UserEvent | UserWithdrawal
"""What is published."""


def detail_type(event: AnyUserEvent) -> str:
    """Return the type of an event, as the bus knows it."""
    return WITHDRAW if isinstance(event, UserWithdrawal) else UPSERT


def said(event: UserEvent) -> Mapping[str, str]:
    """Return what an event says of the fan, by field, as JSON; ``null`` says nothing.

    The fields are ``memberId``, ``email``, ``phoneNumber``, ``locale`` and ``attributes``.
    """
    texts = {
        "memberId": event.member_id,
        "email": event.email,
        "phoneNumber": event.phone_number,
        "locale": event.locale,
    }
    fields = {name: canonical_json(text) for name, text in texts.items() if text is not None}
    return fields if event.attributes is None else {**fields, "attributes": event.attributes}

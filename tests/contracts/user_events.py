"""User events to publish and to post."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

from fanscore_core.canonical import canonical_json
from fanscore_core.ids import CampaignId, GlobalUserId, MemberId
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.user_events import UserEvent, UserWithdrawal

NOW = datetime(2026, 11, 1, 8, 0, 0, 250_000, tzinfo=UTC)

BARE = UserEvent("event-1", NOW, GlobalUserId("user123"), MemberId("m-1"), CampaignId("camp1"))
"""An event that says nothing of the fan."""

FULL = attrs.evolve(
    BARE,
    id="event-2",
    email=Email("canary@example.com"),
    phone_number=PhoneNumber("+442071838750"),
    locale=Locale("en-GB"),
    attributes=canonical_json({"name": 'Zoë "Z" 🎫', "list": [1, True, None], "seats": 2}),
)
"""An event that says everything."""

DEFAULTED = attrs.evolve(FULL, id="event-3", locale=None, attributes=None, defaulted=("email",))
"""An event that tells what the fan did not say."""

WITHDRAWAL = UserWithdrawal("event-4", NOW, GlobalUserId("user123"), CampaignId("camp1"))
"""The fan withdrew."""

"""Questions to ``get_updated_phonescore``: the risk of phone numbers."""

from __future__ import annotations

import enum
from datetime import datetime

import attrs

from fanscore_core.engine.question import Query, exactly
from fanscore_core.ids import GlobalUserId, valid_optional_id
from fanscore_core.scalars import PhoneNumber


class RiskRecommendation(enum.Enum):
    """What the phone scoring service advises."""

    ALLOW = "ALLOW"
    FLAG = "FLAG"
    BLOCK = "BLOCK"


@attrs.frozen
class PhoneScore:
    """The risk of a phone number, as the API gives it. The time has an offset."""

    phone_number: PhoneNumber
    risk: int
    recommendation: RiskRecommendation
    line_type: str | None = None
    updated_at: datetime | None = None


@attrs.frozen
class PhoneNumberScore(Query[PhoneScore]):
    """The risk of a phone number (in the form of E.164), for a fan if one asks."""

    phone_number: PhoneNumber = attrs.field(validator=exactly(str), repr=False)
    global_user_id: GlobalUserId | None = attrs.field(default=None, validator=valid_optional_id)

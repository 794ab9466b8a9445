"""What is known of a phone number."""

from __future__ import annotations

import enum
from datetime import datetime

import attrs

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

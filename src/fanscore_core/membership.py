"""Membership with Live Nation Artists & Attractions."""

from __future__ import annotations

from datetime import date

import attrs


@attrs.frozen
class LnaaMembership:
    """Whether a fan is a member, as the API gives it."""

    is_member: bool
    tier: str | None = None
    since: date | None = None


NO_MEMBER = LnaaMembership(is_member=False)

"""Entries from the core to GraphQL."""

from __future__ import annotations

from collections.abc import Mapping

from fanscore_adapters.documents.converter import date_time_text
from fanscore_core.entry_record import StoredEntry


def entry(stored: StoredEntry) -> Mapping[str, object]:
    """Write an ``Entry``."""
    shown = stored.record
    return {
        "campaignId": shown.campaign_id,
        "fanId": shown.fan_id,
        "email": shown.shown_value("email"),
        "phoneNumber": shown.shown_value("phoneNumber"),
        "locale": shown.shown_value("locale"),
        "attributes": shown.shown("attributes"),  # AWSJSON is text on its way out
        "requestedAt": date_time_text(shown.requested_at or shown.updated_at),
        "updatedAt": date_time_text(shown.updated_at),
        "version": stored.version,
    }

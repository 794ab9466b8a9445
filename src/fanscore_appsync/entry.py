"""Entries from the core to GraphQL."""

from __future__ import annotations

from collections.abc import Mapping

from fanscore_adapters.documents.converter import date_time_text
from fanscore_appsync.arguments import EntriesArguments
from fanscore_appsync.invocation import Invocation
from fanscore_appsync.pages import page_request
from fanscore_core.entry_record import StoredEntry
from fanscore_core.pipelines.entry_records import EntriesArgs


def entries_args(given: EntriesArguments, call: Invocation) -> EntriesArgs:
    """Make the arguments of ``entries``: a user's own, or of the fan that a service names."""
    fan = call.fan(given.global_user_id)
    return EntriesArgs(fan, page_request(call, fan, ("entry",), given.limit, given.next_token))


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

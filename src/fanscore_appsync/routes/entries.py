"""Entries into campaigns."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from fanscore_adapters.documents.converter import date_time_text
from fanscore_appsync.fields import LOGIN, LOGIN_OR_SERVICE, Field
from fanscore_appsync.invocation import Invocation
from fanscore_appsync.pages import connection, page_request
from fanscore_core.demand import attributes_text
from fanscore_core.entry_record import StoredEntry
from fanscore_core.ids import CampaignId, GlobalUserId, RequestId
from fanscore_core.pipelines.entries import (
    EntryWithdrawArgs,
    UpsertEntryArgs,
    entry_withdraw,
    upsert_entry,
)
from fanscore_core.pipelines.entry_records import EntriesArgs, fan_entries
from fanscore_core.scalars import Email, JsonObject, Locale, PhoneNumber


@attrs.frozen
class EntriesArguments:
    """``Demand.entries``."""

    limit: int | None = None
    next_token: str | None = None
    global_user_id: GlobalUserId | None = None


@attrs.frozen
class EntryInput:
    """``EntryInput``."""

    campaign_id: CampaignId
    email: Email | None = None
    phone_number: PhoneNumber | None = None
    locale: Locale | None = None
    attributes: JsonObject | None = None
    request_id: RequestId | None = None


@attrs.frozen
class UpsertEntryArguments:
    """``Mutation.upsertEntry``."""

    input: EntryInput


@attrs.frozen
class EntryKeyInput:
    """``EntryKeyInput``."""

    campaign_id: CampaignId
    request_id: RequestId | None = None


@attrs.frozen
class EntryWithdrawArguments:
    """``Mutation.entryWithdraw``."""

    input: EntryKeyInput


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


ROWS: Mapping[str, Field] = {
    "Demand.entries": Field(
        LOGIN_OR_SERVICE,
        EntriesArguments,
        fan_entries,
        entries_args,
        write=lambda found: connection(found, entry),
        service_only=frozenset({"globalUserId"}),
    ),
    "Mutation.upsertEntry": Field(
        LOGIN,
        UpsertEntryArguments,
        upsert_entry,
        lambda asked, call: UpsertEntryArgs(
            call.user,
            call.authorization,
            asked.input.campaign_id,
            call.request_id,
            call.now,
            asked.input.email,
            asked.input.phone_number,
            asked.input.locale,
            None if asked.input.attributes is None else attributes_text(asked.input.attributes),
        ),
        request_id=lambda asked: asked.input.request_id,
    ),
    "Mutation.entryWithdraw": Field(
        LOGIN,
        EntryWithdrawArguments,
        entry_withdraw,
        lambda asked, call: EntryWithdrawArgs(
            call.user, call.authorization, asked.input.campaign_id, call.request_id, call.now
        ),
        request_id=lambda asked: asked.input.request_id,
    ),
}

"""Demand records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import attrs

from fanscore_adapters.documents.converter import date_time_text
from fanscore_appsync.fields import LOGIN, LOGIN_OR_SERVICE, Field
from fanscore_appsync.invocation import Invocation
from fanscore_appsync.pages import connection, page_request
from fanscore_core.canonical import canonical_json, digest_of
from fanscore_core.demand import (
    FIELDS,
    ContactMethod,
    DemandChange,
    StoredDemandRecord,
    attributes_text,
    deletion,
    save,
)
from fanscore_core.ids import EventId, GlobalUserId, RequestId, SaleId
from fanscore_core.merging import ATTRIBUTE, Stamp
from fanscore_core.pipelines.demand_record import (
    DemandChangeArgs,
    DemandRecordResult,
    demand_record_delete,
    demand_record_save,
)
from fanscore_core.pipelines.demand_records import RecordsArgs, records
from fanscore_core.scalars import Email, JsonObject, Locale


@attrs.frozen
class RecordsArguments:
    """``Demand.records``."""

    event_id: EventId | None = None
    limit: int | None = None
    next_token: str | None = None
    global_user_id: GlobalUserId | None = None


@attrs.frozen
class DemandRecordInput:
    """``DemandRecordInput``."""

    event_id: EventId
    sale_id: SaleId
    email: Email | None = None
    contact_method: ContactMethod | None = None
    locale: Locale | None = None
    attributes: JsonObject | None = None
    request_id: RequestId | None = None


@attrs.frozen
class DemandRecordSaveArguments:
    """``Mutation.demandRecordSave``."""

    input: DemandRecordInput


@attrs.frozen
class DemandRecordKeyInput:
    """``DemandRecordKeyInput``."""

    event_id: EventId
    sale_id: SaleId
    request_id: RequestId | None = None


@attrs.frozen
class DemandRecordDeleteArguments:
    """``Mutation.demandRecordDelete``."""

    input: DemandRecordKeyInput


def save_change(given: DemandRecordInput, call: Invocation) -> DemandChange:
    """Make the change of ``demandRecordSave``: what is absent changes nothing, ``null`` clears."""
    raw = cast("Mapping[str, object]", call.request.arguments["input"])
    asked_fields = {name: canonical_json(raw[name]) for name in FIELDS if name in raw}
    canonical = {} if given.locale is None else {"locale": canonical_json(given.locale)}
    fields = {**asked_fields, **canonical}
    attributes = {f"{ATTRIBUTE}{key}": text for key, text in (given.attributes or {}).items()}
    clears = "attributes" in raw and given.attributes is None
    key = (call.user, given.event_id, given.sale_id)
    stamp = Stamp(call.now, call.request_id)
    change = save(key, {**fields, **attributes}, stamp, clear_attributes=clears)
    # As the client wrote it: a retry does the same, and its digest may be older than this release.
    asked = [asked_fields, attributes if given.attributes is not None else None, clears]
    digest = digest_of([call.request.field, key, asked])
    return DemandChange(change, call.request_id, digest)


def delete_change(given: DemandRecordKeyInput, call: Invocation) -> DemandChange:
    """Make the change of ``demandRecordDelete``."""
    key = (call.user, given.event_id, given.sale_id)
    change = deletion(key, Stamp(call.now, call.request_id))
    return DemandChange(change, call.request_id, digest_of([call.request.field, key]))


def records_args(given: RecordsArguments, call: Invocation) -> RecordsArgs:
    """Make the arguments of ``records``: a user's own, or of the fan that a service names."""
    fan = call.fan(given.global_user_id)
    page = page_request(call, fan, ("demand", given.event_id), given.limit, given.next_token)
    return RecordsArgs(fan, given.event_id, page)


def result(changed: DemandRecordResult) -> Mapping[str, object]:
    """Write a ``DemandRecordResult``."""
    written = None if changed.record is None else record(changed.record)
    return {"status": changed.status.value, "record": written}


def record(stored: StoredDemandRecord) -> Mapping[str, object]:
    """Write a ``DemandRecord``; ``event`` is a field of its own."""
    shown = stored.record
    attributes = shown.attributes()
    requested_at = shown.requested_at or shown.updated_at
    return {
        "eventId": shown.event_id,
        "saleId": shown.sale_id,
        "fanId": shown.fan_id,
        **{name: shown.value_of(name) for name in FIELDS},
        # AWSJSON is text on its way out.
        "attributes": attributes_text(attributes) if attributes else None,
        "requestedAt": date_time_text(requested_at),
        "updatedAt": date_time_text(shown.updated_at),
        "version": stored.version,
    }


ROWS: Mapping[str, Field] = {
    "Demand.records": Field(
        LOGIN_OR_SERVICE,
        RecordsArguments,
        records,
        records_args,
        write=lambda found: connection(found, record),
        service_only=frozenset({"globalUserId"}),
    ),
    "Mutation.demandRecordSave": Field(
        LOGIN,
        DemandRecordSaveArguments,
        demand_record_save,
        lambda asked, call: DemandChangeArgs(
            call.user, call.authorization, save_change(asked.input, call)
        ),
        write=result,
        request_id=lambda asked: asked.input.request_id,
    ),
    "Mutation.demandRecordDelete": Field(
        LOGIN,
        DemandRecordDeleteArguments,
        demand_record_delete,
        lambda asked, call: DemandChangeArgs(
            call.user, call.authorization, delete_change(asked.input, call)
        ),
        write=result,
        request_id=lambda asked: asked.input.request_id,
    ),
}

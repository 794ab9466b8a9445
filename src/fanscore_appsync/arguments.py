"""The GraphQL arguments of each field, as values. Nothing is coerced; absent is not ``null``."""

from __future__ import annotations

import attrs

from fanscore_core.demand import ContactMethod
from fanscore_core.ids import (
    CampaignId,
    EventId,
    GlobalUserId,
    MemberId,
    RequestId,
    SaleId,
    SessionId,
)
from fanscore_core.scalars import Email, JsonObject, Locale, PhoneNumber


@attrs.frozen
class NoArguments:
    """The field takes none."""


@attrs.frozen
class AccountFanscoreArguments:
    """``VFApi.accountFanscore``."""

    global_user_id: GlobalUserId
    member_id: MemberId | None = None
    event_id: EventId | None = None


@attrs.frozen
class DecisionReceiptArguments:
    """``VFApi.decisionReceipt``."""

    global_user_id: GlobalUserId
    event_id: EventId | None = None


@attrs.frozen
class CampaignArguments:
    """``VFApi.campaign`` and ``VFApi.eligibility``."""

    campaign_id: CampaignId


@attrs.frozen
class PhoneScoreArguments:
    """``VFApi.phoneScore``."""

    phone_number: PhoneNumber


@attrs.frozen
class LivenessSessionArguments:
    """``VFApi.livenessSession``."""

    session_id: SessionId


@attrs.frozen
class EventArguments:
    """``Demand.eventDetails``, and the source of ``DemandRecord.event``."""

    event_id: EventId


@attrs.frozen
class RecordsArguments:
    """``Demand.records``."""

    event_id: EventId | None = None
    limit: int | None = None
    next_token: str | None = None
    global_user_id: GlobalUserId | None = None


@attrs.frozen
class EntriesArguments:
    """``Demand.entries``."""

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


@attrs.frozen
class LivenessInput:
    """``LivenessInput``."""

    event_id: EventId | None = None
    request_id: RequestId | None = None


@attrs.frozen
class CheckLivenessArguments:
    """``Mutation.checkLiveness``."""

    input: LivenessInput | None = None

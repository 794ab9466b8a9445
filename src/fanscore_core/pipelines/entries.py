"""``Mutation.upsertEntry``: a fan enters a campaign; consumers of the event do the rest."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TypeAlias

import attrs

from fanscore_core.attributes import check_attributes_text
from fanscore_core.canonical import stable_id
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, EffectContext, effect_step, step
from fanscore_core.errors import NotEligible
from fanscore_core.ids import CampaignId, RequestId
from fanscore_core.pipelines.login import LoginArgs, LoginStash, account_of, tm_account_info
from fanscore_core.ports.eligibility_service import FanEligibility
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.user_events import UserEvent


class EntryStatus(enum.Enum):
    """The status of an entry."""

    ACCEPTED = "ACCEPTED"


@attrs.frozen
class EntryReceipt:
    """The bus has the event.

    Attributes:
        status: always ``ACCEPTED``.
        event_id: of the published event, not of a show.
    """

    status: EntryStatus
    event_id: str


@attrs.frozen
class UpsertEntryArgs(LoginArgs):
    """Who enters what, and what they say of themselves. ``attributes`` is canonical JSON.

    ``InvalidInput`` for attributes over the limits: nothing is published then.
    """

    campaign_id: CampaignId
    request_id: RequestId
    now: datetime
    email: Email | None = attrs.field(default=None, repr=False)
    phone_number: PhoneNumber | None = attrs.field(default=None, repr=False)
    locale: Locale | None = None
    attributes: str | None = attrs.field(default=None, validator=check_attributes_text, repr=False)


@attrs.define
class UpsertEntryStash(LoginStash):
    """The login is all that the steps leave for one another."""


Ctx: TypeAlias = Context[UpsertEntryArgs, UpsertEntryStash]
EffectCtx: TypeAlias = EffectContext[UpsertEntryArgs, UpsertEntryStash]


@step("checkEligibility")
async def check_eligibility(ctx: Ctx) -> None:
    """Refuse a fan who may not enter."""
    answer = await FanEligibility(ctx.args.campaign_id, ctx.args.caller)
    if not answer.eligible:
        raise NotEligible(answer.reasons)


@effect_step("upsertUser", reads=["user_info"])
async def upsert_user(ctx: EffectCtx) -> EntryReceipt:
    """Publish the event, and return as soon as the bus has it."""
    args, account = ctx.args, account_of(ctx.stash)
    event = UserEvent(
        stable_id("upsertEntry", args.caller, args.request_id),
        args.now,
        args.caller,
        account.member_id,
        args.campaign_id,
        args.email or account.email,
        args.phone_number,
        args.locale,
        args.attributes,
    )
    await ctx.perform(PublishUserEvent(event))
    return EntryReceipt(EntryStatus.ACCEPTED, event.id)


upsert_entry = pipeline(
    "upsertEntry", UpsertEntryStash, (tm_account_info, check_eligibility, upsert_user)
)

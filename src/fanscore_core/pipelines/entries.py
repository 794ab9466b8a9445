"""``Mutation.upsertEntry`` and ``entryWithdraw``: consumers of what they publish do the rest."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

import attrs

from fanscore_core.attributes import check_attributes_text
from fanscore_core.canonical import digest_of, stable_id
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, EffectContext, effect_step, step
from fanscore_core.errors import NotEligible
from fanscore_core.ids import CampaignId, RequestId
from fanscore_core.pipelines.login import LoginArgs, LoginStash, account_of, tm_account_info
from fanscore_core.ports.eligibility_service import FanEligibility
from fanscore_core.ports.event_bus import PublishUserEvent
from fanscore_core.scalars import Email, Locale, PhoneNumber
from fanscore_core.user_events import UserEvent, UserWithdrawal


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


@attrs.frozen
class EntryWithdrawArgs(LoginArgs):
    """Who withdraws from what."""

    campaign_id: CampaignId
    request_id: RequestId
    now: datetime


Ctx: TypeAlias = Context[UpsertEntryArgs, LoginStash]
UpsertCtx: TypeAlias = EffectContext[UpsertEntryArgs, LoginStash]
WithdrawCtx: TypeAlias = EffectContext[EntryWithdrawArgs, LoginStash]


@step("checkEligibility")
async def check_eligibility(ctx: Ctx) -> None:
    """Refuse a fan who may not enter."""
    answer = await FanEligibility(ctx.args.campaign_id, ctx.args.caller)
    if not answer.eligible:
        raise NotEligible(answer.reasons)


@effect_step("upsertUser", reads=["user_info"])
async def upsert_user(ctx: UpsertCtx) -> EntryReceipt:
    """Publish the event, and return as soon as the bus has it."""
    args, account = ctx.args, account_of(ctx.stash)
    is_defaulted = args.email is None and account.email is not None
    event = UserEvent(
        _event_id("upsertEntry", args, _input_of(args)),
        args.now,
        args.caller,
        account.member_id,
        args.campaign_id,
        args.email or account.email,
        args.phone_number,
        args.locale,
        args.attributes,
        ("email",) if is_defaulted else (),
    )
    await ctx.perform(PublishUserEvent(event))
    return EntryReceipt(EntryStatus.ACCEPTED, event.id)


@effect_step("withdrawUser")
async def withdraw_user(ctx: WithdrawCtx) -> EntryReceipt:
    """Publish the withdrawal, and return as soon as the bus has it.

    It needs no entry: the two may overtake one another on their way.
    """
    args = ctx.args
    event_id = _event_id("entryWithdraw", args, {})
    event = UserWithdrawal(event_id, args.now, args.caller, args.campaign_id)
    await ctx.perform(PublishUserEvent(event))
    return EntryReceipt(EntryStatus.ACCEPTED, event_id)


def _input_of(args: UpsertEntryArgs) -> Mapping[str, str | None]:
    """Return what the client said besides the campaign; nothing that only the account says."""
    return {
        "attributes": args.attributes,
        "email": args.email,
        "locale": args.locale,
        "phoneNumber": args.phone_number,
    }


def _event_id(
    field: str, args: UpsertEntryArgs | EntryWithdrawArgs, said: Mapping[str, str | None]
) -> str:
    """Make the id of an event: one request id that is used for two inputs makes two events."""
    return stable_id(field, args.caller, args.request_id, args.campaign_id, digest_of(said))


upsert_entry = pipeline(
    "upsertEntry", LoginStash, (tm_account_info, check_eligibility, upsert_user)
)
entry_withdraw = pipeline("entryWithdraw", LoginStash, (tm_account_info, withdraw_user))

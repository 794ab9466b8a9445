"""The routing table: each field of the API, who may call it, and the pipeline that resolves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

import attrs

from fanscore_appsync import arguments as given
from fanscore_appsync import decision_receipt as receipt
from fanscore_appsync import demand_record as demand
from fanscore_appsync import entry, pages, wire
from fanscore_appsync.authorization import Pattern, Patterns
from fanscore_appsync.invocation import Invocation
from fanscore_core.demand import attributes_text
from fanscore_core.engine.definition import Pipeline
from fanscore_core.ids import GlobalUserId, RequestId
from fanscore_core.pipelines import (
    campaigns,
    decision_receipts,
    demand_record,
    demand_records,
    entries,
    entry_records,
    events,
    liveness_checks,
    memberships,
    phone_scoring,
)
from fanscore_core.pipelines.account_scoring import AccountFanscoreArgs, account_fanscore

GivenT = TypeVar("GivenT")
ArgsT = TypeVar("ArgsT")
StashT = TypeVar("StashT")
ResultT = TypeVar("ResultT")

API_KEY: Patterns = frozenset({Pattern.PUBLIC, Pattern.API_KEY})
"""Any user or service may call, and whoever has an API key."""

LOGIN: Patterns = frozenset({Pattern.LOGIN})
"""A user may call, for what is their own."""

LOGIN_OR_SERVICE: Patterns = frozenset({Pattern.LOGIN, Pattern.SERVICE})
"""A user may call for what is their own, a service for any fan."""

OWNER_OR_SERVICE: Patterns = frozenset({Pattern.OWNER, Pattern.SERVICE})
"""The user whose fan it is may call, and a service for any fan."""


@attrs.frozen
class Cache:
    """How AppSync caches a field (docs/reference/api.md).

    Attributes:
        ttl_s: how long, in seconds.
        keys: what tells requests apart, under ``$context``.
    """

    ttl_s: int
    keys: tuple[str, ...]


@attrs.frozen(init=False)
class Field:
    """A field that a pipeline resolves.

    Its types fit together where it is made, and are of no concern to whoever uses it: so the class
    is not generic, and a type checker sees every row of a mapping of fields.

    Attributes:
        patterns: who may call it; alternatives.
        given: the shape of what GraphQL gives.
        pipeline: what resolves it.
        make_args: the pipeline's arguments.
        write: makes the response of the result.
        owner: whose it is; a field with the pattern ``OWNER`` needs it.
        service_only: the arguments that only services may give.
        request_id: of a mutation: the id that the client gave, if any.
        from_source: whether GraphQL gives the parent object instead of arguments; what is then
            not found is ``null`` and no error, since clients take any error for the parent's.
        batch_size: of a child field that is resolved for many parents at once; 0 for none.
        cache: how AppSync caches it, if it does.
    """

    patterns: Patterns
    given: type[object]
    pipeline: Pipeline[object, object, object]
    make_args: Callable[[object, Invocation], object]
    write: Callable[[object], object]
    owner: Callable[[object], GlobalUserId] | None
    service_only: frozenset[str]
    request_id: Callable[[object], RequestId | None] | None
    from_source: bool
    batch_size: int
    cache: Cache | None

    def __init__(  # noqa: PLR0913  # the columns of the table
        self,
        patterns: Patterns,
        given: type[GivenT],
        pipeline: Pipeline[ArgsT, StashT, ResultT],
        make_args: Callable[[GivenT, Invocation], ArgsT],
        write: Callable[[ResultT], object] = wire.data,
        *,
        owner: Callable[[GivenT], GlobalUserId] | None = None,
        service_only: frozenset[str] = frozenset(),
        request_id: Callable[[GivenT], RequestId | None] | None = None,
        from_source: bool = False,
        batch_size: int = 0,
        cache: Cache | None = None,
    ) -> None:
        """Make a row of the routing table."""
        init = cast("Callable[..., None]", self.__attrs_init__)
        init(
            patterns,
            given,
            pipeline,
            make_args,
            write,
            owner,
            service_only,
            request_id,
            from_source,
            batch_size,
            cache,
        )


FIELDS: Mapping[str, Field] = {
    "VFApi.accountFanscore": Field(
        OWNER_OR_SERVICE,
        given.AccountFanscoreArguments,
        account_fanscore,
        lambda asked, call: AccountFanscoreArgs(
            call.book.policy_for(asked.event_id),
            asked.global_user_id,
            asked.event_id,
            asked.member_id,
        ),
        owner=lambda asked: asked.global_user_id,
        service_only=frozenset({"memberId"}),
    ),
    "VFApi.decisionReceipt": Field(
        OWNER_OR_SERVICE,
        given.DecisionReceiptArguments,
        decision_receipts.newest_receipt,
        receipt.decision_receipt_args,
        write=receipt.decision_receipt,
        owner=lambda asked: asked.global_user_id,
    ),
    "VFApi.campaign": Field(
        API_KEY,
        given.CampaignArguments,
        campaigns.campaign,
        lambda asked, _: campaigns.CampaignArgs(asked.campaign_id),
    ),
    "VFApi.eligibility": Field(
        LOGIN,
        given.CampaignArguments,
        campaigns.eligibility,
        lambda asked, call: campaigns.EligibilityArgs(asked.campaign_id, call.user),
    ),
    "VFApi.phoneScore": Field(
        LOGIN_OR_SERVICE,
        given.PhoneScoreArguments,
        phone_scoring.phone_score,
        lambda asked, call: phone_scoring.PhoneScoreArgs(asked.phone_number, call.caller.sub),
    ),
    "VFApi.livenessSession": Field(
        LOGIN,
        given.LivenessSessionArguments,
        liveness_checks.liveness_session,
        lambda asked, call: liveness_checks.LivenessSessionArgs(call.user, asked.session_id),
    ),
    "VFApi.lnaaMembership": Field(
        LOGIN,
        given.NoArguments,
        memberships.lnaa_membership,
        lambda _, call: memberships.MembershipArgs(call.user),
    ),
    "Demand.eventDetails": Field(
        API_KEY,
        given.EventArguments,
        events.event_details,
        lambda asked, _: events.EventDetailsArgs(asked.event_id),
        cache=Cache(300, ("arguments.eventId",)),
    ),
    "Demand.records": Field(
        LOGIN_OR_SERVICE,
        given.RecordsArguments,
        demand_records.records,
        demand.records_args,
        write=lambda found: pages.connection(found, demand.record),
        service_only=frozenset({"globalUserId"}),
    ),
    "Demand.entries": Field(
        LOGIN_OR_SERVICE,
        given.EntriesArguments,
        entry_records.fan_entries,
        entry.entries_args,
        write=lambda found: pages.connection(found, entry.entry),
        service_only=frozenset({"globalUserId"}),
    ),
    "DemandRecord.event": Field(
        LOGIN_OR_SERVICE,
        given.EventArguments,
        events.event_details,
        lambda asked, _: events.EventDetailsArgs(asked.event_id),
        from_source=True,
        batch_size=100,
        cache=Cache(300, ("source.eventId",)),
    ),
    "Mutation.demandRecordSave": Field(
        LOGIN,
        given.DemandRecordSaveArguments,
        demand_record.demand_record_save,
        lambda asked, call: demand_record.DemandChangeArgs(
            call.user, call.authorization, demand.save_change(asked.input, call)
        ),
        write=demand.result,
        request_id=lambda asked: asked.input.request_id,
    ),
    "Mutation.demandRecordDelete": Field(
        LOGIN,
        given.DemandRecordDeleteArguments,
        demand_record.demand_record_delete,
        lambda asked, call: demand_record.DemandChangeArgs(
            call.user, call.authorization, demand.delete_change(asked.input, call)
        ),
        write=demand.result,
        request_id=lambda asked: asked.input.request_id,
    ),
    "Mutation.upsertEntry": Field(
        LOGIN,
        given.UpsertEntryArguments,
        entries.upsert_entry,
        lambda asked, call: entries.UpsertEntryArgs(
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
        given.EntryWithdrawArguments,
        entries.entry_withdraw,
        lambda asked, call: entries.EntryWithdrawArgs(
            call.user, call.authorization, asked.input.campaign_id, call.request_id, call.now
        ),
        request_id=lambda asked: asked.input.request_id,
    ),
    "Mutation.checkLiveness": Field(
        LOGIN,
        given.CheckLivenessArguments,
        liveness_checks.check_liveness,
        lambda asked, call: liveness_checks.CheckLivenessArgs(
            call.user, call.request_id, asked.input.event_id if asked.input else None
        ),
        request_id=lambda asked: asked.input.request_id if asked.input else None,
    ),
    "Mutation.lnaaActivate": Field(
        LOGIN,
        given.NoArguments,
        memberships.lnaa_activate,
        lambda _, call: memberships.ActivationArgs(call.user, call.request_id),
        request_id=lambda _: None,
    ),
}
"""The fields by parent type and name. What is not here cannot be called."""

NAMESPACES = frozenset({"Query.api", "Query.demand"})
"""Fields that only group others, and that anybody may pass through: they resolve to ``{}``."""

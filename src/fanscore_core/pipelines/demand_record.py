"""``Mutation.demandRecordSave`` and ``demandRecordDelete``, in four steps each.

Both merge a change into what is stored; a delete is a change too.
"""

from __future__ import annotations

import enum
from typing import TypeAlias

import attrs

from fanscore_core.attributes import check_attributes, check_changed_attributes
from fanscore_core.demand import DemandChange, StoredDemandRecord, fill, next_version
from fanscore_core.engine.definition import Pipeline, pipeline
from fanscore_core.engine.steps import Context, EffectContext, effect_step, step
from fanscore_core.errors import Conflict, ConflictReason, InvalidInput
from fanscore_core.merging import applied_before, counts, merge
from fanscore_core.pipelines.login import LoginArgs, LoginStash, account_of, tm_account_info
from fanscore_core.ports.demand_records import DemandRecords, DemandSaleRecord, PutDemandRecord

MAX_ATTEMPTS = 6
"""The first attempt, and at most five more after conflicts (docs/explanation/demand-merge.md)."""

MAX_EVENT_RECORDS = 1000
"""The most records of a fan that are stored for one event, tombstones included.

Saves at the same time may exceed it by their number: each goes by what it has read.
"""


class DemandRecordStatus(enum.Enum):
    """The status of a record."""

    SUCCESS = "SUCCESS"
    DELETED = "DELETED"


@attrs.frozen
class DemandRecordResult:
    """The answer to a change: the record, unless it was deleted."""

    status: DemandRecordStatus
    record: StoredDemandRecord | None


@attrs.frozen
class DemandChangeArgs(LoginArgs):
    """Who asks for which change; ``InvalidInput`` for attributes that can never be stored."""

    change: DemandChange = attrs.field()

    @change.validator
    def _check_limits(self, _: object, change: DemandChange) -> None:
        check_changed_attributes(change.change)


@attrs.define
class DemandChangeStash(LoginStash):
    """What the steps leave for one another.

    Attributes:
        existing_sale_record: what is stored under the key that changes.
        event_record: the fan's other records of the event.
        event_records_stored: how many are stored, that which changes and tombstones included.
    """

    existing_sale_record: StoredDemandRecord | None = None
    event_record: tuple[StoredDemandRecord, ...] = ()
    event_records_stored: int = 0


Ctx: TypeAlias = Context[DemandChangeArgs, DemandChangeStash]
EffectCtx: TypeAlias = EffectContext[DemandChangeArgs, DemandChangeStash]


@step("getDemandSaleRecord", writes=["existing_sale_record"])
async def get_demand_sale_record(ctx: Ctx) -> None:
    """Read the record that changes."""
    record = ctx.args.change.change
    ctx.stash.existing_sale_record = await DemandSaleRecord(
        record.fan_id, record.event_id, record.sale_id
    )


@step("getDemandEventRecord", writes=["event_record", "event_records_stored"])
async def get_demand_event_record(ctx: Ctx) -> None:
    """Read the fan's other records of the event, for defaults, and count what is stored."""
    record = ctx.args.change.change
    found = await DemandRecords(record.fan_id, record.event_id)
    ctx.stash.event_records_stored = len(found)
    ctx.stash.event_record = tuple(
        each for each in found if each.record.is_live and each.record.sale_id != record.sale_id
    )


@effect_step(
    "saveDemandRecord",
    reads=["user_info", "existing_sale_record", "event_record", "event_records_stored"],
)
async def save_demand_record(ctx: EffectCtx) -> DemandRecordResult:
    """Merge the change into what is stored, and write that; again where others were faster."""
    change, stored = ctx.args.change, ctx.stash.existing_sale_record
    attempt = 0
    while stored is None or not applied_before(stored, change):
        if attempt == MAX_ATTEMPTS:
            raise Conflict(ConflictReason.CHANGED)
        new = _changed(ctx, stored)
        result = await ctx.perform(PutDemandRecord(new, stored.version if stored else 0, attempt))
        if result.written:
            return _result(new)
        stored, attempt = result.stored, attempt + 1
    return _result(stored)


def _changed(ctx: EffectCtx, stored: StoredDemandRecord | None) -> StoredDemandRecord:
    change = ctx.args.change
    if stored is None and ctx.stash.event_records_stored >= MAX_EVENT_RECORDS:
        problem = f"the event has {MAX_EVENT_RECORDS} records of the fan, deleted ones included"
        raise InvalidInput("arguments.input", problem)
    record = merge(stored.record, change.change) if stored else change.change
    if not counts(change.change, record):
        raise Conflict(ConflictReason.OUTDATED)
    if record.is_live:
        others = [each.record for each in ctx.stash.event_record]
        record = fill(record, others, account_of(ctx.stash).email)
    check_attributes(record)
    return next_version(stored, record, change)


def _result(stored: StoredDemandRecord) -> DemandRecordResult:
    if stored.record.is_live:
        return DemandRecordResult(DemandRecordStatus.SUCCESS, stored)
    return DemandRecordResult(DemandRecordStatus.DELETED, None)


def _pipeline(
    name: str,
) -> Pipeline[DemandChangeArgs, DemandChangeStash, DemandRecordResult]:
    return pipeline(
        name,
        DemandChangeStash,
        (tm_account_info, get_demand_sale_record, get_demand_event_record, save_demand_record),
    )


demand_record_save = _pipeline("demandRecordSave")
demand_record_delete = _pipeline("demandRecordDelete")

"""The field ``records``: the demand records of a fan."""

from __future__ import annotations

import attrs

from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, NoStash, step
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.ports.demand import DemandRecords


@attrs.frozen
class RecordsArgs:
    """Whose records, and of which event, if not of all."""

    caller: GlobalUserId
    event_id: EventId | None


@step("getDemandRecords")
async def get_demand_records(
    ctx: Context[RecordsArgs, NoStash],
) -> tuple[StoredDemandRecord, ...]:
    """Read the caller's records, without tombstones."""
    found = await DemandRecords(ctx.args.caller, ctx.args.event_id)
    return tuple(each for each in found if each.record.is_live)


records = pipeline("records", NoStash, (get_demand_records,))

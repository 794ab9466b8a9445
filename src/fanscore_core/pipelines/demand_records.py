"""The field ``records``: the demand records of a fan, page by page."""

from __future__ import annotations

import attrs

from fanscore_core.demand import StoredDemandRecord
from fanscore_core.engine.definition import pipeline
from fanscore_core.engine.steps import Context, NoStash, step
from fanscore_core.ids import EventId, GlobalUserId
from fanscore_core.pages import ListPage, Page, PageRequest
from fanscore_core.ports.demand_records import DemandRecordsPage


@attrs.frozen
class RecordsArgs:
    """Whose records, of which event, if not of all, and which page of them."""

    fan_id: GlobalUserId
    event_id: EventId | None
    page: PageRequest


@step("getDemandRecords")
async def get_demand_records(
    ctx: Context[RecordsArgs, NoStash],
) -> ListPage[StoredDemandRecord]:
    """Read a page of the fan's records, without tombstones."""
    asked = ctx.args.page
    found = await DemandRecordsPage(ctx.args.fan_id, ctx.args.event_id, asked.limit, asked.after)
    live = tuple(each for each in found.items if each.record.is_live)
    return ListPage(asked.list_id, Page(live, found.next))


records = pipeline("records", NoStash, (get_demand_records,))
